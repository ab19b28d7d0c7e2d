"""The public names: changing them breaks somebody's program."""

import doctest
import inspect
import typing
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import tenfold
from tenfold import Results, Run, TestScore, TrainOptions

NAMES = [
    "Answered",
    "Audit",
    "Callback",
    "Comparison",
    "ComparisonCallback",
    "Decision",
    "Finding",
    "FoldScore",
    "ImageClassifier",
    "ImageRegressor",
    "PictureOptions",
    "ReadOptions",
    "Results",
    "Run",
    "SchemaOptions",
    "SplitOptions",
    "TabularClassifier",
    "TabularRegressor",
    "TenfoldError",
    "TestScore",
    "TrainOptions",
    "__version__",
    "audit",
    "compare",
    "load",
    "predict_file",
    "rerun",
    "resume",
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


def hints_of(name: str) -> Iterator[type]:
    """Yield the types that the public signatures of a name give."""
    found = getattr(tenfold, name)
    members = vars(found).items() if isinstance(found, type) else ()
    public = [m for n, m in members if n == "__init__" or not n.startswith("_")]
    functions = [m.fget if isinstance(m, property) else m for m in public]
    functions = [getattr(f, "__func__", f) for f in functions]
    for one in (found, *filter(inspect.isfunction, functions)):
        for hint in typing.get_type_hints(inspect.unwrap(one)).values():
            yield from types_in(hint)


def types_in(hint: Any) -> Iterator[type]:
    parts = typing.get_args(hint)
    bare = typing.get_origin(hint) or hint
    if isinstance(bare, type):
        yield bare
    for part in parts:
        yield from types_in(part)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"__version__"}))
def test_every_type_that_a_public_signature_names_is_public(name: str) -> None:
    """It is in the package, or stands on the page on Python with the module that has it."""
    page = (Path(__file__).parents[2] / "docs/reference/python.md").read_text(encoding="utf-8")
    for found in hints_of(name):
        if found.__module__.startswith("tenfold"):
            public = getattr(tenfold, found.__name__, None) is found
            assert public or f"`{found.__module__}.{found.__name__}`" in page, found


def test_the_walk_finds_types() -> None:
    """The control."""
    assert {Run, TrainOptions} <= set(hints_of("train"))
    assert {Results, TestScore} <= set(hints_of("Run"))


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"__version__"}))
def test_a_public_name_has_an_example_that_runs(name: str) -> None:
    """Doctest runs those of modules: so it is enough that there is one."""
    found = getattr(tenfold, name)
    assert found.__module__.startswith("tenfold.")
    assert doctest.DocTestFinder(recurse=False).find(found)[0].examples
