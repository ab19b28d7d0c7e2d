"""Lists of pictures with several labels: how these are told, read, and asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tenfold.config import Task
from tenfold.data.pictures.found import Listing
from tenfold.data.pictures.label_lists import find_separator, labels_in
from tenfold.data.pictures.listing import list_labelled
from tenfold.errors import PictureError, SchemaError, UsageError
from tenfold.read_options import PictureOptions

Cells = dict[str, list[Any]]


def listed(
    home: Path, columns: Cells, task: Task | None = None, target: str | None = None
) -> Listing:
    """Return what a CSV of pictures lists."""
    count = len(next(iter(columns.values())))
    for at in range(count):
        Image.new("L", (8, 8), at).save(home / f"{at}.png")
    names = [f"{at}.png" for at in range(count)]
    pd.DataFrame({"file": names, **columns}).to_csv(home / "list.csv", index=False)
    return list_labelled(home / "list.csv", PictureOptions(target=target), task)[0]


def sets(found: Listing) -> list[list[str]]:
    """Return the labels of each picture, sorted."""
    assert found.labels is not None
    assert all(isinstance(one, frozenset) for one in found.labels)
    return [sorted(one) for one in found.labels if isinstance(one, frozenset)]


SEA = [["sea", "ship"], ["sea"], ["ship"], ["sea", "ship", "sun"], ["sun"]]
LISTS: dict[str, list[str]] = {
    "bars": ["sea|ship", "sea", "ship", "sea | ship | sun", "sun"],
    "semicolons": ["sea; ship", "sea", "ship", "sun;ship;sea", "sun"],
    "commas": ["sea,ship", "sea", "ship", "sea, ship, sun", "sun"],
    "python": ["['sea', 'ship']", "['sea']", "['ship']", "['sea', 'ship', 'sun']", "['sun']"],
    "json": ['["sea", "ship"]', '["sea"]', '["ship"]', '["sun", "sea", "ship"]', '["sun"]'],
    "twice": ["sea|ship|sea", "sea|", "|ship", "sea|ship|sun", "sun"],
}


@pytest.mark.parametrize("cells", LISTS.values(), ids=LISTS)
def test_lists_are_told_from_classes(cells: list[str], tmp_path: Path) -> None:
    found = listed(tmp_path, {"seen": cells})
    assert sets(found) == SEA
    (told,) = (one for one in found.decisions if "several labels" in one.what)
    assert told.change_with == "--task classification"
    assert "3 labels occur in 5 combinations" in told.why


WRITTEN: dict[str, list[str]] = {
    "commas in names": ['["disc, round", "b"]', '["b"]', "[]"],
    "quotes in names": ['["disc, round", "b"]', "['b']", "()"],
    "without quotes": ["[disc round, b]", "[b]", "[]"],
    "truth": ['{"disc, round": 1, "b": true}', '{"b": 1, "disc, round": 0}', "{}"],
    "lone words beside lists": ['["disc, round", "b"]', "b", "[]", "[]"],
}


@pytest.mark.parametrize("cells", WRITTEN.values(), ids=WRITTEN)
def test_lists_of_python_and_json_are_read_as_these_write_them(
    cells: list[str], tmp_path: Path
) -> None:
    first, second, *none = sets(listed(tmp_path, {"seen": cells}))
    assert first == ["b", "disc round" if "disc round" in cells[0] else "disc, round"]
    assert second == ["b"]
    assert not any(none)


@pytest.mark.parametrize("bad", ['["circle", "squ', '[["a"]]', '{"a": "much"}', "['a' 'b"])
def test_a_list_with_a_fault_is_refused_with_its_line(bad: str, tmp_path: Path) -> None:
    cells = ['["a", "b"]', '["b"]', '["a"]', bad]
    with pytest.raises(SchemaError, match=r"S05: a cell of column 'seen'") as refused:
        listed(tmp_path, {"seen": cells})
    assert refused.value.place["line"].startswith("5 (")


def test_words_in_brackets_are_classes(tmp_path: Path) -> None:
    cells = ["(unknown)", "[cat]", "(dog)", "hen"] * 2
    assert listed(tmp_path, {"seen": cells}).labels == tuple(cells)


def test_a_column_of_yes_and_no_is_one_label_where_labels_are_asked_for(tmp_path: Path) -> None:
    columns: Cells = {"a": [1, 0, 1], "b": [0, 1, 1]}
    assert sets(listed(tmp_path, columns, "multilabel", "a")) == [["a"], [], ["a"]]
    assert sets(listed(tmp_path, columns, target="a,a , b")) == [["a"], ["b"], ["a", "b"]]


def test_a_column_that_tells_parts_apart_is_not_the_label(tmp_path: Path) -> None:
    columns: Cells = {"seen": ["x", "y", "x"], "split": ["train", "test", "train"]}
    assert listed(tmp_path, columns).labels == ("x", "y", "x")


def test_a_list_without_a_label_of_training_is_refused(tmp_path: Path) -> None:
    """Or pictures that have it would be scored as if they had not."""
    listed(tmp_path, {"a": [1, 0], "b": [1, 1]})
    with pytest.raises(SchemaError, match=r"S01: the list has no column for 'c', but"):
        list_labelled(tmp_path / "list.csv", PictureOptions(), "multilabel", "a,b,c")


CLASSES: dict[str, list[str]] = {
    "names with commas": ["tench, Tinca tinca", "goldfish, Carassius auratus", "hen"],
    "people": ["Doe, John", "Doe, Anna", "Poe, John", "Poe, Anna"],
    "a tree of kinds": ["animal|cat", "animal|dog", "plant|rose", "plant", "stone"],
    "paths of words": ["cat/black", "cat/white", "dog/black", "dog/white", "cat", "dog"],
    "blanks": ["red apple", "green apple", "red pear", "green pear", "red", "green"],
}


@pytest.mark.parametrize("cells", CLASSES.values(), ids=CLASSES)
def test_classes_whose_names_look_like_lists_stay_classes(
    cells: list[str], tmp_path: Path
) -> None:
    assert listed(tmp_path, {"seen": cells * 2}).labels == tuple(cells * 2)


def test_amounts_with_commas_are_numbers(tmp_path: Path) -> None:
    cells = [f"{thousand},{rest:03}" for thousand in range(1, 5) for rest in range(0, 900, 60)]
    labels = listed(tmp_path, {"price": cells}).labels
    assert labels is not None
    assert labels[:2] == (1000.0, 1060.0)


def test_what_is_asked_for_decides(tmp_path: Path) -> None:
    cells = LISTS["bars"]
    assert listed(tmp_path, {"seen": cells}, "classification").labels == tuple(cells)
    words = ["clear primary", "haze primary road", "clear", "haze"]
    assert listed(tmp_path, {"tags": words}).labels == tuple(words)
    found = listed(tmp_path, {"tags": words}, "multilabel")
    assert sets(found)[1] == ["haze", "primary", "road"]
    assert "separated by blanks" in " ".join(one.what for one in found.decisions)


def test_columns_of_yes_and_no_are_labels(tmp_path: Path) -> None:
    columns: Cells = {
        "is_train": [1, 1, 0, 0],
        "sea": [1, 0, 1, 0],
        "ship": ["yes", "no", "yes", "no"],
        "sun": [True, True, False, False],
    }
    found = listed(tmp_path, columns)
    assert sets(found) == [["sea", "ship", "sun"], ["sun"], ["sea", "ship"], []]
    assert found.column == "sea,ship,sun"
    assert any("not used: 'is_train'" in one.what for one in found.decisions)


def test_columns_of_which_one_is_always_true_are_classes(tmp_path: Path) -> None:
    columns: Cells = {"cat": [1, 0, 0], "dog": [0, 1, 1]}
    found = listed(tmp_path, columns)
    assert found.labels == ("cat", "dog", "dog")
    assert sets(listed(tmp_path, columns, "multilabel")) == [["cat"], ["dog"], ["dog"]]


def test_a_column_of_yes_and_no_beside_others_is_one_class(tmp_path: Path) -> None:
    """Several are labels only where the last column is one of them, and none is called so."""
    assert listed(tmp_path, {"a": [1, 0], "b": [0, 0], "who": ["x", "y"]}).labels == ("x", "y")
    assert listed(tmp_path, {"label": ["x", "y"], "a": [1, 0], "b": [1, 1]}).labels == (
        "x",
        "y",
    )
    assert listed(tmp_path, {"who": ["x", "y"], "a": [1, 0]}).labels == ("1", "0")


def test_columns_are_named_with_commas(tmp_path: Path) -> None:
    columns: Cells = {"a": [1, 0, 1], "b": [0, 0, 1], "c": [1, 1, 1], "d, e": ["u", "v", "u"]}
    assert sets(listed(tmp_path, columns, target="a, b")) == [["a"], [], ["a", "b"]]
    assert listed(tmp_path, columns, target="d, e").labels == ("u", "v", "u")
    with pytest.raises(SchemaError, match="S01"):
        listed(tmp_path, columns, target="a,x")


def test_empty_cells_mean_no_where_no_cell_says_so(tmp_path: Path) -> None:
    ticked = listed(tmp_path, {"a": ["x", None, "x"], "b": [None, None, "x"]}, target="a,b")
    assert sets(ticked) == [["a"], [], ["a", "b"]]
    said = [one.what for one in ticked.decisions]
    assert "an empty cell means no: 'a', 'b'" in said
    unknown = listed(tmp_path, {"a": [1, None, 1, 0], "b": [0, 1, 1, 0]})
    assert sets(unknown) == [["a"], ["a", "b"], []]
    assert [one.file for one in unknown.unlabelled] == ["1.png"]
    assert "1 image is left out" in [one.what for one in unknown.decisions]


def test_columns_that_say_neither_yes_nor_no_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"S05: column 'b' is to say yes or no"):
        listed(tmp_path, {"a": [1, 0, 1], "b": ["no", "perhaps", "yes"]}, target="a,b")


def test_a_label_that_no_picture_has_is_told(tmp_path: Path) -> None:
    found = listed(tmp_path, {"a": [1, 0, 1], "b": [0, 0, 0], "c": [1, 0, 0]}, target="a,b,c")
    assert any(one.what == "never predicted: 'b'" for one in found.decisions)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_several_columns_are_refused_where_one_label_is_asked_for(
    task: Task, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="U02"):
        listed(tmp_path, {"a": [1, 0, 1], "b": [0, 0, 1]}, task, target="a,b")


def test_folders_have_one_class(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "0.png")
    with pytest.raises((UsageError, PictureError)):
        list_labelled(tmp_path, PictureOptions(), "multilabel")


def test_labels_stand_where_they_stood(tmp_path: Path) -> None:
    """A list that is evaluated has columns that the list of training had not."""
    columns: Cells = {"a": [1, 0], "b": [1, 1], "label": ["x", "y"]}
    listed(tmp_path, columns)
    source, options = tmp_path / "list.csv", PictureOptions()
    assert sets(list_labelled(source, options, "multilabel", "a,b")[0]) == [["a", "b"], ["b"]]


def test_parts_are_fewer_than_cells_or_they_are_names() -> None:
    rng = np.random.default_rng(0)
    names = [f"{first}, {last}" for first in "abcdef" for last in "uvwxyz"]
    assert find_separator(names) is None  # each of two parts, as names have them
    assert find_separator([name.replace(", ", "|") for name in names]) == "|"
    assert find_separator([f"{name}, {rng.integers(1e9)}" for name in names]) is None
    assert labels_in("a,,b", ",") == {"a", "b"}
