"""Heads on frozen features, and beside them networks that learn from pixels, where these help.

Both are asked about validation pictures that neither learnt from, so what is said of a
picture that a fold holds out never depends on its class.

Shape letters in this file:
    N  pictures    F  folds    M  networks that learn from pixels    V  validation pictures
    O  outputs
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.hold_out import validation_rows
from tenfold.data.folds.split import Splits
from tenfold.nn.blend import Blend
from tenfold.nn.head import FoldHead
from tenfold.nn.inputs import BlendInputs, FeatureInputs, PictureInputs
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.targets import FoldTarget
from tenfold.seeds import Streams
from tenfold.training.device import Place
from tenfold.training.fit import FoldFits, gather
from tenfold.training.fit_heads import LOSS, fit_heads
from tenfold.training.fit_pictures import fit_pictures
from tenfold.training.history import History
from tenfold.training.mixing import MIXING
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.watch import Supervision

Numbers = NDArray[np.float64]
Folds = NDArray[np.int64]

MOST_NETWORKS: Final = 5  # on a processor, where each takes as long as all heads together
BLOCKS: Final = 8  # one of them is for validation
LEAST_PICTURES: Final = 400  # fewer say too little of which weights are right
LEARNT: Final = 0.05  # log-loss, or share of the variance, that leaves nothing to learn
LATE: Final = 0.5  # of the time limit, after which nothing more is begun


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
    answers : tuple of M ndarray of shape (V, O)
        Probabilities or numbers, by heads.
    """

    splits: Splits
    shared_F: tuple[int | None, ...]
    answers: tuple[Numbers, ...]


def fit_blend(
    rows: Encoded,
    inputs: PictureInputs,
    splits: Splits,
    plan: PicturePlan,
    streams: Streams,
    place: Place,
    *,
    care: Supervision,
) -> tuple[FoldFits, tuple[Decision, ...]]:
    """Find the heads of all folds; train networks beside them where heads leave errors.

    Parameters
    ----------
    rows : Encoded
        N pictures; ``numbers`` are their features, (N, D), float32.
    inputs : PictureInputs
        The same pictures.
    splits : Splits
    plan : PicturePlan
        Of heads; ``beside`` is that of the networks beside them.
    streams : Streams
    place : Place
    care : Supervision

    Returns
    -------
    fits : FoldFits
        Of a ``Blend``, or of a ``FoldHead`` if heads stay alone.
    decisions : tuple of Decision

    Raises
    ------
    NetworkError
        As ``fit_pictures``.
    """
    beside = plan.beside
    if beside is None:
        raise ValueError("no network is planned beside the heads")
    heads = fit_heads(rows, splits, plan, streams, place.device, care=care)
    most = len(splits) if place.on_gpu else MOST_NETWORKS
    parts = np.array_split(np.arange(len(splits)), min(most, len(splits)))
    why = _why_alone(rows, splits, parts, care)
    parts = [folds for folds in parts if heads.loss_F[folds].mean() > LEARNT]
    if why is None and not parts:
        why = _learnt(heads.loss_F.mean(), plan.task)
    if why is not None:
        return heads.fits, (*heads.decisions, _stay_alone(why))
    trial = _try_heads(rows, splits, parts, plan, streams, place, care)
    if why := _ended(care):
        return heads.fits, (*heads.decisions, _stay_alone(why))
    seen = fit_pictures(
        rows, inputs, trial.splits, beside, streams, precision=place.precision, care=care
    )
    mixing = MIXING[plan.task]
    weight_M2 = np.array(
        [
            mixing.weights(by_heads, said, rows.target[held_out])
            for by_heads, said, held_out in zip(
                trial.answers, seen.answers, trial.splits.held_out, strict=True
            )
        ]
    )
    fits = heads.fits
    network, target = _blended(fits, seen, trial.shared_F, weight_M2, beside.size)
    features = FeatureInputs(numbers_ND=torch.from_numpy(rows.numbers).to(place.device))
    both = BlendInputs(features=features, pictures=inputs)
    history = _of_folds(seen.history, fits.history, trial.shared_F)
    made = gather(network, target, both, fits.stack, splits, history)
    return made, (*heads.decisions, _tell(rows, trial, seen, weight_M2, plan.task))


def _why_alone(
    rows: Encoded, splits: Splits, parts: Sequence[Folds], care: Supervision
) -> str | None:
    """Return why heads stay alone whatever they say, or None."""
    if len(rows) < LEAST_PICTURES:
        return f"there are fewer than {LEAST_PICTURES} images to learn from"
    if splits.refit or splits.in_time:
        return "the folds learn from different numbers of images"
    if min(_learnt_by(splits, folds).sum() for folds in parts) < LEAST_PICTURES // 2:
        return f"one of them would learn from fewer than {LEAST_PICTURES // 2} images"
    if care.deadline.share() > LATE:
        return "more than half of the time limit has passed"
    return _ended(care)


