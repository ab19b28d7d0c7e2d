"""From pictures and splits to one trained network a fold.

Shape letters in this file:
    N  pictures that are shared out    M  pictures of the cache    D  features
    F  networks side by side           G  folds
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
from tenfold.training.device import move
from tenfold.training.feed import PictureFeed
from tenfold.training.fit import FoldFits, gather, make_stack, outputs_for
from tenfold.training.history import TestScores, merged
from tenfold.training.loop import Training
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.shard import Trained
from tenfold.training.spread import Spreading
from tenfold.training.stack import Stack
from tenfold.training.watch import Supervision

START_PICTURES: Final = 1_500  # that a first layer is fitted to
START_SIDE: Final = 64
TURNS: Final = "a network for images uses the whole machine by itself"

SHARED: Final = ("scratch", "fine-tuned")  # networks of ours, which workers know

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
    ClusterError
        K02 or K03, if workers do not bring folds back, or differ from this program.
    """
    make_ready()
    whole = PictureShard.of(rows, inputs, splits.trained(), plan, streams, precision)
    spreading = None
    if plan.form in SHARED and score_test is None:
        spreading = Spreading.found(inputs.device, care.checkpoints)
    found = spreading.train(whole, care) if spreading else whole.train(care, score_test)
    network, target = found.network, found.target
    return gather(network, target, inputs, whole.stack, splits, found.history)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureShard:
    """What the networks of all folds, or of some, are made and trained from; see ``Shard``.

    Attributes
    ----------
    rows : Encoded
        N pictures, without columns: their targets and weights.
    pixels_MHW3 : ndarray of uint8, or Tensor
        Mapped from a file or in memory, which a worker may share; on a GPU a tensor.
    at_N : ndarray of int64
        Which of the M each row is.
    splits : Splits
        Of the folds that are trained.
    stack : Stack
    plan : PicturePlan
    streams : Streams
    precision : torch.dtype or None
    device : torch.device
    """

    rows: Encoded
    pixels_MHW3: NDArray[np.uint8] | Tensor
    at_N: NDArray[np.int64]
    splits: Splits
    stack: Stack
    plan: PicturePlan
    streams: Streams
    precision: torch.dtype | None
    device: torch.device

    @classmethod
    def of(
        cls,
        rows: Encoded,
        inputs: PictureInputs,
        splits: Splits,
        plan: PicturePlan,
        streams: Streams,
        precision: torch.dtype | None,
    ) -> Self:
        """Deal out the pictures of all folds."""
        pixels_MHW3 = inputs.pixels_MHW3
        return cls(
            rows=rows,
            pixels_MHW3=pixels_MHW3 if pixels_MHW3.is_cuda else pixels_MHW3.numpy(),
            at_N=inputs.at_N.cpu().numpy(),
            splits=splits,
            stack=make_stack(rows, splits, plan.task, plan.recipe, streams),
            plan=plan,
            streams=streams,
            precision=precision,
            device=inputs.device,
        )

    def __len__(self) -> int:
        return len(self.splits)

    def only(self, fold: int) -> Self:
        """Return one fold alone, by position, whose networks become the same bit for bit."""
        at_F = self.stack.of_fold(fold)
        return replace(self, splits=self.splits.only(fold), stack=self.stack.only(at_F))

    def train(self, care: Supervision, score_test: ScoreTest | None = None) -> Trained:
        """Make networks and train them, all in the same steps."""
        make_ready()
        plan, stack, streams = self.plan, self.stack, self.streams
        outputs, inputs = outputs_for(self.rows, plan.task), self._inputs()
        network = build_modules(plan, inputs, outputs, stack, streams, self.precision)
        pictures, smoothing = len(self.rows), plan.recipe.smoothing
        draws = Draws(
            plan.augmentation,
            stack.members,
            streams,
            pictures=pictures,
            steps_F=[-(-pictures // plan.recipe.batch_size)] * len(stack.members),
        )
        feed = PictureFeed(inputs, plan.augmentation, draws, plan.sizes)
        target = FoldTarget(len(stack.members), plan.task, outputs, smoothing=smoothing)
        if plan.standardize_target:
            target.estimate(self.rows, self.splits.learn)
        training = Training(
            network, target, feed, self.rows, stack, plan.recipe, streams, self.device
        )
        judge = None if score_test is None else partial(score_test, network, target)
        return Trained(network=network, target=target, history=training.run(care, judge))

    def join(self, parts: Sequence[Trained]) -> Trained:
        """Return the networks of folds that were trained alone, side by side."""
        seeds = [self.streams.integer("init", *member) for member in self.stack.members]
        network = ModuleNetwork(
            [parts[0].network.module] * len(seeds),
            seeds,
            turns=TURNS,
            precision=self.precision,
            parts=self.plan.parts,
        )
        target = parts[0].target.only(np.zeros(len(seeds), dtype=np.int64))
        for fold, part in enumerate(parts):
            at_F = self.stack.of_fold(fold)
            network.fill(at_F, part.network)
            target.fill(at_F, part.target)
        for module in (network, target):
            move(module, self.device)
        history = merged([part.history for part in parts])
        return Trained(network=network, target=target, history=history)

    def _inputs(self) -> PictureInputs:
        """Return the pictures as networks take them."""
        pixels = self.pixels_MHW3
        if not isinstance(pixels, Tensor):
            with warnings.catch_warnings():
                # What a worker maps from a file may not be written, and nobody does.
                warnings.filterwarnings("ignore", "The given NumPy array is not writable")
                pixels = torch.from_numpy(pixels)
        return PictureInputs(
            pixels_MHW3=pixels,
            at_N=torch.from_numpy(np.array(self.at_N)),
            size=self.plan.size,
            device=self.device,
        )


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
