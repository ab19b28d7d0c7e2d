"""Contests of data, for the tests of the comparison."""

from typing import Any

import pytest

from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.read_contest import read_contest
from tenfold.config import RunOptions
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.kinds.tables.table_contest import TableContest


def contest_of(source: Any, **named: Any) -> Contest:
    """Return what models are given that are compared on these data, by some options."""
    contest, _ = read_contest(source, RunOptions.named(named), None, ComparisonCallback())
    return contest


def contenders_of(source: Any, **named: Any) -> list[Contender]:
    """Return who competes."""
    contenders, _ = contest_of(source, **named).contenders()
    return contenders


def let_compete(patch: pytest.MonkeyPatch, *field: Contender) -> None:
    """Let these compete on every table, in place of all who do otherwise."""
    patch.setattr(TableContest, "contenders", lambda _: (list(field), ()))
