"""From the data that a user names to a contest that models can be given."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, final

import pandas as pd

from tenfold.audit_options import AuditOptions
from tenfold.comparison.follow import ComparisonCallback
from tenfold.config import Decision, RunOptions
from tenfold.contest.contest import Contest
from tenfold.data.folds.split import Splitter
from tenfold.kind import Kind
from tenfold.kinds.registry import kind_for
from tenfold.learning import UserObjects
from tenfold.study.study import look_at
from tenfold.training.device import Place, choose_device
from tenfold.training.watch import Callback

LOOKED_AT: Final = AuditOptions(audit="off")  # networks are timed on training alone


def read_contest(
    source: str | Path | pd.DataFrame,
    options: RunOptions,
    splitter: Splitter | Iterable[Any] | None,
    follow: ComparisonCallback,
) -> tuple[Contest, tuple[Decision, ...]]:
    """Read what is named, check it and deal it out to folds, as ``train`` does.

    Raises
    ------
    InputError
        What ``train`` raises for such data.
    """
    device, placed = choose_device(options.train.device)
    options = replace(options, train=replace(options.train, device=str(device)))
    kind, options = kind_for(source, options)
    objects = UserObjects(watch=_Reading(follow), splitter=splitter)
    asked, chosen = kind.to_compare(options, objects)
    data, test = kind.read(source, None, asked, objects.watch)
    place = Place(device=device)
    learning, coded, found = kind.learn(data, None, asked, place=place, objects=objects)
    seen = look_at(kind, learning, coded)
    dealt = kind.split(learning, coded)
    known = replace(options.schema, target=learning.schema.target, task=learning.schema.task)
    options = replace(options, schema=known, audit=LOOKED_AT)
    contest = kind.contest(replace(learning, options=options), coded, dealt)
    left_out = _left_out(kind, test)
    return contest, (*found, *left_out, *seen, *chosen, *dealt.decisions, *placed)


def _left_out(kind: Kind, test: Any) -> tuple[Decision, ...]:
    if test is None:
        return ()
    what, why = f"{len(test):,} test {kind.noun} are not used", "models are compared on folds"
    return (Decision(what=what, why=why, change_with="tenfold evaluate"),)


@final
class _Reading(Callback):
    """Tells who follows a comparison how much of the data is read."""

    def __init__(self, follow: ComparisonCallback) -> None:
        self._follow = follow

    def stage(self, what: str, done: int, total: int) -> None:
        """Tell how far a stage is."""
        self._follow.working(f"{what}, {done:,} of {total:,}", 0.0)
