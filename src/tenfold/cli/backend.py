"""The workers that ``--backend`` names: processes of this machine, or a cluster."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from tenfold.errors import ClusterError, UsageError
from tenfold.extras import require
from tenfold.machine import usable_cores

KNOWN: Final = "loky:N, dask://HOST:PORT, ray or ray://HOST:PORT"
ADDRESS: Final = re.compile(r"//[^/\s]+:\d+")
PER_CORE: Final = 8  # processes; more would only take memory from each other
SECONDS: Final = 10


@contextmanager
def workers(name: str | None) -> Iterator[None]:
    """Let joblib spread the work of a command over the workers of that name.

    Raises
    ------
    UsageError
        U01, if it is no such name.
    ClusterError
        K01, if there is no such cluster.
    MissingExtraError
        E01, if its library is not installed.
    """
    if name is None:
        yield
        return
    kind, sign, where = name.partition(":")
    begin = {"loky": _processes, "dask": _dask, "ray": _ray}.get(kind)
    alone = not sign and kind == "ray"
    if begin is None or not (alone or kind == "loky" or ADDRESS.fullmatch(where)):
        raise UsageError("U01", f"backend must be {KNOWN}, but it is {name!r}")
    import joblib  # noqa: PLC0415 - the help text does not need it

    with ExitStack() as stack:
        stack.enter_context(joblib.parallel_config(**begin(stack, name, where)))
        yield


def _processes(_: ExitStack, name: str, number: str) -> dict[str, Any]:
    most = PER_CORE * usable_cores()
    if not (number.isdecimal() and 0 < int(number) <= most):
        fact = f"N of loky:N must be a number from 1 to {most}, but it is {name!r}"
        raise UsageError("U01", fact)
    return {"backend": "loky", "n_jobs": int(number)}


def _dask(stack: ExitStack, name: str, where: str) -> dict[str, Any]:
    distributed = require("distributed", extra="dask", to="use a Dask cluster")
    try:
        client = distributed.Client(f"tcp:{where}", timeout=SECONDS)
    except (OSError, ValueError) as error:
        raise _not_there(name, error) from error
    stack.enter_context(client)
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise ClusterError(
            "K01",
            f"the Dask cluster at {name} has no worker",
            fix=[f"start some: dask worker tcp:{where}"],
        )
    return {"backend": "dask"}


def _ray(stack: ExitStack, name: str, where: str) -> dict[str, Any]:
    ray = require("ray", extra="ray", to="use Ray")
    joblib_ray = require("ray.util.joblib", extra="ray", to="use Ray")
    try:
        ray.init(address=name if where else None, include_dashboard=False, log_to_driver=False)
    except (ConnectionError, OSError, ValueError) as error:
        raise _not_there(name, error) from error
    stack.callback(ray.shutdown)
    joblib_ray.register_ray()
    return {"backend": "ray", "n_jobs": max(1, int(ray.cluster_resources().get("CPU", 1)))}


def _not_there(name: str, error: Exception) -> ClusterError:
    why = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ClusterError(
        "K01",
        f"there is no cluster at {name}",
        place={"error": why},
        fix=["see that its address is right, and that it can be reached from here"],
    )
