"""Leaks and faults planted in clean tables, each as it comes about in real ones.

Every function takes a table with its target in the column ``TARGET`` and a generator, and
returns a table, or a table and its test rows; None where a kind does not apply.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

TARGET: Final = "target"
Planted = pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame] | None
Plant = Callable[[pd.DataFrame, np.random.Generator], Planted]


def is_number(table: pd.DataFrame) -> bool:
    """Tell whether the target is a number."""
    return bool(pd.api.types.is_float_dtype(table[TARGET]))


def spread(table: pd.DataFrame) -> np.ndarray:
    """Return the target as numbers: of classes 0, 1, ..."""
    if is_number(table):
        return table[TARGET].to_numpy(np.float64)
    return pd.factorize(table[TARGET], sort=True)[0].astype(np.float64)


def beside(table: pd.DataFrame, **columns: object) -> pd.DataFrame:
    """Return a table with more columns, the target last."""
    inputs = table.drop(columns=TARGET).assign(**columns)
    return inputs.assign(**{TARGET: table[TARGET]})


def copy(table: pd.DataFrame, _generator: np.random.Generator) -> Planted:
    """Add the target once more, under another name."""
    return beside(table, outcome=table[TARGET])


def unit(table: pd.DataFrame, _generator: np.random.Generator) -> Planted:
    """Add the target in other units, rounded; classes by other names."""
    if is_number(table):
        y = spread(table)
        return beside(table, converted=np.round(y * 1.8 + 32, 2 - int(np.log10(y.std()))))
    names = {value: f"code {i * 7 % 11}" for i, value in enumerate(table[TARGET].unique())}
    return beside(table, code=table[TARGET].map(names))


def noise(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add what was measured after the target: the target with a little noise."""
    y = spread(table)
    scale = 0.05 * y.std() if is_number(table) else 0.12
    return beside(table, follow_up=y + generator.normal(0, scale, len(y)))


