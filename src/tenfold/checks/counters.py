"""Numbers that only count or name the rows, and are learnt from."""

from collections.abc import Iterator, Sequence

import numpy as np

from tenfold.checks.column_readings import FEWEST, Reading
from tenfold.checks.finding import Finding


def check_counters(columns: Sequence[Reading]) -> Iterator[Finding]:
    """Yield whole numbers that rise or fall from each row to the next: A05.

    Numbers without a gap are left out by themselves, as identifiers. Those with a fraction
    are measured, and a file may be sorted by them.

    Examples
    --------
    >>> record = Reading(name="record", values=np.arange(60.0) * 3, categorical=False)
    >>> [found.fact for found in check_counters([record])]
    ["column 'record' rises from each row to the next"]
    """
    for column in columns:
        if column.categorical or column.part_of or len(column.values) < FEWEST:
            continue
        steps = np.diff(column.values)
        if not column.filled.all() or (column.values % 1).any():
            continue
        if not ((steps > 0).all() or (steps < 0).all()):
            continue
        verb = "rises" if steps[0] > 0 else "falls"
        yield Finding(
            code="A05",
            severity="warning",
            fact=f"column {column.name!r} {verb} from each row to the next",
            place={"column": column.name},
            fix=(
                column.without,
                f"if it is a time and new rows will be later: --time-column {column.name!r}",
            ),
        )
