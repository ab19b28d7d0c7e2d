"""Each option has one home: signatures, the command, messages and estimators agree with it."""

import inspect
from dataclasses import fields
from typing import Any, Final

import pandas as pd
import pytest
import typer.main

import tenfold
from tenfold import ReadOptions, SchemaOptions, SplitOptions, TrainOptions
from tenfold.cli.options import OPTIONS
from tenfold.cli.views import app
from tenfold.config import GROUPS, RunOptions, flat_of
from tenfold.errors import UsageError
from tenfold.option import flag_of, known_of
from tenfold.wording import OBJECTS, PARAMETERS

USUAL: Final = flat_of(RunOptions())
FUNCTIONS: Final = (tenfold.train, tenfold.compare, tenfold.audit)


def keywords(function: Any) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {n: p for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def test_train_has_at_most_sixteen_keywords() -> None:
    assert len(keywords(tenfold.train)) <= 16
    assert list(inspect.signature(tenfold.train).parameters)[:2] == ["data", "target"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_option_that_is_an_argument_has_the_default_of_its_home(function: Any) -> None:
    found = inspect.signature(function).parameters
    shared = set(found) & set(USUAL)
    assert {"target", "task", "seed", "group_column"} <= shared
    assert {name: found[name].default for name in shared} == {n: USUAL[n] for n in shared}


def test_an_option_stands_in_an_object_or_is_an_argument_in_messages_as_in_signatures() -> None:
    flat = set(inspect.signature(tenfold.train).parameters)
    for name, group in OBJECTS.items():
        assert name in {one.name for one in fields(getattr(tenfold, group))}
        assert name not in flat
    assert {name for name in OPTIONS if name not in OBJECTS} <= flat


def test_the_command_has_every_option_with_its_help_and_its_default() -> None:
    command = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    by_flag = {flag: one for one in command.params for flag in one.opts}
    assert set(OPTIONS) >= {"lr", "kinds", "missing", "memory_bytes", "refit"}
    for field, _ in OPTIONS.values():
        found = by_flag[f"--{flag_of(field)}"]
        assert found.help == known_of(field).help
        if isinstance(field.default, int | float | str):
            assert found.default == field.default
    renamed = {PARAMETERS.get(flag_of(f), f.name) for f, _ in OPTIONS.values()}
    assert renamed == set(OPTIONS)


def test_every_option_of_a_run_is_documented_where_it_is_defined() -> None:
    for group in GROUPS.values():
        for one in fields(group):
            assert f"    {one.name} : " in group.__doc__
            assert known_of(one).values is None or known_of(one).values.named


def test_objects_and_arguments_say_the_same() -> None:
    values = {"epochs": 3, "quality": "fast", "separator": ";", "shuffle": False}
    objects = (TrainOptions(epochs=3), ReadOptions(separator=";"), SplitOptions(shuffle=False))
    assert RunOptions.of(objects, {"quality": "fast"}) == RunOptions.named(values)


def test_an_option_given_twice_is_refused_and_says_so() -> None:
    frame = pd.DataFrame({"x": range(20), "y": range(20)})
    with pytest.raises(UsageError, match="target was given by its name, and in an object"):
        tenfold.train(frame, "y", schema=SchemaOptions(target="x"))


def test_what_is_no_object_of_options_is_refused() -> None:
    frame = pd.DataFrame({"x": range(20), "y": range(20)})
    with pytest.raises(UsageError, match=r"must be an object of options"):
        tenfold.train(frame, training={"epochs": 3})
