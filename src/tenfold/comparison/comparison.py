"""What a comparison found, as an object, as JSON, as a sentence."""

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from tenfold.comparison.entry import Entry
from tenfold.comparison.verdict import Verdict
from tenfold.config import Decision
from tenfold.contest.problem import Pair, Problem
from tenfold.evaluate.metrics import NAMED
from tenfold.report.summary import fold_score_of, or_nan, plain, versions

FORMAT: Final = 1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Comparison:
    """Contenders on the same folds, and the verdict.

    Attributes
    ----------
    entries : tuple of Entry
        Best first; those that did not finish last.
    verdict : Verdict
    axes : dict
        The tutorial's five differences, each with figures and a ``sentence``; empty
        if they were not asked for or could not be measured.
    problem : Problem
        What every contender was given: ``X``, ``y`` and ``splits`` are as scikit-learn's
        ``cross_validate`` takes them.
    decisions : tuple of Decision
    seconds : dict of str to float
        ``forecast`` and ``total``.
    folder : Path or None
        Where it was written.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from tenfold import compare
    >>> x = np.linspace(0, 1, 60)
    >>> frame = pd.DataFrame({"x": x, "y": 3 * x})
    >>> found = compare(frame, "y", folds=2, quality="fast", axes=False, out=None)
    >>> str(found) == found.verdict.sentence
    True
    """

    entries: tuple[Entry, ...]
    verdict: Verdict
    axes: Mapping[str, Any]
    problem: Problem
    decisions: tuple[Decision, ...]
    seconds: Mapping[str, float]
    folder: Path | None = None

    def __str__(self) -> str:
        return self.verdict.sentence

    @property
    def splits(self) -> tuple[Pair, ...]:
        """Positions of the rows that each fold learns from and is tested on."""
        return self.problem.splits

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``compare.json``; numbers that do not exist are None."""
        problem = self.problem
        found = {
            "format": FORMAT,
            "kind": problem.kind,
            "task": problem.task,
            "rows": len(problem),
            "target": problem.target,
            "seed": problem.options.train.seed,
            "folds": len(problem.splits),
            "test_share": problem.test_share,
            "contenders": [contender_dict(entry, problem.test_share) for entry in self.entries],
            "axes": {name: dict(self.axes.get(name, {})) for name in AXES},
            "verdict": asdict(self.verdict),
            "seconds": dict(self.seconds),
            "decisions": [asdict(decision) for decision in self.decisions],
            "versions": versions() | versions_of_libraries(),
        }
        return dict(plain(found))


LIBRARIES: Final = ("lightgbm", "catboost", "xgboost", "xgboost-cpu", "scikit-image")


def versions_of_libraries() -> dict[str, str]:
    """Return the versions of what contenders come from, where it is installed."""
    found = {}
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


AXES: Final = ("data", "machine", "features", "time", "approach")


def contender_dict(entry: Entry, test_share: float) -> dict[str, Any]:
    """Return an entry as a JSON object, its scores with intervals."""
    found = asdict(replace(entry, said=()))
    for name in ("per_fold", "pooled", "said", "given"):
        del found[name]
    scores = {name: asdict(entry.score(name, test_share)) for name in entry.per_fold}
    return found | {"scores": scores}


def entry_of(contender: Mapping[str, Any]) -> Entry:
    """Return the entry that ``contender_dict`` turned into a JSON object."""
    given = {f.name: contender[f.name] for f in fields(Entry) if f.name in contender}
    for name in (
        "train_seconds",
        "predict_seconds_per_row",
        "predict_seconds_single",
        "learnt",
    ):
        given[name] = or_nan(given[name])
    scores = {name: fold_score_of(score) for name, score in contender["scores"].items()}
    found = {
        "per_fold": {name: score.per_fold for name, score in scores.items()},
        "pooled": {
            name: score.pooled for name, score in scores.items() if score.pooled is not None
        },
        "steps": tuple(given["steps"]),
    }
    return Entry(**given | found)


def ranked(entries: Mapping[str, Entry], metric: str) -> tuple[Entry, ...]:
    """Return entries best first; those without a score, or not on all folds, last."""
    sign = -NAMED[metric].direction
    most = max((entry.folds for entry in entries.values()), default=0)

    def place(entry: Entry) -> tuple[bool, bool, float]:
        mean = entry.mean(metric)
        return (
            bool(np.isnan(mean)),
            entry.folds < most,
            0.0 if np.isnan(mean) else sign * mean,
        )

    return tuple(sorted(entries.values(), key=place))
