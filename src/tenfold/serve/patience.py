"""A connection that waits for a request's head neither for ever nor for all of a long one.

Guard sees a request once its head is whole. Until then it costs memory and a connection, and
the server would wait.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 64 * 2**10
LATE: Final = b"408 Request Timeout"
LONG: Final = b"431 Request Header Fields Too Large"


class Patient(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, each head of MOST_HEAD_BYTES at most.

    From the connection, or the first byte of a later request, to the end of its head it may
    take as long as a connection may rest between two requests.
    """

    _late: asyncio.TimerHandle | None = None
    _head_bytes: int = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a head or a body."""
        cycle: Any = self.cycle  # None until a head was whole
        if self._late is None and (cycle is None or cycle.response_complete):
            self._wait()
        if self._late is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._late is not None and self._head_bytes > MOST_HEAD_BYTES:
            self._end(LONG)

    def on_headers_complete(self) -> None:
        """Leave the rest to Guard."""
        self._stop()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._head_bytes = 0
        self._late = self.loop.call_later(self.timeout_keep_alive, self._end, LATE)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self, status: bytes) -> None:
        self._stop()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n\r\n")
            self.transport.close()
