"""What a server is told: where it listens, and what a request may cost."""

from dataclasses import dataclass
from typing import Final

from tenfold.option import check
from tenfold.read_options import MAX_PIXELS, MOST_WHITE
from tenfold.values import is_whole

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeOptions:
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

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    token: str | None = None
    max_bytes: int = 32_000_000
    max_rows: int = 10_000
    max_pictures: int = 32
    max_pixels: int = MAX_PIXELS
    white: int | None = None
    max_requests: int = 256
    timeout: float = 30.0
    batch_rows: int = 1_024

    def __post_init__(self) -> None:
        check(0 <= self.port < 65_536, "port", self.port, "a number from 0 to 65535")
        check(self.workers >= 1, "workers", self.workers, "1 or more")
        check(self.timeout > 0, "timeout", self.timeout, "a number of seconds above 0")
        for name in ("max_bytes", "max_rows", "max_pictures", "max_pixels", "max_requests"):
            value = getattr(self, name)
            check(value >= 1, name.replace("_", "-"), value, "1 or more")
        wanted = f"a whole number from 1 to {MOST_WHITE}"
        check(
            self.white is None or is_whole(self.white, 1, MOST_WHITE),
            "white",
            self.white,
            wanted,
        )
        check(self.batch_rows >= 1, "batch-rows", self.batch_rows, "1 or more")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        return self.host in LOOPBACK


DEFAULTS: Final = ServeOptions()
