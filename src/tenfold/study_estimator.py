"""What the estimators for tables and for pictures share, behind scikit-learn's contract."""

import secrets
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from tenfold.config import TrainOptions
from tenfold.data.split import Splitter
from tenfold.machine import peak_memory_bytes
from tenfold.nn.own import MakeModule
from tenfold.report.summary import summarize
from tenfold.store.folder import history_table
from tenfold.study.study import PictureStudy, TableStudy


class StudyEstimator(BaseEstimator):  # type: ignore[misc]
    """Turns an estimator's parameters into options of a study, and keeps what it gives.

    Parameters of ``__init__`` that ``TrainOptions`` has too mean the same there.
    """

    folds: "int | str | Splitter | Iterable[Any]"
    network: str | MakeModule
    random_state: int | np.random.RandomState | None
    model_: Any

    def _train_options(self) -> TrainOptions:
        given = self.get_params(deep=False)
        known = {
            field.name: given[field.name]
            for field in fields(TrainOptions)
            if field.name in given
        }
        own = not isinstance(self.network, str)
        return TrainOptions(
            **known | {"network": "own" if own else self.network, "seed": self._seed()}
        )

    def _seed(self) -> int:
        seed = self.random_state
        if seed is None:
            return secrets.randbelow(2**32)
        if isinstance(seed, int | np.integer):
            return int(seed)
        return int(check_random_state(seed).randint(2**31))

    def _replacements(self) -> dict[str, Any]:
        """Return what takes the place of options: a splitter, a function of the user's."""
        return {
            "splitter": None if isinstance(self.folds, int | str) else self.folds,
            "network": None if isinstance(self.network, str) else self.network,
        }

    def _remember(self, study: TableStudy | PictureStudy, options: TrainOptions) -> None:
        """Set what every study gives."""
        self.model_ = study.model
        self.decisions_ = study.decisions
        self.fold_scores_ = {
            name: np.array(score.per_fold) for name, score in study.scores.items()
        }
        summary = summarize(
            study,
            network=options.network,
            seed=options.seed,
            seconds={"train": study.train_seconds},
            peak_memory_bytes=peak_memory_bytes(),
        )
        named = tuple(group for group in summary.groups if not group.by_truth)  # has no name
        self._summary = replace(summary, groups=named)
        self._history = history_table(study)

    def _repr_html_inner(self) -> str:
        """Return what a notebook shows: scikit-learn's diagram, and what training found."""
        return str(super()._repr_html_inner()) + self._shown()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        """Return what a notebook shows, in all forms that it may ask for."""
        found = dict(super()._repr_mimebundle_(**kwargs))
        if "text/html" in found:
            found["text/html"] += self._shown()
        return found

    def _shown(self) -> str:
        """Return score, decisions and figures of a fitted estimator as a part of a page."""
        from tenfold.report.page import render_training  # noqa: PLC0415 - loads Matplotlib

        if not hasattr(self, "_summary"):
            return ""
        return render_training(type(self).__name__, self._summary, self._history)
