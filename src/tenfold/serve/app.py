"""The application: a page, questions and answers, and what watches over them."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, Final, final

import numpy as np
import pandas as pd
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse

from tenfold.data.brightness import doubtful_scales
from tenfold.data.decode import Square
from tenfold.data.picture_schema import PictureSchema
from tenfold.errors import ServeError, TenfoldError
from tenfold.exported import HEAT, PIXELS, PROBABILITIES, Exported, Feeds
from tenfold.serve.batches import Batches
from tenfold.serve.contributions import Contributions
from tenfold.serve.guard import Guard
from tenfold.serve.observed import Observed
from tenfold.serve.openapi import example_of, openapi_of, schema_of
from tenfold.serve.options import ServeOptions
from tenfold.serve.page import page_of, static
from tenfold.serve.pictures import heat_picture, squares_of
from tenfold.serve.replies import error_reply, json_reply
from tenfold.serve.rows import Rows, answers_of, csv_of

JSON, CSV, FORM, PICTURE = "application/json", "text/csv", "multipart/form-data", "image/"
GREY: Final = 128
ASKED: Final = {"true": True, "false": False}


def app_of(exported: Exported, options: ServeOptions, *, shared: bool = False) -> Guard:
    """Return an application that answers for an exported file.

    Parameters
    ----------
    exported : Exported
    options : ServeOptions
    shared : bool
        Whether other processes answer beside it; see ``Observed``.
    """
    observed = Observed(shared=shared)
    answering = Answering(exported, options, observed)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        yield
        answering.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    told = openapi_of(exported.label, options, answering.example())
    page = page_of(exported.label, options)
    pages = {
        "/": lambda: HTMLResponse(page),
        "/page.css": lambda: Response(static("page.css"), media_type="text/css"),
        "/page.js": lambda: Response(static("page.js"), media_type="text/javascript"),
        "/schema": lambda: json_reply(schema_of(exported.label, options)),
        "/openapi.json": lambda: json_reply(told),
        "/health": lambda: json_reply({"status": "ok", "name": exported.label.name}),
        "/metrics": lambda: Response(*_parted(observed.told())),
    }
    for path, reply in pages.items():
        app.router.add_route(path, _page(reply), methods=["GET"])
    app.router.add_route("/predict", answering.predict, methods=["POST"])

    @app.exception_handler(HTTPException)
    async def _refuse(request: Request, error: HTTPException) -> Response:
        fact = f"{request.method} {request.url.path}: {str(error.detail).lower()}"
        reply = error_reply(ServeError("V10", fact[:300]), error.status_code)
        reply.headers.update(error.headers or {})
        return reply

    app.exception_handler(404)(_refuse)
    app.exception_handler(405)(_refuse)
    app.exception_handler(TenfoldError)(_coded)
    return Guard(app, options, observed)


def _parted(told: tuple[bytes, str]) -> tuple[bytes, int, None, str]:
    return told[0], 200, None, told[1]


def _page(reply: Any) -> Any:
    async def answer(_request: Request) -> Response:
        found: Response = reply()
        return found

    return answer


async def _coded(_request: Request, error: Exception) -> Response:
    if not isinstance(error, TenfoldError):
        raise error
    return error_reply(error)


@final
class Answering:
    """Answers questions about rows or pictures.

    Parameters
    ----------
    exported : Exported
    options : ServeOptions
    observed : Observed
    """

    def __init__(self, exported: Exported, options: ServeOptions, observed: Observed) -> None:
        self._exported, self._options = exported, options
        self._label = exported.label
        table = self._label.kind == "table"
        self._rows = Rows(exported, options.max_rows) if table else None
        background = self._label.background
        self._contributions = Contributions(exported, background) if background else None
        most = options.batch_rows if table else min(options.batch_rows, options.max_pictures)
        self._batches = Batches(exported.ask, most, observed.batch)
        self._outputs = tuple(name for name in exported.outputs if name != HEAT)

    def example(self) -> dict[str, Any]:
        """Return the answer to a row of typical cells, or to a grey picture."""
        schema = self._label.schema
        if isinstance(schema, PictureSchema):
            shape = (1, schema.framing.size, schema.framing.size, 3)
            feeds, named = {PIXELS: np.full(shape, GREY, np.uint8)}, {"file": "grey.png"}
        else:
            feeds, named = self._exported.feeds(pd.DataFrame([example_of(self._label)])), {}
        (answer,) = answers_of(self._exported, self._exported.ask(feeds, self._outputs))
        return named | answer

    def close(self) -> None:
        """Answer what is left, and end."""
        self._batches.close()

    async def predict(self, request: Request) -> Response:
        """Answer ``POST /predict``."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._rows is None:
            if kind != FORM and not kind.startswith(PICTURE):
                raise self._another(kind, f"{FORM} or {PICTURE}*")
            return await self._pictures(request, kind)
        if kind not in {JSON, CSV}:
            raise self._another(kind, f"{JSON} or {CSV}")
        apart = _asks(request, "contributions")
        body = await self._body(request)
        if kind == JSON:
            feeds, count = self._rows.of_json(body)
            return json_reply({"predictions": await self._answers(feeds, count, apart=apart)})
        feeds, table = await asyncio.to_thread(self._rows.of_csv, body)
        answers = await self._answers(feeds, len(table), apart=apart)
        if CSV in request.headers.get("accept", ""):
            return Response(csv_of(table, answers), media_type=CSV)
        lines = table.lines.tolist()
        told = [{"line": line} | answer for line, answer in zip(lines, answers, strict=True)]
        rejected = [asdict(row) for row in table.left_out]
        notices = [f"{one.what}: {one.why}" for one in table.notices]
        return json_reply({"predictions": told, "rejected": rejected, "notices": notices})

    async def _answers(self, feeds: Feeds, count: int, *, apart: bool) -> list[dict[str, Any]]:
        """Return answers to rows, the first one taken apart if that is asked for."""
        if count == 0:
            return []
        said = await self._batches.answer(feeds, self._outputs, count)
        answers = answers_of(self._exported, said)
        if not apart or self._contributions is None:
            return answers
        output = 0
        if self._label.schema.classes:
            output = self._label.schema.classes.index(answers[0]["prediction"])
        first = {name: cells[:1] for name, cells in feeds.items()}
        shares = await asyncio.to_thread(self._contributions.of, first, output)
        answers[0]["contributions"] = asdict(shares)
        return answers

    async def _pictures(self, request: Request, kind: str) -> Response:
        files = await self._files(request, kind)
        schema = self._label.schema
        if not isinstance(schema, PictureSchema):
            raise TypeError("this model is not an image model")
        hot = _asks(request, "heat")
        if hot and not self._label.heat:
            raise ServeError("V12", "heat was requested, but the model does not support it")
        most = self._options.max_pixels
        framing = schema.framing.with_white(self._options.white)
        found = await asyncio.to_thread(squares_of, files, framing, most)
        squares = [one for one in found if isinstance(one, Square)]
        said = await self._seen([one.pixels for one in squares], hot=hot) if squares else []
        answers = iter(said)
        told = [
            {"file": name}
            | ({"error": one.to_dict()} if isinstance(one, ServeError) else next(answers))
            for (name, _), one in zip(files, found, strict=True)
        ]
        doubts = doubtful_scales(framing, [one.reach for one in squares if one.reach])
        notices = [f"{doubt.what}: {doubt.why}" for doubt in doubts]
        return json_reply({"predictions": told} | ({"notices": notices} if notices else {}))

    async def _seen(self, squares: Sequence[Any], *, hot: bool) -> list[dict[str, Any]]:
        outputs = (PROBABILITIES, HEAT) if hot else (PROBABILITIES,)
        said = await self._batches.answer({PIXELS: np.stack(squares)}, outputs, len(squares))
        answers = answers_of(self._exported, said)
        if hot:
            classes, side = self._label.schema.classes, len(squares[0])
            for answer, heat_OHW in zip(answers, said[HEAT], strict=True):
                heat = heat_OHW[classes.index(answer["prediction"])]
                answer["heat"] = await asyncio.to_thread(heat_picture, heat, side)
        return answers

    async def _files(self, request: Request, kind: str) -> list[tuple[str, bytes]]:
        """Return the pictures of a request with their names."""
        body = await self._body(request)
        if kind != FORM:
            return [("", body)]
        form = await _parsed(request, body, self._options.max_pictures)
        files = [
            (str(part.filename or ""), await part.read())
            for _, part in form.multi_items()
            if not isinstance(part, str)
        ]
        if not files:
            fix = [f"send each image as a file of {FORM}"]
            raise ServeError("V08", "there is no image in the form", fix=fix)
        return files

    async def _body(self, request: Request) -> bytes:
        """Return the body of a request.

        Raises
        ------
        ServeError
            V01, if it is too large, told at its first byte too many.
        """
        most = self._options.max_bytes
        told = request.headers.get("content-length", "")
        if told.isdecimal() and int(told) > most:
            raise ServeError("V01", f"the body has {int(told):,} bytes, more than {most:,}")
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise ServeError("V01", f"the body has more than {most:,} bytes")
            parts.append(part)
        return b"".join(parts)

    def _another(self, kind: str, wanted: str) -> ServeError:
        fact = f"the Content-Type is {kind[:100]!r}" if kind else "there is no Content-Type"
        return ServeError("V06", fact, fix=[f"this model takes {wanted}"])


