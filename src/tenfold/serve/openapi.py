"""What a server takes and returns, told as JSON Schema and OpenAPI, with examples that work."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from tenfold.exported import Label
from tenfold.kinds.service import JSON, Service

JsonObject = dict[str, Any]

VERSION: Final = "3.1.0"
LIMITS: Final = (
    "max_bytes",
    "max_rows",
    "max_pictures",
    "max_pixels",
    "max_requests",
    "timeout",
)
SHARE: Final = {"type": "number", "minimum": 0, "maximum": 1.0001}  # float rounds
ERROR: Final[JsonObject] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "fact", "rule", "place", "fix"],
            "properties": {
                "code": {"type": "string"},
                "fact": {"type": "string"},
                "rule": {"type": "string"},
                "place": {"type": "object", "additionalProperties": {"type": "string"}},
                "fix": {"type": "array", "items": {"type": "string"}},
            },
        }
    },
}
REFUSALS: Final = {
    "400": "The body is not JSON with rows, or not a table (V07, D..).",
    "408": "The request timed out (V03).",
    "413": "The body is too large, or holds too many rows, images or pixels (V01, V02, V13).",
    "415": "The content type is not supported (V06).",
    "421": "The request names another host (V09).",
    "422": "A column, an image or a parameter is invalid (P01, P02, V08, V12).",
    "429": "Too many concurrent requests (V04).",
}


def schema_of(service: Service) -> JsonObject:
    """Return what ``GET /schema`` tells: columns or frame, target, score, limits."""
    label = service.label
    return {
        "format": 1,
        "name": label.name,
        "kind": label.kind,
        "task": label.task,
        "target": label.target,
        "classes": list(label.classes),
        "score": label.score,
        "equality": asdict(label.equality),
        "band": None if label.band is None else asdict(label.band),
        "heat": label.heat,
        "limits": {name: getattr(service.options, name) for name in LIMITS},
        **service.about(),
    }


def openapi_of(service: Service) -> JsonObject:
    """Return the OpenAPI document of a server."""
    label, options = service.label, service.options
    paths = {
        "/predict": {"post": _predict(service)},
        "/schema": {"get": _get("Describe the inputs of the model.", {"type": "object"})},
        "/health": {
            "get": _get(
                "Check that the server is running.", _strings("status", "name"), free=True
            )
        },
        "/metrics": {"get": _get("Metrics for Prometheus.", None, media="text/plain")},
    }
    document: JsonObject = {
        "openapi": VERSION,
        "info": {"title": label.name, "version": label.version, "description": label.score},
        "paths": paths,
    }
    if options.token:
        document["components"] = {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}
        }
        document["security"] = [{"token": []}]
    for path in paths.values():
        for operation in path.values():
            if options.token and "security" not in operation:
                operation["responses"]["401"] = _refusal("The token is missing or wrong (V05).")
    return document


def _get(
    summary: str, schema: JsonObject | None, *, media: str = "", free: bool = False
) -> JsonObject:
    content = {media or "application/json": {"schema": schema or {"type": "string"}}}
    operation: JsonObject = {
        "summary": summary,
        "responses": {
            "200": {"description": "Success.", "content": content},
            **{code: _refusal(REFUSALS[code]) for code in ("408", "421", "429")},
        },
    }
    return operation | ({"security": []} if free else {})


def _predict(service: Service) -> JsonObject:
    example, answer = service.example(), service.answer_schema(_answer(service.label))
    responses = {
        "200": {
            "description": "The predictions, in the order of the request.",
            "content": {
                JSON: {
                    "schema": {
                        "type": "object",
                        "required": ["predictions"],
                        "properties": {
                            "predictions": {"type": "array", "items": answer},
                            "notices": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                    **({"example": {"predictions": [example]}} if example else {}),
                }
            },
        },
        **{code: _refusal(text) for code, text in REFUSALS.items()},
    }
    for media in service.replies:
        responses["200"]["content"][media] = {"schema": {"type": "string"}}
    return {
        "summary": f"Predict {service.label.target}.",
        "parameters": [_more(*service.more)] if service.more and service.offers_more else [],
        "requestBody": {"required": True, "content": service.content()},
        "responses": responses,
    }


def _more(name: str, description: str) -> JsonObject:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "boolean", "default": False},
        "example": False,
    }


def _answer(label: Label) -> JsonObject:
    number = {"type": "number"}
    if not label.classes:
        names = ["prediction", *(["low", "high"] if label.band else [])]
        return {"type": "object", "required": names, "properties": dict.fromkeys(names, number)}
    classes = list(label.classes)
    probabilities = {
        "type": "object",
        "required": classes,
        "properties": dict.fromkeys(classes, SHARE),
    }
    one: JsonObject = {"enum": classes}
    several = {"type": "array", "items": one, "uniqueItems": True}
    prediction = several if label.task == "multilabel" else one
    found = {"prediction": prediction, "probabilities": probabilities}
    return {"type": "object", "properties": found, "required": list(found)}


def _strings(*names: str) -> JsonObject:
    return {
        "type": "object",
        "required": list(names),
        "properties": {name: {"type": "string"} for name in names},
    }


def _refusal(text: str) -> Mapping[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": ERROR}}}
