"""What a server takes and returns, told as JSON Schema and OpenAPI, with examples that work."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, cast

from tenfold.data.columns import Column
from tenfold.data.picture_schema import PictureSchema
from tenfold.data.reading import Reading
from tenfold.data.schema import Schema
from tenfold.data.spans import AMOUNTS, Form
from tenfold.data.words import MEANINGS
from tenfold.exported import Input, Label
from tenfold.serve.options import ServeOptions

Told = dict[str, Any]

VERSION: Final = "3.1.0"
LISTED_WORDS: Final = 1_000  # of a column, that are told
LIMITS: Final = (
    "max_bytes",
    "max_rows",
    "max_pictures",
    "max_pixels",
    "max_requests",
    "timeout",
)
TYPES: Final = {
    "number": ["number", "null"],
    "date": ["string", "null"],
    "category": ["string", "number", "boolean", "null"],
    "text": ["string", "number", "boolean", "null"],
    "list": ["string", "number", "boolean", "array", "null"],
}
# Of numbers as text, with what stands for the decimal sign.
TEXTS: Final[dict[Form, str]] = {
    "number": r"[+-]?[0-9]{1,15}(SIGN[0-9]{1,15})?(e[+-]?[0-9]{1,2})?",
    **dict.fromkeys(AMOUNTS, r"[+-]?[0-9]{1,15}(SIGN[0-9]{1,15})?"),
    "duration": r"-?[0-9]{1,5} days [0-9]{2}:[0-5][0-9]:[0-5][0-9]",
    "clock": r"(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?",
}
CSV_CELLS: Final = {
    "number": "-?[0-9]+",
    "boolean": "(true|false)",
    "date": "",
    "category": "[a-z]+",
    "text": "[a-z]+",
    "list": "[a-z]+",
}
REST: Final = r'[^\u0000"]*$'  # of a plain table: what cannot harm the rows before it
SHARE: Final = {"type": "number", "minimum": 0, "maximum": 1.0001}  # float rounds
ERROR: Final[Told] = {
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


def schema_of(label: Label, options: ServeOptions) -> Told:
    """Return what ``GET /schema`` tells: columns or frame, target, score, limits."""
    told: Told = {
        "format": 1,
        "name": label.name,
        "kind": label.kind,
        "task": label.schema.task,
        "target": label.schema.target,
        "classes": list(label.schema.classes),
        "score": label.score,
        "equality": asdict(label.equality),
        "band": None if label.band is None else asdict(label.band),
        "heat": label.heat,
        "limits": {name: getattr(options, name) for name in LIMITS},
    }
    if isinstance(label.schema, PictureSchema):
        told |= {"size": label.schema.framing.size, "crop": label.schema.framing.crop}
    else:
        columns = {column.name: column for column in label.schema.used}
        told["columns"] = [_column(one, columns[one.name]) for one in label.inputs]
    return told


def _column(one: Input, column: Column) -> Told:
    words = one.words if one.kind == "boolean" else column.levels[:LISTED_WORDS]
    return {
        "name": one.name,
        "kind": one.kind,
        "form": column.form,
        "words": list(words) if one.kind != "number" else [],
        "typical": one.typical,
        "low": one.low,
        "high": one.high,
        "date_format": column.date_format,
        "sign": column.sign,
    }


def openapi_of(label: Label, options: ServeOptions, answer: Told) -> Told:
    """Return the OpenAPI document of a server.

    Parameters
    ----------
    label : Label
    options : ServeOptions
    answer : dict
        To one row or picture, as an example.
    """
    paths = {
        "/predict": {"post": _predict(label, options, answer)},
        "/schema": {"get": _get("Describe the inputs of the model.", {"type": "object"})},
        "/health": {
            "get": _get(
                "Check that the server is running.", _strings("status", "name"), free=True
            )
        },
        "/metrics": {"get": _get("Metrics for Prometheus.", None, media="text/plain")},
    }
    told: Told = {
        "openapi": VERSION,
        "info": {"title": label.name, "version": label.version, "description": label.score},
        "paths": paths,
    }
    if options.token:
        told["components"] = {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}
        }
        told["security"] = [{"token": []}]
    for path in paths.values():
        for operation in path.values():
            if options.token and "security" not in operation:
                operation["responses"]["401"] = _refusal("The token is missing or wrong (V05).")
    return told


def _get(summary: str, schema: Told | None, *, media: str = "", free: bool = False) -> Told:
    content = {media or "application/json": {"schema": schema or {"type": "string"}}}
    told: Told = {
        "summary": summary,
        "responses": {
            "200": {"description": "Success.", "content": content},
            **{code: _refusal(REFUSALS[code]) for code in ("408", "421", "429")},
        },
    }
    return told | ({"security": []} if free else {})


def _predict(label: Label, options: ServeOptions, example: Told) -> Told:
    table = label.kind == "table"
    extra = _more(
        "heat",
        "Grad-CAM heat map: the regions that are evidence for the class, as a PNG image.",
    )
    if table:
        extra = _more(
            "contributions", "Contribution of each column to the prediction for the first row."
        )
    answer = _answer(label)
    responses = {
        "200": {
            "description": "The predictions, in the order of the request.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["predictions"],
                        "properties": {
                            "predictions": {"type": "array", "items": answer},
                            "notices": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                    "example": {"predictions": [example]},
                }
            },
        },
        **{code: _refusal(text) for code, text in REFUSALS.items()},
    }
    if table:
        responses["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    return {
        "summary": f"Predict {label.schema.target}.",
        "parameters": [extra] if table or label.heat else [],
        "requestBody": {
            "required": True,
            "content": _rows(label, options) if table else _pictures(options),
        },
        "responses": responses,
    }


def _more(name: str, description: str) -> Told:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "boolean", "default": False},
        "example": False,
    }


def _rows(label: Label, options: ServeOptions) -> Told:
    held = cast("Schema", label.schema)
    columns = {column.name: column for column in held.used}
    row = example_of(label)
    schema = {
        "type": "object",
        "required": ["rows"],
        "properties": {
            "rows": {
                "type": "array",
                "description": f"{options.max_rows:,} at most.",
                "items": {
                    "type": "object",
                    "required": list(row),
                    "properties": {
                        one.name: _cell(one, columns[one.name], held.reading)
                        for one in label.inputs
                    },
                },
            }
        },
    }
    # Any table with these columns will do; a plain one begins so.
    line = ",".join(CSV_CELLS[one.kind] for one in label.inputs)
    names, cells = (",".join(map(_quoted, texts)) for texts in (row, row.values()))
    plain = {"type": "string", "pattern": f"^{re.escape(names)}\n({line}\n)+{REST}"}
    return {
        "application/json": {"schema": schema, "example": {"rows": [row]}},
        "text/csv": {"schema": plain, "example": f"{names}\n{cells}\n"},
    }


def _quoted(cell: object) -> str:
    return "" if cell is None else '"' + str(cell).replace('"', '""') + '"'


def _cell(one: Input, column: Column, reading: Reading) -> Told:
    if one.kind == "boolean":
        ticks = [column.tick] if column.tick else []
        words = [re.escape(word) for word in ("", *reading.missing, *MEANINGS, *ticks)]
        text = {"type": "string", "pattern": f"^({'|'.join(words)})$"}
        return {"anyOf": [{"type": ["boolean", "null"]}, {"enum": [0, 1]}, text]}
    told: Told = {"type": TYPES[one.kind]}
    if one.kind == "number":
        sign = re.escape(reading.sign_of(column.name))
        words = [re.escape(word) for word in ("", *reading.missing, *column.empties)]
        number = TEXTS[column.form].replace("SIGN", sign)
        told = {
            "anyOf": [told, {"type": "string", "pattern": f"^({'|'.join(words)}|{number})$"}]
        }
        if column.form != "number":
            told["description"] = f"{column.measure}, or their text"
    elif one.kind == "list":
        told |= {
            "items": {"type": ["string", "number", "boolean"]},
            "description": f"categories separated by {column.sign!r}, or a list of them",
        }
    elif one.kind == "date":
        iso = column.date_format in {None, "ISO8601"}
        told |= {"format": "date"} if iso else {"description": f"as {column.date_format}"}
    return told


def example_of(label: Label) -> dict[str, Any]:
    """Return a row of typical cells, as JSON takes it."""
    columns = {column.name: column for column in cast("Schema", label.schema).used}
    return {one.name: _typical(one, columns[one.name]) for one in label.inputs}


def _typical(one: Input, column: Column) -> Any:
    if one.kind == "boolean" and one.tensor == "float" and one.typical is not None:
        return bool(one.typical)
    if one.kind == "date" and column.date_format not in {None, "ISO8601"}:
        return None
    return one.typical


def _pictures(options: ServeOptions) -> Told:
    files = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "format": "binary"},
        "description": f"{options.max_pictures:,} images at most.",
    }
    form = {"type": "object", "required": ["file"], "properties": {"file": files}}
    return {
        "multipart/form-data": {"schema": form},
        "image/jpeg": {},
        "image/png": {},
    }


def _answer(label: Label) -> Told:
    number = {"type": "number"}
    if not label.schema.classes:
        names = ["prediction", *(["low", "high"] if label.band else [])]
        return {"type": "object", "required": names, "properties": dict.fromkeys(names, number)}
    classes = list(label.schema.classes)
    probabilities = {
        "type": "object",
        "required": classes,
        "properties": dict.fromkeys(classes, SHARE),
    }
    found = {"prediction": {"enum": classes}, "probabilities": probabilities}
    told: Told = {"type": "object", "properties": found, "required": list(found)}
    if label.kind == "table":
        return told
    bad = {"type": "object", "required": ["file", "error"]}
    return {"anyOf": [told | {"required": ["file", *found]}, bad]}


def _strings(*names: str) -> Told:
    return {
        "type": "object",
        "required": list(names),
        "properties": {name: {"type": "string"} for name in names},
    }


def _refusal(text: str) -> Mapping[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": ERROR}}}
