"""What a server is told: where it listens, and what a request may cost."""

from dataclasses import dataclass
from typing import Final

from tenfold.option import Options, number, option, whole
from tenfold.read_options import MAX_PIXELS, MOST_WHITE

ONE: Final = whole(1, named="1 or more")
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeOptions(Options):
    """Where a server listens, and what a request may cost.

    Parameters
    ----------
    host : str
    port : int
        0 takes any that is free.
    workers : int
        Processes that answer.
    token : str or None
        What a request has to send as ``Authorization: Bearer TOKEN``; empty is none.
    max_bytes : int
        Of the body of a request.
    max_rows, max_pictures : int
        Of a request.
    max_pixels : int
        Of a picture; one whose header claims more is not decoded.
    white : int or None
        What means white in pictures of 16 or 32 bits, or of numbers with a fraction; by
        default, what training learnt from.
    max_requests : int
        That one worker answers at the same time.
    timeout : float
        Seconds from the first byte of a request to its answer.
    batch_rows : int
        Rows that are answered in one call; 1 answers each request by itself.
    """

    host: str = option(
        "127.0.0.1", "Address to listen on; 0.0.0.0 accepts connections from any host."
    )
    port: int = option(
        8000,
        "Port to listen on; 0 takes any free port.",
        values=whole(0, 65_535, "a number from 0 to 65535"),
    )
    workers: int = option(1, "Number of server processes.", values=ONE)
    token: str | None = option(
        None, "Bearer token that requests must send.", variable="TENFOLD_TOKEN"
    )
    max_bytes: int = option(32_000_000, "Maximum size of a request body.", values=ONE)
    max_rows: int = option(10_000, "Maximum number of rows per request.", values=ONE)
    max_pictures: int = option(32, "Maximum number of images per request.", values=ONE)
    max_pixels: int = option(MAX_PIXELS, "Maximum number of pixels per image.", values=ONE)
    white: int | None = option(
        None,
        "Value that means white in images of 16 or 32 bits.",
        "N",
        values=whole(1, MOST_WHITE),
    )
    max_requests: int = option(
        256, "Maximum number of concurrent requests per worker.", values=ONE
    )
    timeout: float = option(
        30.0,
        "Maximum time for a request, in seconds.",
        values=number(lambda seconds: seconds > 0, "a number of seconds above 0"),
    )
    batch_rows: int = option(
        1_024,
        "Maximum number of rows to predict in one call; 1 predicts each request by itself.",
        values=ONE,
    )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        return self.host in LOOPBACK


DEFAULTS: Final = ServeOptions()