def _ended(care: Supervision) -> str | None:
    """Return what asks training to end, or None."""
    return care.watch.stop_reason() or care.deadline.passed()


def _stay_alone(why: str) -> Decision:
    what = "no network is trained from pixels beside the heads"
    return Decision(what=what, why=why, change_with="--network scratch")


def _learnt(loss: float, task: Task) -> str:
    """Say that heads leave nothing to learn."""
    if task == "regression":
        return f"the heads explain {1 - loss:.1%} of the variance of validation images"
    return f"the heads' log-loss is {loss:.3f} on validation images"


def _learnt_by(splits: Splits, folds: Folds) -> NDArray[np.bool_]:
    """Return which pictures all of some folds learn from, shape (N,)."""
    return np.asarray(splits.learn[folds].all(axis=0))


def _try_heads(
    rows: Encoded,
    splits: Splits,
    parts: Sequence[Folds],
    plan: PicturePlan,
    streams: Streams,
    place: Place,
    care: Supervision,
) -> Trial:
    """Ask heads about validation pictures of each part of the folds, which share a network."""
    learnt, left_out = [], []
    for folds in parts:
        generator = streams.generator("trial", splits.numbers[folds[0]])
        own = _learnt_by(splits, folds)
        dealt = validation_rows(rows, own, plan.task, BLOCKS, generator)
        learns, validates = next(dealt)
        learnt.append(learns)
        left_out.append(validates)
    trial = Splits(
        learn=np.stack(learnt),
        held_out=np.stack(left_out),
        numbers=tuple(splits.numbers[folds[0]] for folds in parts),
    )
    heads = fit_heads(rows, trial, plan, streams, place.device, care=care)
    of_fold = {int(f): m for m, folds in enumerate(parts) for f in folds}
    shared = tuple(of_fold.get(f) for f in range(len(splits)))
    return Trial(splits=trial, shared_F=shared, answers=heads.fits.answers)


def _blended(
    heads: FoldFits,
    seen: FoldFits,
    shared_F: tuple[int | None, ...],
    weight_M2: Numbers,
    size: int,
) -> tuple[Blend, FoldTarget]:
    """Return heads and the networks beside them; where none is, one that weighs nothing.

    A network's outputs are in units of its own targets' deviation, so its weight brings them
    to those of the fold, and the fold's mean takes up the difference of both means.
    """
    if not isinstance(heads.network, FoldHead) or not isinstance(seen.network, ModuleNetwork):
        raise TypeError("heads and modules are blended")
    beside_F = np.array([m or 0 for m in shared_F])
    weight_F2 = torch.tensor(
        [(1.0, 0.0) if m is None else tuple(weight_M2[m]) for m in shared_F]
    ).to(heads.target.mean_F)
    target, own = copy.deepcopy(heads.target), seen.target.only(beside_F)
    moved_F = weight_F2[:, 1] * (own.mean_F - target.mean_F)
    weight_F2[:, 1] *= own.scale_F / target.scale_F
    target.mean_F += moved_F
    made = Blend(heads.network, seen.network, size, beside_F.tolist())
    made.weight_F2.copy_(weight_F2)
    return made.to(target.mean_F.device), target


def _of_folds(history: History, heads: History, shared_F: tuple[int | None, ...]) -> History:
    """Return a history with the loss of each fold: of its network, or of its heads alone."""
    alone_F = heads.lines[-1].loss_G
    lines = tuple(
        replace(
            line,
            loss_G=tuple(
                alone_F[f] if m is None else line.loss_G[m] for f, m in enumerate(shared_F)
            ),
        )
        for line in history.lines
    )
    best_F = np.array([0 if m is None else history.best_epoch_G[m] for m in shared_F])
    return replace(history, lines=lines, best_epoch_G=best_F)


def _tell(
    rows: Encoded, trial: Trial, seen: FoldFits, weight_M2: Numbers, task: Task
) -> Decision:
    """Say what networks beside the heads are worth on validation pictures."""
    mixing, truths = MIXING[task], [rows.target[one] for one in trial.splits.held_out]
    together = [
        mixing.mixed(weight_2, *ways)
        for weight_2, *ways in zip(weight_M2, trial.answers, seen.answers, strict=True)
    ]
    heads, alone, both = (
        np.mean([mixing.loss(*one) for one in zip(way, truths, strict=True)])
        for way in (trial.answers, seen.answers, together)
    )
    count, folds = len(weight_M2), sum(m is not None for m in trial.shared_F)
    networks = "1 small network" if count == 1 else f"{count} small networks"
    of = "1 fold" if folds == 1 else f"{folds} folds"
    what = f"{networks} trained from pixels and the heads of {of} predict together"
    why = (
        f"{LOSS[task]} of validation images: {heads:.3g} by heads, {alone:.3g} by "
        f"small networks, {both:.3g} by both, whose weights are chosen on them"
    )
    return Decision(what=what, why=why, change_with="--network pretrained, --network scratch")