def _asks(request: Request, more: str) -> bool:
    """Tell whether a request asks for more than the answer.

    Raises
    ------
    ServeError
        V12, if it says neither true nor false.
    """
    given = request.query_params.getlist(more)
    if len(given) > 1 or not set(given) <= set(ASKED):
        raise ServeError("V12", f"{more} is {', '.join(given)[:100]}", fix=[f"{more}=true"])
    return bool(given) and ASKED[given[0]]


async def _parsed(request: Request, body: bytes, most: int) -> Any:
    """Return the form in a body that was read.

    Raises
    ------
    ServeError
        V02, if it holds too many files; V08, if it is none.
    """
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        found = {"type": "http.request", "body": b"" if given else body, "more_body": False}
        given = True
        return found

    again = Request(request.scope, receive)
    try:
        return await again.form(max_files=most, max_fields=most)
    except HTTPException as error:
        raise _bad_form(str(error.detail)) from error
    except Exception as error:
        # The parser raises errors of its own for damaged forms.
        raise _bad_form(str(error)) from error


def _bad_form(said: str) -> ServeError:
    if "Too many" in said:
        return ServeError("V02", f"the form is too long: {said.lower().rstrip('.')}")
    return ServeError("V08", f"the form cannot be read: {said[:200].lower().rstrip('.')}")
