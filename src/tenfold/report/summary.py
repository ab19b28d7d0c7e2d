"""From a Study to a Summary: what metrics.json holds and every view lays out."""

import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import Any, Final

from tenfold.config import Decision, Task
from tenfold.data.pictures import Pictures
from tenfold.data.schema import Schema
from tenfold.evaluate.metrics import HEADLINE
from tenfold.evaluate.scores import FoldScore, TestScore, score_gain
from tenfold.study.study import PictureStudy, TableStudy

FORMAT: Final = 1
VERSIONS_OF: Final = ("tenfold", "torch", "numpy", "pandas", "scikit-learn", "pillow")


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A run in numbers and words.

    ``to_dict`` is the content of ``metrics.json``; docs/reference/metrics.md explains
    each entry. A change of a name or a meaning raises ``FORMAT``.
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
    constant: Mapping[str, float]
    gain: FoldScore
    test_rows: int
    test: Mapping[str, TestScore]
    seconds: Mapping[str, float]
    peak_memory_bytes: int
    decisions: tuple[Decision, ...]
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as a JSON object; numbers that do not exist are None."""
        out: dict[str, Any] = {"format": FORMAT} | asdict(self)
        if self.task == "regression":
            del out["classes"]
        test = {"rows": out.pop("test_rows"), "scores": out["test"]}
        out["test"] = test if self.test_rows else None
        return plain(out)  # type: ignore[no-any-return]


def summarize(
    study: TableStudy | PictureStudy,
    *,
    network: str,
    seed: int,
    seconds: Mapping[str, float],
    peak_memory_bytes: int,
) -> Summary:
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
    return Summary(
        kind="images" if isinstance(study.data, Pictures) else "table",
        task=study.schema.task,
        target=study.schema.target,
        classes=study.schema.classes,
        rows=len(study.data),
        columns=len(study.schema.columns) if isinstance(study.schema, Schema) else 0,
        rejected=len(study.data.rejected),
        network=network,
        folds=len(study.splits),
        seed=seed,
        epochs=study.fits.history.lines[-1].epoch,
        parameters=study.model.parameters,
        device=str(study.fits.target.mean_F.device),
        scores=study.scores,
        constant={name: score.mean for name, score in study.constant.items()},
        gain=score_gain(study.scores[headline], study.constant[headline], study.splits),
        test_rows=study.test_rows,
        test=study.test,
        seconds=dict(seconds),
        peak_memory_bytes=peak_memory_bytes,
        decisions=study.decisions,
        versions=versions(),
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
