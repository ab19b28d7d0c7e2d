"""Who follows a run from Python: callbacks, the log, and a bar where a person sees it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console

from tenfold.config import Decision
from tenfold.errors import UsageError
from tenfold.notices import LOG
from tenfold.report.console import TerminalWatch
from tenfold.report.summary_text import decision_lines
from tenfold.tracking import TRACKERS
from tenfold.training.watch import Callback, CallbackList

Callbacks = Callback | str | Sequence[Callback | str] | None
"""One callback or several; ``"mlflow"`` and ``"tensorboard"`` log the run there."""


class LogCallback(Callback):
    """Tells Python's log: decisions as information, sentences to read now as warnings."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Log a line for each decision."""
        for line in decision_lines(decisions):
            LOG.info("%s", line.strip())

    def tell(self, what: str) -> None:
        """Log a sentence."""
        LOG.warning("%s", what)


def split_callbacks(callbacks: Callbacks) -> tuple[list[Callback], list[str]]:
    """Return the callbacks that follow a run, and the names of what logs it at its end.

    Raises
    ------
    UsageError
        U01, if one is neither.

    Examples
    --------
    >>> split_callbacks("mlflow"), split_callbacks(None)
    (([], ['mlflow']), ([], []))
    """
    alone = isinstance(callbacks, Callback | str)
    given = [callbacks] if alone else list(callbacks or ())  # type: ignore[arg-type]
    for one in given:
        if not isinstance(one, Callback | str):
            known = ", ".join(map(repr, TRACKERS))
            fact = f"a callback must be a tenfold.Callback, {known}, and it is {one!r}"
            raise UsageError("U01", fact)
    members = [one for one in given if isinstance(one, Callback)]
    return members, [one for one in given if isinstance(one, str)]


def only_callbacks(callbacks: Callbacks) -> list[Callback]:
    """Return the callbacks of what writes no run, which no library can log.

    Raises
    ------
    UsageError
        U02, if one is to log a run.
    """
    members, names = split_callbacks(callbacks)
    if names:
        raise UsageError("U02", f"callbacks name {names[0]}, which logs runs of train")
    return members


@contextmanager
def following(members: Sequence[Callback], *, verbose: bool | None) -> Iterator[Callback]:
    """Yield one callback for all that follow a run, and take its bar away at the end.

    Parameters
    ----------
    members : sequence of Callback
    verbose : bool, optional
        Whether decisions and a bar are shown; by default a bar alone, where a person sees it.
    """
    log = LogCallback()
    if verbose is False:
        yield CallbackList([log, *members])
        return
    terminal = TerminalWatch(screen(), decisions=bool(verbose))
    with terminal.showing():
        yield CallbackList([log, *members, terminal])


def screen() -> Console:
    """Return standard error, or a notebook's page, if it has what bars need there."""
    console = Console(stderr=True)
    if console.is_jupyter and find_spec("ipywidgets") is None:
        return Console(stderr=True, force_jupyter=False)
    return console
