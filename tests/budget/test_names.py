"""The public names: changing them breaks somebody's program."""

from importlib.resources import files
from pathlib import Path

import pytest

import tenfold

NAMES = [
    "ImageClassifier",
    "Run",
    "TabularClassifier",
    "TabularRegressor",
    "TenfoldError",
    "__version__",
    "audit",
    "compare",
    "load",
    "train",
]


def test_the_public_names_are_these_and_no_others() -> None:
    assert tenfold.__all__ == NAMES
    assert dir(tenfold) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_and_explains_itself(name: str) -> None:
    found = getattr(tenfold, name)
    assert found.__doc__


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'tenfold' has no attribute 'fit'$"):
        tenfold.fit  # noqa: B018


def test_the_version_and_the_changelog_agree() -> None:
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = next(line for line in text.splitlines() if line.startswith("## "))
    assert newest.split()[1] == tenfold.__version__
    assert "### Changed numbers" in text


def test_the_package_says_that_it_is_typed() -> None:
    assert (files("tenfold") / "py.typed").is_file()


def test_the_package_says_where_its_tables_come_from() -> None:
    text = (files("tenfold") / "samples" / "README.md").read_text(encoding="utf-8")
    tables = {"california.csv.gz", "housing.data"}
    assert {p.name for p in (files("tenfold") / "samples").iterdir()} == {*tables, "README.md"}
    assert all(f"## {table}" in text for table in tables)
    assert "offensive premise" in text
