"""Rows and files that cannot be used, or not learnt from."""

from collections.abc import Iterator, Sequence

from tenfold.checks.finding import Finding
from tenfold.data.columns.labelled import unlabelled_told
from tenfold.data.tables.rejected import describe_excess, first_of


def check_rejected(
    told: Sequence[str], kept: int, max_bad: float, noun: str
) -> Iterator[Finding]:
    """Yield what cannot be used: A14.

    Parameters
    ----------
    told : sequence of str
        Each row or file, and why.
    kept : int
        How many can be used.
    max_bad : float
        The share that a run may leave out.
    noun : str
        ``"rows"`` or ``"images"``.

    Examples
    --------
    >>> [f.fact for f in check_rejected(["line 3: it has 2 cells"], 9, 0.2, "rows")]
    ['1 of 10 rows cannot be used']
    """
    if not told:
        return
    excess = describe_excess(told, kept, max_bad, "")
    whole = kept + len(told)
    many = len(told) > max_bad * whole
    yield Finding(
        code="A14",
        severity="error" if many else "info",
        fact=f"{len(told):,} of {whole:,} {noun} cannot be used",
        place={noun: excess.first},
        fix=(f"fix or remove these {noun}", *((excess.option,) if many else ())),
    )


def check_unlabelled(told: Sequence[str], kept: int, noun: str) -> Iterator[Finding]:
    """Yield how many rows or files have no target: A14. It is a doubt if most have none.

    Parameters
    ----------
    told : sequence of str
        Each of them, and why.
    kept : int
        How many have one.
    noun : str
        ``"rows"`` or ``"images"``.

    Examples
    --------
    >>> [(f.severity, f.fact) for f in check_unlabelled(["line 3: ..."], 9, "rows")]
    [('info', 'one of 10 rows has no target and is left out')]
    """
    if told:
        yield Finding(
            code="A14",
            severity="warning" if len(told) > kept else "info",
            fact=unlabelled_told(len(told), kept + len(told), noun),
            place={noun: first_of(told)},
            fix=("add the targets that are known",),
        )
