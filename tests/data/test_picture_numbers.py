"""Pictures that are labelled with numbers: when they are, and how these are read."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.config import Task
from tenfold.data.pictures.found import Listing
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.listing import list_labelled
from tenfold.data.pictures.picture_schema import infer_picture_schema
from tenfold.data.pictures.pictures import Pictures, pictures_of
from tenfold.data.pictures.split_pictures import hold_out_pictures, tell_copies
from tenfold.errors import InputError, PredictError, SchemaError
from tenfold.kinds.registry import IMAGES
from tenfold.read_options import PictureOptions
from tenfold.seeds import Streams
from tests.engine_pictures import stripes

AUTO: Final = PictureOptions()
SMALL: Final = Framing(size=24)


def listed(
    home: Path, cells: list[str], column: str = "age", task: Task | None = None
) -> Listing:
    lines = [f"file,{column}", *(f"{i}.png,{cell}" for i, cell in enumerate(cells))]
    path = home / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return list_labelled(path, AUTO, task)[0]


def said(listing: Listing) -> list[str]:
    return [f"{one.what} ({one.why}); {one.change_with}" for one in listing.decisions]


AGES: Final = [str(18 + 7 * i % 60) for i in range(40)]
OF_CLASSES: Final = [str(i % 43) for i in range(430)]


@pytest.mark.parametrize(
    ("cells", "column", "task", "numbers"),
    [
        (["0.5", "1.25", "3"] * 4, "price", None, True),
        (AGES, "age", None, True),
        (["€1.2k", "€3.4k", "€900"] * 4, "price", None, True),
        # Numbers of classes: few, named so, or with leading zeros.
        (["3", "8"] * 20, "digit", None, False),
        ([str(i % 10) for i in range(200)], "what", None, False),
        (OF_CLASSES, "ClassId", None, False),
        (OF_CLASSES, "class_id", None, False),
        ([f"{i % 43:05}" for i in range(430)], "sign", None, False),
        (["cat", "dog"] * 6, "age", None, False),
        # As asked for.
        (OF_CLASSES, "ClassId", "regression", True),
        (["3", "8"] * 20, "digit", "regression", True),
        (AGES, "age", "classification", False),
    ],
)
def test_what_labels_look_like_decides_unless_a_task_is_named(
    cells: list[str], column: str, task: Task | None, numbers: bool, tmp_path: Path
) -> None:
    listing = listed(tmp_path, cells, column, task)
    assert (listing.labels is not None and isinstance(listing.labels[0], float)) is numbers
    if numbers and task is None:
        assert any(one.endswith("; --task classification") for one in said(listing))


def test_numbers_are_read_as_in_tables(tmp_path: Path) -> None:
    prices = [f"${100 * i}" for i in range(1, 60)]
    cells = ["$3.5k", "", "n/a", *prices, "what"]
    listing = listed(tmp_path, cells, "price")
    assert listing.labels == (3500.0, *(100.0 * i for i in range(1, 60)))
    assert len(listing.unlabelled) == 2
    assert {one.reason for one in listing.rejected} == {"its label 'what' is not a number"}
    assert listing.column == "price"


def test_words_are_refused_where_numbers_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        listed(tmp_path, ["cat", "dog"] * 6, task="regression")
    assert caught.value.code == "S02"
    for name in ("old/1.png", "young/2.png", "new/3.png"):
        (tmp_path / "f" / name).parent.mkdir(parents=True)
        (tmp_path / "f" / name).touch()
    with pytest.raises(SchemaError, match="S02: the labels of 3 images are not numbers"):
        list_labelled(tmp_path / "f", AUTO, "regression")


def test_folders_are_classes_unless_numbers_are_asked_for(tmp_path: Path) -> None:
    for name in ("18/a.png", "21.5/b.png", "18/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert not isinstance((list_labelled(tmp_path, AUTO)[0].labels or ())[0], float)
    listing, _ = list_labelled(tmp_path, AUTO, "regression")
    assert dict(zip(listing.names, listing.labels or (), strict=True)) == {
        "18/a.png": 18.0, "18/c.png": 18.0, "21.5/b.png": 21.5,
    }  # fmt: skip


def numbered(numbers: Any) -> Pictures:
    pixels, _ = stripes(len(numbers), side=24)
    return pictures_of(pixels, np.array(numbers, dtype=np.float64), SMALL, AUTO)


def test_a_schema_without_classes_predicts_a_number() -> None:
    pictures = numbered([1.0, 2.5, 4.0])
    schema = infer_picture_schema(pictures)
    assert (schema.classes, schema.task, schema.target) == ((), "regression", "number")
    assert type(schema).from_dict(schema.to_dict()) == schema
    targets, weights = IMAGES.truth(pictures, schema)
    assert targets.tolist() == [1.0, 2.5, 4.0]
    assert weights.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(SchemaError, match="S06: every image has 3"):
        infer_picture_schema(numbered([3.0, 3.0]))
    with pytest.raises(PredictError, match="P03: no image has a number"):
        IMAGES.truth(pictures_of(pictures.cache, None, SMALL, AUTO), schema)


@given(st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=30, unique=True))
def test_test_images_are_drawn_whatever_their_numbers(numbers: list[float]) -> None:
    from tenfold.config import SplitOptions  # noqa: PLC0415

    pictures = numbered(numbers)
    rest, test, (decision,) = hold_out_pictures(
        pictures, None, SplitOptions(test_size=0.25), Streams(0)
    )
    assert test is not None
    assert len(rest) + len(test) == len(numbers)
    kept = [] if rest.labels is None or test.labels is None else [*rest.labels, *test.labels]
    assert sorted(kept) == sorted(numbers)
    assert "of each class" not in decision.why


def test_copies_with_other_numbers_are_not_called_classes() -> None:
    pixels, _ = stripes(4, side=24)
    twice = np.concatenate([pixels, pixels])
    pictures = pictures_of(twice, np.arange(8.0), SMALL, AUTO)
    (told,) = tell_copies(pictures, np.arange(8) % 4)
    assert "classes" not in told.what


def test_equal_images_with_quite_other_numbers_are_told() -> None:
    from tenfold.checks.picture_checks import check_pictures  # noqa: PLC0415

    pixels = np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3), dtype=np.uint8)
    twice = np.concatenate([pixels, pixels[:5]])
    numbers = np.arange(40.0)

    def found(of_copies: Any) -> list[str]:
        labels = np.concatenate([numbers, of_copies])
        pictures = pictures_of(twice, labels, SMALL, AUTO)
        schema = infer_picture_schema(pictures)
        return [f.fact for f in check_pictures(pictures, schema, None) if f.code == "A12"]

    assert found(numbers[:5] + 0.5) == []
    (fact,) = found(numbers[:5] + 30)
    assert (
        fact == "10 images are duplicates or near duplicates of one with quite another number"
    )


def test_labels_are_those_of_the_column_of_training(tmp_path: Path) -> None:
    """Whatever column is the last one, or is called label, in what is read later."""
    path = tmp_path / "list.csv"
    path.write_text("file,age,label\n1.png,31.5,2\n2.png,40,3\n", encoding="utf-8")
    assert list_labelled(path, AUTO, "regression")[0].labels == (2.0, 3.0)
    assert list_labelled(path, AUTO, "regression", "age")[0].labels == (31.5, 40.0)
    assert list_labelled(path, AUTO, "regression", "price")[0].column == "label"
    named = PictureOptions(target="label")
    assert list_labelled(path, named, "regression", "age")[0].labels == (2.0, 3.0)
