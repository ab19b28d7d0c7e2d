"""Groups of pictures that a user can name: of a label, or as bright or as rich in contrast."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tenfold.data.columns.groups import Group, by_category, by_range
from tenfold.data.pictures.picture_schema import NUMBER, label_sets_of, numbers_of
from tenfold.data.pictures.pictures import Pictures


def groups_of_pictures(pictures: Pictures) -> Iterator[Group]:
    """Yield groups of at least 30 pictures by their label, their brightness, their contrast."""
    if (numbers := numbers_of(pictures)) is not None:
        for group in by_range(pictures.column or NUMBER, numbers):
            yield replace(group, by_truth=True)
    elif (sets := label_sets_of(pictures)) is not None:
        for label in sorted(frozenset[str]().union(*sets)):
            member = np.array([label in one for one in sets])
            yield Group(column="label", value=label, member=member, by_truth=True)
    elif pictures.labels is not None:
        for group in by_category("class", pictures.labels):
            yield replace(group, by_truth=True)
    thumbs = pictures.thumbs.astype(np.float64)
    for name, numbers in (
        ("brightness", thumbs.mean(axis=1)),
        ("contrast", thumbs.std(axis=1)),
    ):
        yield from by_range(f"{name} (0 to 255)", numbers)
