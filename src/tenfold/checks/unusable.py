"""Rows and files that cannot be used, or not learnt from."""

from collections.abc import Iterator, Sequence

from tenfold.checks.finding import Finding
from tenfold.data.columns.labelled import describe_unlabelled
from tenfold.data.tables.rejected import describe_excess, first_of


def check_rejected(
    rejected: Sequence[str], kept: int, max_bad: float, noun: str
) -> Iterator[Finding]:
    """Yield what cannot be used: A14.

    Parameters
    ----------
    rejected : sequence of str
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
    if not rejected:
        return
    excess = describe_excess(rejected, kept, max_bad, "")
    whole = kept + len(rejected)
    many = len(rejected) > max_bad * whole
    yield Finding(
        code="A14",
        severity="error" if many else "info",
        fact=f"{len(rejected):,} of {whole:,} {noun} cannot be used",
        place={noun: excess.first},
        fix=(f"fix or remove these {noun}", *((excess.option,) if many else ())),
    )


def check_unlabelled(unlabelled: Sequence[str], kept: int, noun: str) -> Iterator[Finding]:
    """Yield how many rows or files have no target: A14. It is a doubt if most have none.

    Parameters
    ----------
    unlabelled : sequence of str
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
    if unlabelled:
        yield Finding(
            code="A14",
            severity="warning" if len(unlabelled) > kept else "info",
            fact=describe_unlabelled(len(unlabelled), kept + len(unlabelled), noun),
            place={noun: first_of(unlabelled)},
            fix=("add the targets that are known",),
        )
