"""What a network for pictures has to know of them: what they show, and their frame.

Shape letters in this file:
    N  pictures    L  labels
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.pictures import Pictures
from tenfold.errors import PredictError, SchemaError

TARGET: Final = "class"
LABELS: Final = "labels"
NUMBER: Final = "number"
SHOWN: Final = 5  # classes that an error names


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureSchema:
    """What pictures are labelled with, and how a picture becomes a square.

    Attributes
    ----------
    classes : tuple of str
        Sorted; empty if a number is predicted. Where a picture may have several of them, they
        are called labels.
    framing : Framing
    target : str
        What is predicted.
    column : str
        Where a CSV held the labels; empty for folders and arrays.
    thresholds : tuple of L float
        Of labels of which a picture may have several: the probability from which on each is
        predicted. Empty otherwise.
    """

    classes: tuple[str, ...]
    framing: Framing
    target: str = TARGET
    column: str = ""
    thresholds: tuple[float, ...] = ()

    @property
    def task(self) -> Task:
        """Pictures are told apart by class, given a number, or several labels."""
        if self.thresholds:
            return "multilabel"
        return "classification" if self.classes else "regression"

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as a JSON object; ``from_dict`` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "PictureSchema":
        """Make a schema from what ``to_dict`` returned, unknown keys left out."""
        framing = data["framing"]
        return cls(
            classes=tuple(map(str, data["classes"])),
            framing=Framing(
                size=int(framing["size"]),
                crop=float(framing["crop"]),
                white=None if framing.get("white") is None else float(framing["white"]),
                deep_white=None
                if framing.get("deep_white") is None
                else int(framing["deep_white"]),
                black=float(framing.get("black", 0.0)),
                deep_black=float(framing.get("deep_black", 0.0)),
                settled=bool(framing.get("settled", True)),
            ),
            target=str(data["target"]),
            column=str(data.get("column", "")),  # files of before do not say
            thresholds=tuple(map(float, data.get("thresholds", ()))),
        )


def infer_picture_schema(pictures: Pictures) -> PictureSchema:
    """Return the classes of labelled pictures, sorted as text; none where they are numbers.

    Raises
    ------
    SchemaError
        S06 or S07, if all are labelled alike, or each is of its own class.
    """
    if (numbers := numbers_of(pictures)) is not None:
        return _with_numbers(pictures, numbers)
    if (sets := label_sets_of(pictures)) is not None:
        return _with_sets(pictures, sets)
    labels = () if pictures.labels is None else pictures.labels
    count = Counter(map(str, labels))
    classes = tuple(sorted(count))
    if len(classes) < 2:
        found = (
            f"every image is of the class {classes[0]!r}" if classes else "no image has a class"
        )
        raise SchemaError(
            "S06",
            f"{found}: there is nothing to classify",
            place={"images": pictures.source},
            fix=[
                "name the column that holds classes: --target NAME"
                if pictures.column
                else "make a folder for each class, and name the folder that contains them"
            ],
        )
    if max(count.values()) == 1:
        raise SchemaError(
            "S07",
            f"each of the {len(classes):,} classes has a single image",
            place={"images": pictures.source, "classes": ", ".join(classes[:SHOWN])},
            fix=[
                "name the column that holds classes: --target NAME",
                "predict a number: --task regression",
                "predict several labels an image: --task multilabel",
            ],
        )
    return PictureSchema(classes=classes, framing=pictures.framing, column=pictures.column)


def numbers_of(pictures: Pictures) -> NDArray[np.float64] | None:
    """Return the numbers that pictures are labelled with; None for classes or nothing."""
    labels = pictures.labels
    return labels if labels is not None and labels.dtype == np.float64 else None


def label_sets_of(pictures: Pictures) -> NDArray[Any] | None:
    """Return the labels of each picture, where one may have several; None otherwise."""
    labels = pictures.labels
    if labels is None or labels.dtype != object or not len(labels):
        return None
    return labels if isinstance(labels[0], frozenset) else None


def classes_of(pictures: Pictures) -> NDArray[Any] | None:
    """Return the only class of each picture; None for numbers, several labels or nothing."""
    if numbers_of(pictures) is not None or label_sets_of(pictures) is not None:
        return None
    return pictures.labels


def task_of(pictures: Pictures) -> Task:
    """Return what labelled pictures ask for."""
    if label_sets_of(pictures) is not None:
        return "multilabel"
    return "classification" if numbers_of(pictures) is None else "regression"


def _with_numbers(pictures: Pictures, numbers: NDArray[np.float64]) -> PictureSchema:
    if len(np.unique(numbers)) < 2:
        fact = f"every image has {numbers[0]:g}" if len(numbers) else "there is no image"
        raise SchemaError(
            "S06",
            f"{fact}: there is nothing to predict",
            place={"images": pictures.source},
            fix=["choose another column: --target NAME"],
        )
    column, framing = pictures.column, pictures.framing
    return PictureSchema(classes=(), framing=framing, target=column or NUMBER, column=column)


def _with_sets(pictures: Pictures, sets: NDArray[Any]) -> PictureSchema:
    classes = tuple(sorted(frozenset[str]().union(*sets)))
    if len(set(sets)) < 2:
        raise SchemaError(
            "S06",
            "every image has the same labels: there is nothing to predict",
            place={"images": pictures.source, "labels": ", ".join(classes) or "none"},
            fix=["choose other columns: --target NAME,NAME"],
        )
    return PictureSchema(
        classes=classes,
        framing=pictures.framing,
        target=pictures.column or LABELS,
        column=pictures.column,
        thresholds=(0.5,) * len(classes),
    )


def encode_pictures(pictures: Pictures, schema: PictureSchema) -> Encoded:
    """Return pictures as rows without columns: targets, weights of 1, and groups.

    A class that the schema does not know becomes -1, and where it knows none a label that is
    no number NaN. Where a picture may have several labels, each is 0 or 1, shape (N, L); of a
    picture with a label that the schema does not know all are -1.
    """
    if schema.task == "multilabel":
        marks = np.array(
            [_marks(one, schema.classes) for one in _given_sets(pictures)], dtype=np.int64
        ).reshape(len(pictures), len(schema.classes))
        return Encoded.of_numbers(np.zeros((len(pictures), 0)), marks, pictures.groups)
    if not schema.classes:
        found = numbers_of(pictures)
        target = np.full(len(pictures), np.nan) if found is None else found
        return Encoded.of_numbers(np.zeros((len(pictures), 0)), target, pictures.groups)
    place = {name: i for i, name in enumerate(schema.classes)}
    labels = [] if pictures.labels is None else pictures.labels.tolist()
    target = np.array([place.get(str(label), -1) for label in labels], dtype=np.int64)
    return Encoded.of_numbers(np.zeros((len(pictures), 0)), target, groups=pictures.groups)


def _given_sets(pictures: Pictures) -> list[frozenset[str]]:
    """Return the labels of each picture; a class is the only label of its picture."""
    labels = [] if pictures.labels is None else pictures.labels.tolist()
    return [one if isinstance(one, frozenset) else frozenset((str(one),)) for one in labels]


def _marks(labels: frozenset[str], classes: tuple[str, ...]) -> list[int]:
    """Return 1 for each class that is among labels, 0 for others; -1 if one is no class."""
    if not labels <= frozenset(classes):
        return [-1] * len(classes)
    return [int(name in labels) for name in classes]


def read_targets(
    pictures: Pictures, schema: PictureSchema
) -> NDArray[np.int64] | NDArray[np.float64]:
    """Return the class number of each labelled picture, or its number, shape (N,).

    Where a picture may have several labels, each is 0 or 1, shape (N, L).

    Raises
    ------
    PredictError
        P03 or P04, if there are no pictures, or some are of classes never learnt.
    """
    place = {"images": pictures.source}
    if pictures.labels is None or len(pictures) == 0:
        fact, fix = "no image has a class", ["put the images into one folder per class"]
        if not schema.classes:
            fact, fix = "no image has a number", ["list files and numbers in a CSV"]
        raise PredictError("P03", fact, place=place, fix=fix)
    target = encode_pictures(pictures, schema).target
    if not schema.classes:
        return np.asarray(target, dtype=np.float64)
    classes = target.astype(np.int64)
    unlike = (classes < 0).reshape(len(classes), -1).any(axis=1)
    if unlike.any():
        given = frozenset[str]().union(*_given_sets(pictures))
        unknown = sorted(given - set(schema.classes))
        raise PredictError(
            "P04",
            f"{unlike.sum():,} images are of classes that were not in the training data",
            place=place | {"classes": ", ".join(map(repr, unknown[:10]))},
            fix=[f"the classes are {', '.join(map(repr, schema.classes[:20]))}"],
        )
    return classes
