"""Networks that learn from pixels joined to heads, one way of training after the other.

Shape letters in this file:
    F  folds    M  networks that learn from pixels    V  validation pictures    O  outputs
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.nn.blend import Blend
from tenfold.nn.head import FoldHead
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.targets import FoldTarget
from tenfold.training.fit import FoldFits
from tenfold.training.fit_heads import LOSS
from tenfold.training.history import History
from tenfold.training.mixing import EQUAL, FLOOR, MIXING
from tenfold.training.picture_plan import PicturePlan

Numbers = NDArray[np.float64]

# How many are told of, and the loss of what: by the name of a network.
TOLD: Final[Mapping[str, tuple[str, str]]] = {
    "scratch": ("small network{s} trained from pixels", "small networks"),
    "fine-tuned": ("fine-tuned network{s}", "fine-tuned networks"),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """What heads say of validation pictures of folds that share a network.

    Attributes
    ----------
    splits : Splits
        A fold each: the pictures that it learns from, and its validation pictures, none of
        which a fold holds out that shares the network.
    shared_F : tuple of F int or None
        The fold of the trial that each fold belongs to; None if it is none of these.
    answers : tuple of M ndarray of shape (V, O), or None
        Probabilities or numbers, by heads; None if there are too few pictures to choose
        weights on, so that all learn from all pictures, and count alike.
    """

    splits: Splits
    shared_F: tuple[int | None, ...]
    answers: tuple[Numbers, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Way:
    """A way in which networks were trained that have been joined to heads.

    Attributes
    ----------
    form : str
        The name of the network.
    at_M : tuple of int
        Which of the networks of the trial were trained in this way.
    loss : float or None
        Theirs, on their validation pictures.
    history : History
    """

    form: str
    at_M: tuple[int, ...]
    loss: float | None
    history: History


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Blending:
    """Heads, and the networks that have been joined to them so far.

    Attributes
    ----------
    trial : Trial
    rows : Encoded
    task : Task
    network : FoldHead or Blend
    target : FoldTarget
    answers : tuple of M ndarray of shape (V, O), or None
        To validation pictures, by all of them together.
    ways : tuple of Way
    """

    trial: Trial
    rows: Encoded
    task: Task
    network: FoldHead | Blend
    target: FoldTarget
    answers: tuple[Numbers, ...] | None
    ways: tuple[Way, ...] = ()

    @classmethod
    def begin(cls, heads: FoldFits, trial: Trial, rows: Encoded, task: Task) -> Self:
        """Return heads that nothing has been joined to."""
        if not isinstance(heads.network, FoldHead):
            raise TypeError("networks are joined to heads")
        return cls(
            trial=trial,
            rows=rows,
            task=task,
            network=heads.network,
            target=heads.target,
            answers=trial.answers,
        )

    def wanting(self, plan: PicturePlan) -> tuple[int, ...]:
        """Return which networks of the trial are to be trained in one more way.

        Each asks its own validation pictures whether the ways before have helped enough.
        """
        always = plan.unless_gained == inf
        if always or self.answers is None or self.trial.answers is None:
            return tuple(range(len(self.trial.splits)))
        before_M, after_M = self._losses(self.trial.answers), self._losses(self.answers)
        wanting_M = after_M > (1 - plan.unless_gained) * before_M
        return tuple(np.flatnonzero(wanting_M).tolist())

    def join(self, fits: FoldFits, form: str, size: int, at_M: Sequence[int]) -> Self:
        """Return the same with networks that were trained on splits of the trial."""
        weight_M2 = np.tile((1.0, 0.0), (len(self.trial.splits), 1))
        answers = None if self.answers is None else list(self.answers)
        mixing, loss = MIXING[self.task], None
        if answers is None:
            weight_M2[list(at_M)] = EQUAL
        else:
            loss = float(self._losses(fits.answers, at_M).mean())
            for m, new in zip(at_M, fits.answers, strict=True):
                weight_M2[m] = mixing.weights(answers[m], new, self._truth(m))
                answers[m] = mixing.mixed(weight_M2[m], answers[m], new)
        network, target = self._blended(fits, weight_M2, size, at_M)
        way = Way(form=form, at_M=tuple(at_M), loss=loss, history=fits.history)
        return replace(
            self,
            network=network,
            target=target,
            answers=None if answers is None else tuple(answers),
            ways=(*self.ways, way),
        )

    def decision(self) -> Decision:
        """Say what networks beside the heads are worth on validation pictures."""
        folds = sum(m is not None for m in self.trial.shared_F)
        counted = [
            f"{len(way.at_M)} {TOLD[way.form][0]}".format(s="s" * (len(way.at_M) > 1))
            for way in self.ways
        ]
        of = "1 fold" if folds == 1 else f"{folds} folds"
        what = f"{', '.join(counted)} and the heads of {of} predict together"
        change = "--quality, --network pretrained, --network scratch"
        return Decision(what=what, why=self._why(), change_with=change)

    def left_out(self, plan: PicturePlan, ended: str | None) -> Decision:
        """Say why no network is trained in one more way."""
        what = f"{TOLD[plan.form][1]} are not trained beside the heads"
        why = ended
        if why is None and self.answers is not None and self.trial.answers is not None:
            before, after = (
                self._losses(said).mean() for said in (self.trial.answers, self.answers)
            )
            by = " and ".join(TOLD[way.form][1] for way in self.ways)
            loss = f"the {LOSS[self.task]} of validation images"
            why = f"{by} lowered {loss} by {1 - after / max(before, FLOOR):.0%}"
        change = "--time-limit" if ended else "--quality best"
        return Decision(what=what, why=why or "", change_with=change)

    def _why(self) -> str:
        if self.answers is None or self.trial.answers is None:
            return "there are too few images to choose weights on, so that they are equal"
        by = [f"{self._losses(self.trial.answers).mean():.3g} by heads"]
        for way in self.ways:
            of = "" if len(way.at_M) == len(self.answers) else " on theirs"
            by.append(f"{way.loss:.3g} by {TOLD[way.form][1]}{of}")
        by.append(f"{self._losses(self.answers).mean():.3g} by all, whose weights are chosen")
        return f"{LOSS[self.task]} of validation images: {', '.join(by)} on them"

    def history(self, heads: History) -> History:
        """Return the history of the first way, or of one that was stopped.

        A fold without a network has that of its heads.
        """
        found, alone_F = [way.history for way in self.ways], heads.lines[-1].loss_G
        stopped = (way for way in self.ways if way.history.stopped_by)
        shown = next(stopped, self.ways[0])
        first, at_F = shown.history, self._network_of(shown.at_M)
        lines = tuple(
            replace(
                line,
                loss_G=tuple(
                    alone_F[f] if at is None else line.loss_G[at] for f, at in enumerate(at_F)
                ),
            )
            for line in first.lines
        )
        return replace(
            first,
            lines=lines,
            best_epoch_G=np.array([0 if at is None else first.best_epoch_G[at] for at in at_F]),
            rollbacks=tuple(rollback for one in found for rollback in one.rollbacks),
            pieces=max(one.pieces for one in found),
        )

    def _truth(self, m: int) -> NDArray[np.float64] | NDArray[np.int64]:
        return np.asarray(self.rows.target[self.trial.splits.held_out[m]])

    def _losses(
        self, answers: Sequence[Numbers], at_M: Sequence[int] | None = None
    ) -> NDArray[np.float64]:
        """Return the loss of answers to the validation pictures of each network."""
        loss, at = MIXING[self.task].loss, range(len(answers)) if at_M is None else at_M
        return np.array(
            [loss(said, self._truth(m)) for m, said in zip(at, answers, strict=True)]
        )

    def _network_of(self, at_M: Sequence[int]) -> list[int | None]:
        """Return which of some networks stands beside each fold's heads; None if none does."""
        place = {m: at for at, m in enumerate(at_M)}
        return [None if m is None else place.get(m) for m in self.trial.shared_F]

    def _blended(
        self, seen: FoldFits, weight_M2: Numbers, size: int, at_M: Sequence[int]
    ) -> tuple[Blend, FoldTarget]:
        """Return both as one; where a fold has no network, one that weighs nothing.

        A network's outputs are in units of its own targets' deviation, so its weight brings
        them to those of the fold, and the fold's mean takes up the difference of both means.
        """
        if not isinstance(seen.network, ModuleNetwork):
            raise TypeError("modules are joined to heads")
        beside_F = np.array([at or 0 for at in self._network_of(at_M)])
        weight_F2 = torch.tensor(
            [(1.0, 0.0) if m is None else tuple(weight_M2[m]) for m in self.trial.shared_F]
        ).to(self.target.mean_F)
        target, own = copy.deepcopy(self.target), seen.target.only(beside_F)
        moved_F = weight_F2[:, 1] * (own.mean_F - target.mean_F)
        weight_F2[:, 1] *= own.scale_F / target.scale_F
        target.mean_F += moved_F
        made = Blend(self.network, seen.network, size, beside_F.tolist())
        made.weight_F2.copy_(weight_F2)
        return made.to(target.mean_F.device), target
