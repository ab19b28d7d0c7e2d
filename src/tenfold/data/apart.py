"""Test rows, taken away from a table before anything else looks at it."""

import numpy as np
import pandas as pd

from tenfold.config import SplitOptions
from tenfold.data.cells import to_words
from tenfold.data.encode import read_times
from tenfold.data.table import Table, find_column
from tenfold.data.target import MAX_CLASSES
from tenfold.errors import SplitError
from tenfold.seeds import Streams


def set_apart(
    table: Table, target: str, options: SplitOptions, streams: Streams
) -> tuple[Table, Table]:
    """Take test rows away from a table before anything else looks at it.

    The last rows by time, whole groups, or a share of each class or of all rows;
    which ones does not depend on the order of the file.

    Returns
    -------
    rest, test : Table

    Raises
    ------
    SplitError
        F02 or F03, if one of the two would be empty.
    """
    share = options.test_size or 0.0
    cells = pd.DataFrame(
        {
            name: to_words(table.frame[name], table.decimal)
            for name in sorted(table.frame.columns)
        }
    ).astype(str)
    order = np.argsort(pd.util.hash_pandas_object(cells, index=False).to_numpy(), kind="stable")
    generator = streams.generator("test rows")
    count = round(share * len(table))
    if options.time_column is not None:
        find_column(table, options.time_column, option="--time-column")
        times = read_times(table, options.time_column)
        # Rows of one moment may not stand on both sides.
        test = order[times[order] >= np.sort(times)[-count]] if count else order[:0]
    elif options.group_column is not None:
        find_column(table, options.group_column, option="--group-column")
        names, group = np.unique(
            to_words(table.frame[options.group_column]).astype(str), return_inverse=True
        )
        chosen = generator.permutation(len(names))[: round(share * len(names))]
        test = np.flatnonzero(np.isin(group, chosen))
    else:
        texts = to_words(table.frame[target], table.decimal).astype(str)
        names, key = np.unique(texts, return_inverse=True)
        if len(names) > MAX_CLASSES or len(names) > len(table) / 10:
            key = np.zeros(len(table), dtype=np.int64)
        # Sorted by class, then at random: every k-th row is a share of each class.
        lined = order[np.lexsort((generator.random(len(order)), key[order]))]
        at = np.floor(np.arange(len(table)) * share)
        test = lined[np.diff(at, append=np.floor(len(table) * share)) > 0]
    mark = np.zeros(len(table), dtype=bool)
    mark[test] = True
    if mark.all() or not mark.any():
        raise SplitError(
            "F02",
            f"--test-size {share:g} would keep {mark.sum():,} of {len(table):,} rows apart",
            fix=["choose another share, or bring more rows"],
        )
    return table.take(~mark), table.take(mark)
