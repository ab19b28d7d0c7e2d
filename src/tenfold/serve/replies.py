"""Answers of a server: JSON, and errors with their code and their status."""

import json
from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from tenfold.errors import ReadError, TenfoldError

STATUS: Final = {
    "V01": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "V02": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "V03": HTTPStatus.REQUEST_TIMEOUT,
    "V04": HTTPStatus.TOO_MANY_REQUESTS,
    "V05": HTTPStatus.UNAUTHORIZED,
    "V06": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "V07": HTTPStatus.BAD_REQUEST,
    "V08": HTTPStatus.UNPROCESSABLE_ENTITY,
    "V09": HTTPStatus.MISDIRECTED_REQUEST,
    "V10": HTTPStatus.NOT_FOUND,
    "V12": HTTPStatus.UNPROCESSABLE_ENTITY,
    "V13": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
# What a status brings along.
HEADERS: Final = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "1"},
}


def json_reply(content: Any, status: int = HTTPStatus.OK) -> Response:
    """Return JSON; floats that no JSON has never occur, as models answer with numbers."""
    body = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return Response(body, status, media_type="application/json")


def error_reply(error: TenfoldError, status: int | None = None) -> Response:
    """Return an error as JSON: its code, fact, rule, place and fix."""
    found = status or status_of(error)
    reply = json_reply({"error": error.to_dict()}, found)
    reply.headers.update(HEADERS.get(HTTPStatus(found), {}))
    return reply


def status_of(error: TenfoldError) -> HTTPStatus:
    """Return the status that tells what kind of fault an error is."""
    if isinstance(error, ReadError):
        return HTTPStatus.BAD_REQUEST
    return STATUS.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
