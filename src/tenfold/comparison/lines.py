"""A row of the table of contenders, for the terminal and the page."""

import math
from collections.abc import Sequence

from tenfold.comparison.entry import Entry
from tenfold.comparison.verdict import format_value, paired_difference
from tenfold.report.summary_text import number, pooled_lines

HEADER = ("contender", "score", "to the best", "training s", "ms a row", "MB", "")


def row_of(
    entry: Entry, leader: Entry, metric: str, test_share: float, folds: int
) -> tuple[str, ...]:
    """Return what the table says of a contender.

    Parameters
    ----------
    entry : Entry
    leader : Entry
        The best one, whose differences to the others are shown.
    metric : str
    test_share : float
        Rows tested on over rows learnt from.
    folds : int
        How many there are.
    """
    if not entry.folds:
        return (entry.name, "-", "", "", "", "", entry.error or "")
    notes = [text for text in (entry.error, entry.note) if text]
    if entry.folds < folds:
        notes.append(f"{entry.folds} of {folds} folds")
    if entry.shared:
        notes.append("seconds shared")
    return (
        entry.name,
        format_value(entry.mean(metric), metric),
        _difference(entry, leader, metric, test_share),
        number(entry.train_seconds),
        number(float(f"{1000 * entry.predict_seconds_single:.2g}")),
        f"{entry.peak_memory_bytes / 1e6:.0f}",
        "; ".join(notes),
    )


def _difference(entry: Entry, leader: Entry, metric: str, test_share: float) -> str:
    if entry.name == leader.name:
        return ""
    found = paired_difference(entry, leader, metric, test_share)
    if found is None:
        return ""
    half = found.high - found.mean
    spread = f" ± {format_value(half, metric)}" if math.isfinite(half) else ""
    return f"{format_value(found.mean, metric)}{spread}"


def pooled_note(entries: Sequence[Entry], noun: str) -> str:
    """Say which scores of the best contender are not means over folds; "" if all are."""
    if not entries:
        return ""
    scores = {name: entries[0].score(name, 1.0) for name in entries[0].per_fold}
    return " ".join(pooled_lines(scores, noun))


def table_rows(
    entries: Sequence[Entry], metric: str, test_share: float, folds: int
) -> list[tuple[str, ...]]:
    """Return the table of contenders, in the order given; the first is the leader."""
    return [row_of(entry, entries[0], metric, test_share, folds) for entry in entries]
