"""Heads on frozen features, and beside them networks that learn from pixels, where these help.

Both are asked about validation pictures that neither learnt from, so what is said of a
picture that a fold holds out never depends on its class.

Shape letters in this file:
    N  pictures    F  folds    M  networks that learn from pixels    V  validation pictures
    O  outputs
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.hold_out import validation_rows
from tenfold.data.folds.split import Splits
from tenfold.nn.blend import Blend
from tenfold.nn.inputs import FeatureInputs, PictureInputs
from tenfold.seeds import Streams
from tenfold.training.blending import Blending, Trial
from tenfold.training.device import Place
from tenfold.training.fit import FoldFits, gather
from tenfold.training.fit_heads import Heads, fit_heads
from tenfold.training.fit_pictures import fit_pictures
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.watch import Supervision

Folds = NDArray[np.int64]

MOST_NETWORKS: Final = 5  # on a processor, where each takes as long as all heads together
BLOCKS: Final = 8  # one of them is for validation
LEAST_PICTURES: Final = 100
FEW_PICTURES: Final = 400  # fewer say too little of which weights are right
LATE: Final = 0.5  # of the time limit, after which nothing more is begun


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
        Of heads; ``beside`` says how networks beside them are trained.
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
    heads = fit_heads(rows, splits, plan, streams, place.device, care=care)
    most = len(splits) if place.on_gpu else MOST_NETWORKS
    parts = np.array_split(np.arange(len(splits)), min(most, len(splits)))
    why = _why_alone(rows, splits, parts, plan, care)
    # Each fold asks its own validation pictures, as those of others may be ones that it tests.
    wanting_F = heads.loss_F > plan.enough
    parts = [folds for folds in parts if wanting_F[folds].any()]
    if why is None and not parts:
        why = _learnt(heads.loss_F.mean(), plan.task)
    if why is not None:
        return heads.fits, (*heads.decisions, _stay_alone(why))
    trial = _try_heads(rows, splits, parts, plan, streams, place, care)
    shared_F = zip(trial.shared_F, wanting_F, strict=True)
    trial = replace(trial, shared_F=tuple(m if wants else None for m, wants in shared_F))
    if why := _ended(care):
        return heads.fits, (*heads.decisions, _stay_alone(why))
    made, left_out = Blending.begin(heads.fits, trial, rows, plan.task), []
    for way in plan.beside:
        at_M, ended = made.wanting(way), _ended(care) if made.ways else None
        if ended or not at_M:
            left_out.append(made.left_out(way, ended))
            continue
        checkpoints = None if care.checkpoints is None else care.checkpoints.of(way.form)
        fits = fit_pictures(
            rows,
            replace(inputs, size=way.size),
            trial.splits.only(*at_M),
            way,
            streams,
            precision=place.precision,
            care=replace(care, checkpoints=checkpoints),
        )
        stopped = fits.history.stopped_by
        if stopped and trial.answers is None:  # nothing tells what it is worth
            return heads.fits, (*heads.decisions, _stay_alone(stopped))
        made = made.join(fits, way.form, way.size, at_M)
    decisions = (*heads.decisions, made.decision(), *left_out)
    return _gathered(made, heads, inputs, splits), decisions


def _gathered(made: Blending, heads: Heads, inputs: PictureInputs, splits: Splits) -> FoldFits:
    """Let heads and networks beside them answer what each fold holds out."""
    if not isinstance(made.network, Blend):
        raise TypeError("no network was joined to heads")
    device = made.target.mean_F.device
    features = FeatureInputs(numbers_ND=torch.from_numpy(made.rows.numbers).to(device))
    both, fits = made.network.inputs(features, inputs), heads.fits
    history = made.history(fits.history)
    return gather(made.network, made.target, both, fits.stack, splits, history)


def _why_alone(
    rows: Encoded,
    splits: Splits,
    parts: Sequence[Folds],
    plan: PicturePlan,
    care: Supervision,
) -> str | None:
    """Return why heads stay alone whatever they say, or None."""
    few = len(rows) < FEW_PICTURES
    least = LEAST_PICTURES if few and plan.beside else FEW_PICTURES
    if len(rows) < least:
        return f"there are fewer than {least} images to learn from"
    if splits.refit or splits.in_time:
        return "the folds learn from different numbers of images"
    if min(_learnt_by(splits, folds).sum() for folds in parts) < least // 2:
        return f"one of them would learn from fewer than {least // 2} images"
    if care.deadline.share() > LATE:
        return "more than half of the time limit has passed"
    return _ended(care)


def _ended(care: Supervision) -> str | None:
    """Return what asks training to end, or None."""
    return care.watch.stop_reason() or care.deadline.passed()


def _stay_alone(why: str) -> Decision:
    what = "no network is trained from pixels beside the heads"
    return Decision(what=what, why=why, change_with="--quality best, --network scratch")


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
        learns = _learnt_by(splits, folds)
        validates = np.zeros_like(learns)
        if len(rows) >= FEW_PICTURES:
            dealt = validation_rows(rows, learns, plan.task, BLOCKS, generator)
            learns, validates = next(dealt)
        learnt.append(learns)
        left_out.append(validates)
    trial = Splits(
        learn=np.stack(learnt),
        held_out=np.stack(left_out),
        numbers=tuple(splits.numbers[folds[0]] for folds in parts),
    )
    answers = None
    if trial.held_out.any():
        answers = fit_heads(rows, trial, plan, streams, place.device, care=care).fits.answers
    of_fold = {int(f): m for m, folds in enumerate(parts) for f in folds}
    shared = tuple(of_fold.get(f) for f in range(len(splits)))
    return Trial(splits=trial, shared_F=shared, answers=answers)
