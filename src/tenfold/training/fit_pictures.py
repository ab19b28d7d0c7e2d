"""From pictures and splits to one trained network a fold.

Shape letters in this file:
    N  pictures that are shared out    M  pictures of the cache    D  features
    F  networks side by side           G  folds
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import torch

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.nn.convnets import ScratchClassifier
from tenfold.nn.inputs import PictureInputs
from tenfold.nn.keras_models.for_pictures import picture_networks
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import make_modules
from tenfold.nn.targets import FoldTarget
from tenfold.nn.threads import make_ready
from tenfold.seeds import Streams
from tenfold.training.augment import Draws
from tenfold.training.feed import PictureFeed
from tenfold.training.fit import FoldFits, make_stack, outputs_for, run_training
from tenfold.training.history import TestScores
from tenfold.training.loop import Training
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.stack import Stack
from tenfold.training.watch import Supervision

START_PICTURES: Final = 1_500  # that a first layer is fitted to
START_SIDE: Final = 64
TURNS: Final = "a network for images uses the whole machine by itself"

ScoreTest = Callable[[FoldNetwork, FoldTarget], TestScores]


def fit_pictures(
    rows: Encoded,
    inputs: PictureInputs,
    splits: Splits,
    plan: PicturePlan,
    streams: Streams,
    *,
    precision: torch.dtype | None,
    care: Supervision,
    score_test: ScoreTest | None = None,
) -> FoldFits:
    """Train the networks of all folds on pictures, each in its turn within a step.

    Parameters
    ----------
    rows : Encoded
        N pictures, without columns: their targets and weights.
    inputs : PictureInputs
        The same pictures.
    splits : Splits
    plan : PicturePlan
        With a function that makes networks.
    streams : Streams
    precision : torch.dtype or None
    care : Supervision
    score_test : callable, optional
        Judges the networks at the end of each epoch, and decides nothing.

    Raises
    ------
    NetworkError
        N02, N03, N05 or N08, if a network cannot be built, its loss is not finite, or
        memory runs out.
    """
    make_ready()
    trained = splits.trained()
    stack = make_stack(rows, trained, plan.task, plan.recipe, streams)
    outputs = outputs_for(rows, plan.task)
    network = build_modules(plan, inputs, outputs, stack, streams, precision)
    draws = Draws(
        plan.augmentation,
        stack.members,
        streams,
        pictures=len(rows),
        steps_F=[-(-len(rows) // plan.recipe.batch_size)] * len(stack.members),
    )
    feed = PictureFeed(inputs, plan.augmentation, draws, plan.sizes)
    target = FoldTarget(len(stack.members), plan.task, outputs, smoothing=plan.recipe.smoothing)
    if plan.standardize_target:
        target.estimate(rows, trained.learn)
    training = Training(network, target, feed, rows, stack, plan.recipe, streams, inputs.device)
    judge = None if score_test is None else partial(score_test, network, target)
    return run_training(training, splits, care, judge)


def build_modules(
    plan: PicturePlan,
    inputs: PictureInputs,
    outputs: int,
    stack: Stack,
    streams: Streams,
    precision: torch.dtype | None,
) -> ModuleNetwork | KerasNetwork:
    """Make the networks of all folds, ready to be trained.

    A network that begins with pictures is shown some that its fold may learn from.
    """
    if plan.make is None:
        raise ValueError("heads on features are not modules")
    seeds = [streams.integer("init", *member) for member in stack.members]
    if isinstance(plan.make, KerasBody):
        return picture_networks(plan.make, inputs, stack.learn_FN, outputs, plan.task, seeds)
    shapes = [(3, plan.size, plan.size)] * len(seeds)
    modules = make_modules(plan.make, shapes, outputs, seeds)
    for learn_N, member, module in zip(stack.learn_FN, stack.members, modules, strict=True):
        if isinstance(module, ScratchClassifier):
            rows = np.flatnonzero(learn_N)
            chosen = streams.generator("start", *member).permutation(rows)[:START_PICTURES]
            small = replace(inputs, size=START_SIDE)
            module.estimate(small.block(torch.from_numpy(chosen)[None])[0][0])
    return ModuleNetwork(
        modules, seeds, turns=TURNS, precision=precision, treat=plan.treat, parts=plan.parts
    )
