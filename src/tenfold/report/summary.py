"""From a Study to a Results: what metrics.json holds and every view lays out."""

import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib import metadata
from typing import Any, Final, Self

from tenfold.config import Decision, Task
from tenfold.evaluate.calibration import Calibration
from tenfold.evaluate.coverage import Coverage
from tenfold.evaluate.fifths import Fifth
from tenfold.evaluate.group_scores import GroupScore
from tenfold.evaluate.label_scores import LabelScore, LabelScores
from tenfold.evaluate.metrics import HEADLINE
from tenfold.evaluate.scores import FoldScore, TestScore, score_gain
from tenfold.seeds import Streams
from tenfold.study.study import Study
from tenfold.study.worst_groups import groups_of_study

FORMAT: Final = 1
VERSIONS_OF: Final = ("tenfold", "torch", "numpy", "pandas", "scikit-learn", "pillow")


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """A run in numbers and words.

    ``to_dict`` is the content of ``metrics.json``; docs/reference/metrics.md explains
    each entry. A change of a name or a meaning raises ``FORMAT``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from tenfold import TrainOptions, train
    >>> x = np.linspace(0, 1, 60)
    >>> frame, few = pd.DataFrame({"x": x, "y": 3 * x}), TrainOptions(epochs=2)
    >>> results = train(frame, "y", folds=3, training=few, out=None).results
    >>> results.folds, sorted(results.scores)
    (3, ['mae', 'mse', 'r2', 'rmse'])
    """

    kind: str
    task: Task
    target: str
    classes: tuple[str, ...]
    rows: int
    columns: int
    rejected: int
    network: str
    folds: int
    seed: int
    epochs: int
    parameters: int
    device: str
    scores: Mapping[str, FoldScore]
    baseline: Mapping[str, float]
    gain: FoldScore
    test_rows: int
    test: Mapping[str, TestScore]
    seconds: Mapping[str, float]
    peak_memory_bytes: int
    decisions: tuple[Decision, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[GroupScore, ...] = ()
    coverage: Coverage | None = None
    calibration: Calibration | None = None
    labels: LabelScores | None = None
    repeats: Mapping[str, Any] | None = None
    refit: bool = False
    scored_folds: int = 0
    stretch: int = 0
    tested: int | None = None
    window: int = 0
    noun: str = field(default="rows", compare=False)

    @property
    def in_time(self) -> bool:
        """Whether each fold is tested on a stretch of time later than what it learnt from."""
        return self.stretch > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as a JSON object; numbers that do not exist are None."""
        out: dict[str, Any] = {"format": FORMAT} | asdict(self)
        del out["noun"]
        if self.task == "regression":
            del out["classes"], out["calibration"]
        if self.labels is None:
            del out["labels"]
        test = {"rows": out.pop("test_rows"), "scores": out["test"]}
        out["test"] = test if self.test_rows else None
        return plain(out)  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, metrics: Mapping[str, Any], noun: str = "rows") -> Self:
        """Return the summary that ``to_dict`` turned into a JSON object.

        Parameters
        ----------
        metrics : mapping
        noun : str
            What the data consist of.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is another one.
        """
        test = metrics["test"] or {"rows": 0, "scores": {}}
        known = {f.name for f in fields(cls)} & set(metrics)
        given = {name: metrics[name] for name in known}
        return cls(
            **given
            | {
                "noun": noun,
                "classes": tuple(metrics.get("classes", ())),
                "scores": {n: fold_score_of(score) for n, score in metrics["scores"].items()},
                "baseline": {n: or_nan(value) for n, value in metrics["baseline"].items()},
                "gain": fold_score_of(metrics["gain"]),
                "test_rows": test["rows"],
                "test": {
                    name: TestScore(**{key: or_nan(value) for key, value in score.items()})
                    for name, score in test["scores"].items()
                },
                "decisions": tuple(Decision(**one) for one in metrics["decisions"]),
                "groups": tuple(
                    GroupScore(**{"by_truth": one["column"] == metrics["target"]} | one)
                    for one in metrics.get("groups", ())
                ),
                "coverage": coverage_of(metrics.get("coverage")),
                "calibration": calibration_in(metrics.get("calibration")),
                "labels": labels_in(metrics.get("labels")),
            }
        )


def fold_score_of(score: Mapping[str, Any]) -> FoldScore:
    """Return the score that is in a JSON object, NaN for null."""
    per_fold = tuple(map(or_nan, score["per_fold"]))
    without = tuple(map(or_nan, score.get("without_fold", ())))
    mean, std, low, high = (or_nan(score[name]) for name in ("mean", "std", "low", "high"))
    return FoldScore(
        mean=mean, std=std, low=low, high=high, per_fold=per_fold, without_fold=without
    )


def coverage_of(found: Mapping[str, Any] | None) -> Coverage | None:
    """Return the coverage that is in a JSON object, if there is one."""
    if found is None:
        return None
    test = found["test"]
    return Coverage(
        promised=float(found["promised"]),
        measured=fold_score_of(found["measured"]),
        size=fold_score_of(found["size"]),
        adaptive=bool(found["adaptive"]),
        # Older runs know nothing of fifths.
        fifths=tuple(
            Fifth(**dict(one) | {"held": TestScore(**one["held"])})
            for one in found.get("fifths", ())
        ),
        test=None if test is None else TestScore(**test),
        test_size=found["test_size"],
    )


def calibration_in(found: Mapping[str, Any] | None) -> Calibration | None:
    """Return the calibration that is in a JSON object, if there is one."""
    if found is None:
        return None
    return Calibration(**dict(found) | {"temperature": tuple(found["temperature"])})


def labels_in(found: Mapping[str, Any] | None) -> LabelScores | None:
    """Return the scores of labels that are in a JSON object, if there are any."""
    if found is None:
        return None

    def known(numbers: Mapping[str, Any], *others: str) -> dict[str, Any]:
        return {n: value if n in others else or_nan(value) for n, value in numbers.items()}

    each = tuple(LabelScore(**known(one, "label", "rows")) for one in found["each"])
    return LabelScores(**known(found, "each") | {"each": each})


def or_nan(value: float | None) -> float:
    """Return a number, NaN for null."""
    return math.nan if value is None else float(value)


def summarize(
    study: Study,
    *,
    network: str,
    seed: int,
    seconds: Mapping[str, float],
    peak_memory_bytes: int,
) -> Results:
    """Sum up a study.

    Parameters
    ----------
    study : Study
    network : str
        Name of the network, as the user may give it.
    seed : int
    seconds : mapping of str to float
        Wall-clock seconds of ``read``, ``train`` and ``total``.
    peak_memory_bytes : int
        Largest resident size of the process so far.
    """
    headline = HEADLINE[study.schema.task]
    return Results(
        kind=study.kind.name,
        noun=study.kind.noun,
        task=study.schema.task,
        target=study.schema.target,
        classes=study.schema.classes,
        rows=len(study.data),
        tested=study.tested,
        window=0 if study.splits.newest is None else int(study.splits.newest.sum()),
        columns=study.kind.columns(study.schema),
        rejected=len(study.data.rejected) + len(study.data.unlabelled),
        network=network,
        folds=len(study.splits),
        seed=seed,
        epochs=study.fits.history.lines[-1].epoch,
        parameters=study.model.parameters,
        device=str(study.fits.target.mean_F.device),
        scores=study.scores,
        baseline={name: score.mean for name, score in study.baseline.items()},
        gain=score_gain(study.scores[headline], study.baseline[headline], study.splits),
        test_rows=study.test_rows,
        test=study.test,
        seconds=dict(seconds),
        peak_memory_bytes=peak_memory_bytes,
        decisions=study.decisions,
        versions=versions(),
        groups=groups_of_study(study, Streams(seed)),
        coverage=study.trust.coverage,
        calibration=study.trust.calibration,
        labels=study.trust.labels,
        refit=study.splits.refit,
        scored_folds=len(study.splits.scored()),
        stretch=int(study.splits.held_out[-1].sum()) if study.splits.in_time else 0,
    )


def versions() -> dict[str, str]:
    """Return the versions of what computed the run."""
    found = {name: metadata.version(name) for name in VERSIONS_OF}
    return {"python": platform.python_version()} | found


def plain(value: Any) -> Any:
    """Return nested values with lists for tuples and None for NaN and infinities."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
