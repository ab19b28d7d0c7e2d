"""All checks of pictures: copies, classes, and what gives a class away beside the picture.

Shape letters in this file:
    N  pictures    T  pixels of a thumbnail    B  pixels of its border
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp, rankdata

from tenfold.checks.column_readings import (
    FEWEST,
    Reading,
    explained_alone,
    explained_by_neighbours,
)
from tenfold.checks.drift import check_overlap
from tenfold.checks.finding import Finding, in_order
from tenfold.checks.rare_classes import check_classes, check_labels
from tenfold.checks.related_pictures import check_related
from tenfold.config import Task
from tenfold.data.pictures.decode import THUMB_SIDE
from tenfold.data.pictures.near_copies import copy_sets, sets_of_several
from tenfold.data.pictures.picture_schema import PictureSchema, read_targets
from tenfold.data.pictures.pictures import Pictures

GIVEN_AWAY: Final = 0.8  # of the guess's mistakes, avoided by one figure of a picture
FAR: Final = 0.5  # of the deviation of all numbers, between two of equal pictures
MIXED: Final = 0.005  # of the pictures, equal to one of another class
MOVED: Final = 0.5  # distance between two distributions
SURE: Final = 1e-6
SHOWN: Final = 3

OF_ALIKE: Final[Mapping[Task, str]] = {
    "classification": " of their class",
    "multilabel": " with their labels",
    "regression": " with a similar number",
}


def check_pictures(
    pictures: Pictures,
    schema: PictureSchema,
    test: Pictures | None,
    *,
    keep_copies: bool = False,
) -> tuple[Finding, ...]:
    """Return what makes a score on pictures a lie, or may.

    Parameters
    ----------
    pictures : Pictures
        Labelled.
    schema : PictureSchema
    test : Pictures, optional
        Test pictures.
    keep_copies : bool
        Whether the user wants copies as they are.
    """
    target, task = read_targets(pictures, schema), schema.task
    figures = figures_of(pictures)
    if task == "multilabel":
        found = _check_labels(figures, target.astype(np.int64), schema.classes)
        # From here on pictures are of one class if they have the same labels.
        target = np.unique(target, axis=0, return_inverse=True)[1].reshape(-1)
    else:
        found = [*_check_figures(figures, target, task)]
    classes = target.astype(np.int64) if schema.classes else _tenths(target)
    if task == "classification":
        found += check_classes(classes, schema.classes, "images")
    told = not keep_copies or test is not None
    thumbs = [part.thumbs for part in (pictures, test) if part is not None]
    sets = copy_sets(np.concatenate(thumbs)) if told else np.arange(len(pictures))
    own, asked = sets[: len(pictures)], sets[len(pictures) :]
    if pictures.groups is None and (schema.classes or schema.column):
        found += check_related(pictures, classes, own, OF_ALIKE[task])
    if told:
        found += _check_mixed(pictures, target, own, None if schema.classes else FAR)
        if test is not None:
            usual = float((np.bincount(own)[own] > 1).mean())
            shared = int(np.isin(asked, own).sum())
            found += check_overlap(shared, usual, len(test), "images")
    if test is not None:
        found += _check_test(figures, test)
    return in_order(found)


def _tenths(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Return in which tenth each number lies: pictures of one number look alike anyway."""
    tenths: NDArray[np.int64] = (10 * (rankdata(numbers) - 0.5) // len(numbers)).astype(int)
    return tenths


def _check_labels(
    figures: Sequence[Reading], target_NL: NDArray[np.int64], labels: Sequence[str]
) -> list[Finding]:
    """Return what gives a label away beside what pictures show: A13, the label named."""
    found = []
    for label, own in zip(labels, target_NL.T, strict=True):
        for finding in _check_figures(figures, own, "classification"):
            fact = finding.fact.replace("the class", f"the label {label!r}")
            found.append(replace(finding, fact=fact))
    return [*found[:SHOWN], *check_labels(target_NL, labels, "images")]


def figures_of(pictures: Pictures) -> list[Reading]:
    """Return what can be said of a picture without seeing what it shows."""
    width, height = np.maximum(pictures.extents.T, 1).astype(np.float64)
    thumbs_NT = pictures.thumbs.astype(np.float64)
    square = thumbs_NT.reshape(-1, THUMB_SIDE, THUMB_SIDE)
    border_NB = np.concatenate(
        [square[:, 0], square[:, -1], square[:, :, 0], square[:, :, -1]], axis=1
    )
    formats = np.unique(np.array(pictures.formats), return_inverse=True)[1]
    figures = {
        "file format": formats,
        "width": width,
        "height": height,
        "aspect ratio": width / height,
        "brightness": thumbs_NT.mean(axis=1),
        "contrast": thumbs_NT.std(axis=1),
        "brightness of the border": border_NB.mean(axis=1),
    }
    return [
        Reading(name=name, values=values.astype(np.float64), categorical=name == "file format")
        for name, values in figures.items()
    ]


def _check_figures(
    figures: Sequence[Reading], target: NDArray[np.float64] | NDArray[np.int64], task: Task
) -> Iterator[Finding]:
    """Yield what gives the target away beside what pictures show: A13."""
    if len(target) < FEWEST or len(np.unique(target)) < 2:
        return
    given: list[tuple[float, str]] = []
    for figure in figures:
        share = max(
            explained_alone(figure, target, task),
            explained_by_neighbours(figure, target, task),
        )
        if share >= GIVEN_AWAY:
            given.append((share, figure.name))
    if given:
        shown = ", ".join(f"{name} ({100 * share:.0f} %)" for share, name in given)
        what, whole, spared = "class", "images of all classes", "baseline mistakes avoided"
        if task == "regression":
            what, whole, spared = "number", "all images", "variance explained"
        yield Finding(
            code="A13",
            severity="warning",
            fact=f"the {given[0][1]} alone gives the {what} away",
            place={spared: shown},
            fix=(
                f"collect {whole} from the same source, saved in the same way",
                "keep them as they are, if new images will differ in the same way",
            ),
        )


def _check_mixed(
    pictures: Pictures,
    target: NDArray[np.float64] | NDArray[np.int64],
    sets: NDArray[np.int64],
    far: float | None,
) -> Iterator[Finding]:
    """Yield equal pictures of several classes, or with numbers this far apart: A12."""
    least = 0.0 if far is None else far * float(np.std(target))
    mixed = [one for one in sets_of_several(sets) if np.ptp(target[one]) > least]
    other = "of another class" if far is None else "with quite another number"
    if not mixed:
        return
    count = sum(map(len, mixed))
    shown = []
    for members in mixed[:SHOWN]:
        names = np.unique(target[members], return_index=True)[1]
        shown.append(" = ".join(pictures.files[i] for i in members[names][:2]))
    yield Finding(
        code="A12",
        severity="warning" if count > MIXED * len(pictures) else "info",
        fact=f"{count:,} images are duplicates or near duplicates of one {other}",
        place={"examples": "; ".join(shown)},
        fix=("keep each only in its correct class" if far is None else "keep the right one",),
    )


def _check_test(figures: Sequence[Reading], test: Pictures) -> Iterator[Finding]:
    """Yield whether test pictures differ in more than what they show: A08."""
    if min(len(figures[0].values), len(test)) < FEWEST:
        return
    moved = []
    for one, other in zip(figures[1:], figures_of(test)[1:], strict=True):
        found = ks_2samp(one.values, other.values)
        if found.statistic >= MOVED and found.pvalue < SURE:
            moved.append(f"{one.name} ({found.statistic:.2f} of 1)")
    if moved:
        yield Finding(
            code="A08",
            severity="warning",
            fact="test images can be distinguished from the others without looking at their "
            "content",
            place={"distance": ", ".join(moved)},
            fix=(
                (
                    "choose test images at random, if new images will be like all of these: "
                    "--test-size 0.2"
                ),
                "keep them, if new images will be like the test images",
            ),
        )
