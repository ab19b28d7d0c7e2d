"""What a network for pictures has to know of them: their classes, if any, and their frame."""

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
NUMBER: Final = "number"
SHOWN: Final = 5  # classes that an error names


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureSchema:
    """The classes of pictures, and how a picture becomes a square.

    Attributes
    ----------
    classes : tuple of str
        Sorted; empty if a number is predicted.
    framing : Framing
    target : str
        What is predicted.
    column : str
        Where a CSV held the labels; empty for folders and arrays.
    """

    classes: tuple[str, ...]
    framing: Framing
    target: str = TARGET
    column: str = ""

    @property
    def task(self) -> Task:
        """Pictures are told apart by class, or given a number."""
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
        )


def infer_picture_schema(pictures: Pictures) -> PictureSchema:
    """Return the classes of labelled pictures, sorted as text; none where they are numbers.

    Raises
    ------
    SchemaError
        S06 or S07, if all have one label, or each is of its own class.
    """
    if (numbers := numbers_of(pictures)) is not None:
        return _with_numbers(pictures, numbers)
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
            fix=["make a folder for each class, and name the folder that contains them"],
        )
    if max(count.values()) == 1:
        raise SchemaError(
            "S07",
            f"each of the {len(classes):,} classes has a single image",
            place={"images": pictures.source, "classes": ", ".join(classes[:SHOWN])},
            fix=[
                "name the column that holds classes: --target NAME",
                "predict a number: --task regression",
            ],
        )
    return PictureSchema(classes=classes, framing=pictures.framing, column=pictures.column)


def numbers_of(pictures: Pictures) -> NDArray[np.float64] | None:
    """Return the numbers that pictures are labelled with; None for classes or nothing."""
    labels = pictures.labels
    return labels if labels is not None and labels.dtype == np.float64 else None


def classes_of(pictures: Pictures) -> NDArray[Any] | None:
    """Return the classes that pictures are labelled with; None for numbers or nothing."""
    return None if numbers_of(pictures) is not None else pictures.labels


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


def encode_pictures(pictures: Pictures, schema: PictureSchema) -> Encoded:
    """Return pictures as rows without columns: targets, weights of 1, and groups.

    A class that the schema does not know becomes -1, and where it knows none a label that is
    no number NaN.
    """
    if not schema.classes:
        found = numbers_of(pictures)
        target = np.full(len(pictures), np.nan) if found is None else found
        return Encoded.of_numbers(np.zeros((len(pictures), 0)), target, pictures.groups)
    place = {name: i for i, name in enumerate(schema.classes)}
    labels = [] if pictures.labels is None else pictures.labels.tolist()
    target = np.array([place.get(str(label), -1) for label in labels], dtype=np.int64)
    return Encoded.of_numbers(np.zeros((len(pictures), 0)), target, groups=pictures.groups)


def read_targets(
    pictures: Pictures, schema: PictureSchema
) -> NDArray[np.int64] | NDArray[np.float64]:
    """Return the class number of each labelled picture, or its number, shape (N,).

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
    if (classes < 0).any():
        unknown = sorted(set(map(str, pictures.labels[classes < 0])))
        raise PredictError(
            "P04",
            f"{(classes < 0).sum():,} images are of classes that were not in the training data",
            place=place | {"classes": ", ".join(map(repr, unknown[:10]))},
            fix=[f"the classes are {', '.join(map(repr, schema.classes[:20]))}"],
        )
    return classes
