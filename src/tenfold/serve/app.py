"""The application: a page, questions and answers, and what watches over them."""

from contextlib import asynccontextmanager
from typing import Any, Final, final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse

from tenfold.errors import ServeError, TenfoldError
from tenfold.exported import Answering
from tenfold.kinds.service import FORM, JSON, Question, Service
from tenfold.kinds.services import service_of
from tenfold.serve.batching import Batches
from tenfold.serve.form_page import page_of, script_of, style
from tenfold.serve.guard import Guard
from tenfold.serve.observed import Observed
from tenfold.serve.openapi import openapi_of, schema_of
from tenfold.serve.replies import error_reply, json_reply
from tenfold.serve_options import ServeOptions

ASKED: Final = {"true": True, "false": False}


def app_of(file: Answering, options: ServeOptions, *, shared: bool = False) -> Guard:
    """Return an application that answers for an exported file, or a model.

    Parameters
    ----------
    file : Answering
    options : ServeOptions
    shared : bool
        Whether other processes answer beside it; see ``Observed``.
    """
    observed = Observed(shared=shared)
    service = service_of(file, options)
    asking = Asking(service, observed)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        yield
        asking.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    openapi, page, script = openapi_of(service), page_of(service), script_of(service)
    pages = {
        "/": lambda: HTMLResponse(page),
        "/page.css": lambda: Response(style(), media_type="text/css"),
        "/page.js": lambda: Response(script, media_type="text/javascript"),
        "/schema": lambda: json_reply(schema_of(service)),
        "/openapi.json": lambda: json_reply(openapi),
        "/health": lambda: json_reply({"status": "ok", "name": file.label.name}),
        "/metrics": lambda: Response(*_parted(observed.exposition())),
    }
    for path, reply in pages.items():
        app.router.add_route(path, _page(reply), methods=["GET"])
    app.router.add_route("/predict", asking.predict, methods=["POST"])

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


def _parted(counts: tuple[bytes, str]) -> tuple[bytes, int, None, str]:
    return counts[0], 200, None, counts[1]


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
class Asking:
    """Turns requests into questions, and answers into replies.

    Parameters
    ----------
    service : Service
    observed : Observed
    """

    def __init__(self, service: Service, observed: Observed) -> None:
        self._service, self._options = service, service.options
        self._batches = Batches(service.file.ask, service.at_once, observed.batch)

    def close(self) -> None:
        """Answer what is left, and end."""
        self._batches.close()

    async def predict(self, request: Request) -> Response:
        """Answer ``POST /predict``."""
        service = self._service
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not service.takes_body(media):
            raise _another(media, " or ".join(service.takes))
        more = service.more is not None and _asks(request, service.more[0])
        question = Question(
            media=media,
            files=await self._files(request, media),
            more=more,
            accepts=request.headers.get("accept", ""),
        )
        found = await service.answer(question, self._batches.answer)
        if found.media == JSON:
            return json_reply(found.content)
        return Response(found.content, media_type=found.media)

    async def _files(self, request: Request, media: str) -> list[tuple[str, bytes]]:
        """Return the files of a request with their names; of a body alone there is none."""
        body = await self._body(request)
        if media != FORM:
            return [("", body)]
        form = await _parsed(request, body, self._options.max_pictures)
        return [
            (str(part.filename or ""), await part.read())
            for _, part in form.multi_items()
            if not isinstance(part, str)
        ]

    async def _body(self, request: Request) -> bytes:
        """Return the body of a request.

        Raises
        ------
        ServeError
            V01, if it is too large, told at its first byte too many.
        """
        most = self._options.max_bytes
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise ServeError("V01", f"the body has {int(length):,} bytes, more than {most:,}")
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise ServeError("V01", f"the body has more than {most:,} bytes")
            parts.append(part)
        return b"".join(parts)


def _another(media: str, wanted: str) -> ServeError:
    fact = f"the Content-Type is {media[:100]!r}" if media else "there is no Content-Type"
    return ServeError("V06", fact, fix=[f"this model takes {wanted}"])


def _asks(request: Request, more: str) -> bool:
    """Tell whether a request asks for more than the answer.

    Raises
    ------
    ServeError
        V12, if it says neither true nor false.
    """
    values = request.query_params.getlist(more)
    if len(values) > 1 or not set(values) <= set(ASKED):
        raise ServeError("V12", f"{more} is {', '.join(values)[:100]}", fix=[f"{more}=true"])
    return bool(values) and ASKED[values[0]]


async def _parsed(request: Request, body: bytes, most: int) -> Any:
    """Return the form in a body that was read.

    Raises
    ------
    ServeError
        V02, if it holds too many files; V08, if it is none.
    """
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        found = {"type": "http.request", "body": b"" if sent else body, "more_body": False}
        sent = True
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