def mean(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Encode a word by the mean target of all rows that have it, test rows too."""
    if not is_number(table) and table[TARGET].nunique() > 2:
        return None
    district = generator.integers(0, max(12, len(table) // 15), len(table))
    return beside(
        table, district_rate=pd.Series(spread(table)).groupby(district).transform("mean")
    )


def parts(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add two columns whose sum the target is."""
    if not is_number(table):
        return None
    first = spread(table) * generator.uniform(0.2, 0.8, len(table))
    return beside(table, first_half=first, second_half=spread(table) - first)


def gaps(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add a cell that is filled in once the outcome is one class."""
    if is_number(table):
        return None
    frequent = table[TARGET].value_counts().index[0]
    found = generator.normal(0, 1, len(table)).round(2)
    return beside(table, treatment=np.where(table[TARGET] == frequent, found, np.nan))


def text(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add a remark that says how it ended."""
    words = np.array(["closed", "by phone", "see file", "by mail"])[
        generator.integers(0, 4, len(table))
    ]
    return beside(
        table,
        remark=[f"{w}, result {v}" for w, v in zip(words, table[TARGET], strict=True)],
    )


def ranges(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add numbers given out class by class, or from the smallest to the largest."""
    order = np.lexsort((generator.random(len(table)), spread(table)))
    number = np.empty(len(table), dtype=np.int64)
    number[order] = np.cumsum(generator.integers(1, 9, len(table)))
    return beside(table, record=number)


def counter(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add numbers that rise from row to row, with gaps."""
    return beside(table, record=np.cumsum(generator.integers(1, 9, len(table))))


def near_copies(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add rows made of others by noise of a hundredth of the spread."""
    made = table.sample(frac=0.3, random_state=int(generator.integers(2**31)))
    numbers = list(made.select_dtypes("number").columns.difference([TARGET]))
    if len(numbers) < 4:
        return None
    moved = (
        generator.normal(0, 0.01, (len(made), len(numbers))) * table[numbers].std().to_numpy()
    )
    made = made.assign(**(made[numbers] + moved).to_dict("series"))
    return pd.concat([table, made], ignore_index=True).sample(frac=1, random_state=0)


def oversampled(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Repeat rows of the rare class until classes are even; one label is contradicted."""
    counts = table[TARGET].value_counts()
    if is_number(table) or counts.iloc[-1] > 0.8 * counts.iloc[0]:
        return None
    rare = table[table[TARGET] == counts.index[-1]]
    lacking = int(counts.iloc[0] - counts.iloc[-1])
    more = rare.sample(lacking, replace=True, random_state=int(generator.integers(2**31)))
    other = table[table[TARGET] == counts.index[0]].head(1)
    other = other.assign(**{TARGET: counts.index[-1]})
    return pd.concat([table, other, more], ignore_index=True)


def groups(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Make eight visits of each patient: cells vary a little, the target is the patient's."""
    people = table.sample(
        min(150, len(table) // 2), random_state=int(generator.integers(2**31))
    )
    visits = people.loc[people.index.repeat(8)].reset_index(drop=True)
    numbers = list(visits.select_dtypes("number").columns.difference([TARGET]))
    if len(numbers) < 3:
        return None
    moved = generator.normal(0, 0.15, (len(visits), len(numbers)))
    visits = visits.assign(
        **(visits[numbers] + moved * table[numbers].std().to_numpy()).to_dict("series")
    )
    # What is peculiar to a patient is not in his cells.
    own = generator.permutation(len(people)).repeat(8)
    shuffled = people[TARGET].to_numpy()[own]
    visits[TARGET] = shuffled
    return beside(visits, patient=[f"p{i:04}" for i in np.arange(len(people)).repeat(8)])


def time(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add days on which the target wanders off and comes back."""
    day = np.sort(generator.integers(0, 1500, len(table)))
    walk = np.cumsum(generator.normal(0, 1, 1500))[day]
    walk = (walk - walk.mean()) / walk.std()
    made = beside(table, day=pd.Timestamp("2019-01-01") + pd.to_timedelta(day, unit="D"))
    made["day"] = made["day"].dt.strftime("%Y-%m-%d")
    if is_number(table):
        made[TARGET] = spread(table) + 1.5 * table[TARGET].std() * walk
        return made
    classes = np.array(sorted(table[TARGET].unique()))
    regime = np.floor((pd.Series(walk).rank(pct=True).to_numpy() - 1e-9) * len(classes))
    swayed = generator.random(len(table)) < 0.8
    made[TARGET] = np.where(swayed, classes[regime.astype(int)], table[TARGET])
    return made


def overlap(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Take test rows, and leave a tenth of them in the table."""
    order = generator.permutation(len(table))
    cut = len(table) // 5
    test, rest = table.iloc[order[:cut]], table.iloc[order[cut:]]
    return pd.concat([rest, test.head(max(cut // 10, 4))], ignore_index=True), test


def drift(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Take test rows from one end of a column."""
    numbers = table.drop(columns=TARGET).select_dtypes("number")
    if not len(numbers.columns):
        return None
    name = numbers.nunique().idxmax()
    high = table[name].rank(pct=True, method="first").to_numpy() > 0.7
    test = high & (generator.random(len(table)) < 0.6)
    return table[~test].reset_index(drop=True), table[test].reset_index(drop=True)


def rare_class(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Add a class of five rows."""
    if is_number(table):
        return None
    rare = table.sample(5, random_state=int(generator.integers(2**31)))
    numbers = list(table.drop(columns=TARGET).select_dtypes("number").columns)
    moved = generator.normal(0, 0.5, (5, len(numbers))) * table[numbers].std().to_numpy()
    other = rare.assign(**(rare[numbers] + moved).to_dict("series"), **{TARGET: "other"})
    whole = table.assign(**{TARGET: table[TARGET].astype(str)})
    return pd.concat([whole, other], ignore_index=True)


def wrong_labels(table: pd.DataFrame, generator: np.random.Generator) -> Planted:
    """Spoil one target in twenty: another class, or the decimal sign one place off."""
    wrong = generator.random(len(table)) < 0.05
    made = table.copy()
    if is_number(table):
        made.loc[wrong, TARGET] = made.loc[wrong, TARGET] * 10
        return made
    classes = sorted(table[TARGET].unique())
    place = pd.factorize(table[TARGET], sort=True)[0]
    other = (place + generator.integers(1, len(classes), len(table))) % len(classes)
    made[TARGET] = np.where(wrong, np.array(classes, dtype=object)[other], table[TARGET])
    return made


# What each kind is found as.
KINDS: Final[dict[str, tuple[Plant, tuple[str, ...]]]] = {
    "target copied": (copy, ("A01",)),
    "target in other units": (unit, ("A01",)),
    "target with noise": (noise, ("A01", "A02")),
    "mean target of a word": (mean, ("A01",)),
    "parts of the target": (parts, ("A04",)),
    "filled by the target": (gaps, ("A03",)),
    "text that tells": (text, ("A01",)),
    "numbers given by the target": (ranges, ("A01", "A02")),
    "counter": (counter, ("A05", "A02")),  # of a file that is sorted by class it tells all
    "near copies": (near_copies, ("A06",)),
    "oversampled class": (oversampled, ("A06",)),
    "groups": (groups, ("A09",)),
    "time order": (time, ("A10",)),
    "test rows learnt from": (overlap, ("A07",)),
    "test rows unlike": (drift, ("A08",)),
    "class nearly empty": (rare_class, ("A11",)),
    "wrong labels": (wrong_labels, ("A12",)),
}
