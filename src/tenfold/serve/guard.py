"""What every request passes: host, token, how many at a time, how long, and counting."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, final

from starlette.requests import ClientDisconnect

from tenfold.errors import ServeError, TenfoldError
from tenfold.serve.observed import Observed
from tenfold.serve.replies import error_reply
from tenfold.serve_options import LOOPBACK, ServeOptions

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
"""An application as ASGI knows it."""

# Pages that say nothing of the model; the page itself asks for the token.
OPEN: Final = frozenset({"/", "/health", "/page.css", "/page.js"})
PATHS: Final = OPEN | {"/predict", "/schema", "/metrics", "/openapi.json"}
HEADERS: Final = tuple(
    (name.encode(), value.encode())
    for name, value in {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' blob: data:; connect-src 'self'; media-src 'self' blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    }.items()
)


@final
class Guard:
    """Lets requests through to an application, and says why it does not.

    Parameters
    ----------
    app : App
    options : ServeOptions
    observed : Observed
    """

    def __init__(self, app: App, options: ServeOptions, observed: Observed) -> None:
        self._app, self._options, self._observed = app, options, observed
        self._open = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = self._observed.begin(), 0
        self._open += 1

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        try:
            self._check(scope)
            async with asyncio.timeout(self._options.timeout):
                await self._app(scope, receive, send_with_headers)
        except TenfoldError as error:
            await error_reply(error)(scope, receive, send_with_headers)
        except TimeoutError:
            if not status:
                late = ServeError(
                    "V03", f"the time limit of {self._options.timeout:g} seconds was exceeded"
                )
                await error_reply(late)(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass  # who asked is gone, and nobody is there to be answered
        finally:
            self._open -= 1
            path = scope["path"] if scope["path"] in PATHS else "other"
            self._observed.end(path, status, begun)

    def _check(self, scope: Message) -> None:
        """Refuse a request that is not meant for this server, or is one too many.

        Raises
        ------
        ServeError
            V04, V05, V09.
        """
        headers = dict(scope["headers"])
        if self._options.is_local and _name_of(headers) not in LOOPBACK:
            # A page of another site may lead a browser here by a name of its own.
            fix = ["use 127.0.0.1, or serve with --host"]
            raise ServeError("V09", "the request names another host", fix=fix)
        if self._options.token and scope["path"] not in OPEN:
            given = headers.get(b"authorization", b"")
            wanted = f"Bearer {self._options.token}".encode()
            if not hmac.compare_digest(given, wanted):
                fact = "the token is wrong" if given else "the request has no token"
                raise ServeError("V05", fact, fix=["Authorization: Bearer TOKEN"])
        if self._open > self._options.max_requests:
            fact = f"{self._options.max_requests:,} other requests are being processed"
            raise ServeError("V04", fact, fix=["try again in a second"])


def _name_of(headers: dict[bytes, bytes]) -> str:
    """Return the host that a request names, without its port."""
    host = str(headers.get(b"host", b""), "latin-1")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
