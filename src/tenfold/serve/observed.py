"""What a server counts, in the words of Prometheus."""

import time
from typing import Final, final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # where workers put what they count
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384)


@final
class Observed:
    """Counts of requests, rows and seconds.

    Parameters
    ----------
    shared : bool
        Whether several workers count into one folder, which is named by the environment
        variable PROMETHEUS_MULTIPROC_DIR.
    """

    def __init__(self, *, shared: bool) -> None:
        self._shared = shared
        own = None if shared else CollectorRegistry()
        self._registry = own
        self._requests = Counter(
            "tenfold_requests", "Completed requests.", ["path", "status"], registry=own
        )
        self._seconds = Histogram(
            "tenfold_request_seconds",
            "Response time.",
            ["path"],
            buckets=SECONDS,
            registry=own,
        )
        self._batch = Histogram(
            "tenfold_batch_rows",
            "Rows or images per prediction call.",
            buckets=SIZES,
            registry=own,
        )
        self._open = Gauge(
            "tenfold_requests_open",
            "Requests in progress.",
            registry=own,
            multiprocess_mode="livesum",
        )

    def begin(self) -> float:
        """Count a request that came in, and return when."""
        self._open.inc()
        return time.perf_counter()

    def end(self, path: str, status: int, begun: float) -> None:
        """Count a request that was answered."""
        self._open.dec()
        self._requests.labels(path, status).inc()
        self._seconds.labels(path).observe(time.perf_counter() - begun)

    def batch(self, rows: int) -> None:
        """Count a call of the model."""
        self._batch.observe(rows)

    def exposition(self) -> tuple[bytes, str]:
        """Return all counts as text, and its media type."""
        if self._registry is not None:
            return generate_latest(self._registry), CONTENT_TYPE_LATEST
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
