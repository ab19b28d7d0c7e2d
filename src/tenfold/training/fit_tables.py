"""From the coded rows of a table and splits to one trained network a fold.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows of the table
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.nn.features import FoldFeatures
from tenfold.nn.inputs import TableInputs
from tenfold.nn.keras_models.for_tables import table_networks
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.mlp import FoldMLP, MLPOptions
from tenfold.nn.network import LearningNetwork
from tenfold.nn.own_modules import own_network
from tenfold.nn.targets import FoldTarget
from tenfold.nn.threads import make_ready
from tenfold.seeds import Streams
from tenfold.training.device import move
from tenfold.training.feed import TableFeed
from tenfold.training.fit import FoldFits, gather, make_stack, outputs_for
from tenfold.training.history import merged
from tenfold.training.linear_start import start_linear
from tenfold.training.loop import Training
from tenfold.training.recipe import Plan
from tenfold.training.room import START_ROWS, Room
from tenfold.training.shard import Trained
from tenfold.training.spread import Spreading
from tenfold.training.stack import Stack
from tenfold.training.watch import Supervision


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TableShard:
    """What the networks of all folds, or of some, are made and trained from.

    Attributes
    ----------
    rows : Encoded
        N rows.
    splits : Splits
        Of the folds that are trained.
    stack : Stack
    features : FoldFeatures
    task : Task
    outputs : int
    plan : Plan
    streams : Streams
    device : torch.device
    """

    rows: Encoded
    splits: Splits
    stack: Stack
    features: FoldFeatures
    task: Task
    outputs: int
    plan: Plan
    streams: Streams
    device: torch.device

    @classmethod
    def of(
        cls,
        rows: Encoded,
        splits: Splits,
        task: Task,
        plan: Plan,
        streams: Streams,
        device: torch.device,
    ) -> Self:
        """Deal out the rows of all folds, and choose their features."""
        stack = make_stack(rows, splits, task, plan.recipe, streams)
        size = plan.body.embedding_size if isinstance(plan.body, MLPOptions) else None
        members = len(stack.members) // len(splits)
        features = FoldFeatures.of(rows, splits.learn, members, plan.features, size)
        return cls(
            rows=rows,
            splits=splits,
            stack=stack,
            features=features,
            task=task,
            outputs=outputs_for(rows, task),
            plan=plan,
            streams=streams,
            device=device,
        )

    def __len__(self) -> int:
        return len(self.splits)

    def only(self, fold: int) -> Self:
        """Return one fold alone, by position, whose networks become the same bit for bit."""
        at_F = self.stack.of_fold(fold)
        return replace(
            self,
            splits=self.splits.only(fold),
            stack=self.stack.only(at_F),
            features=self.features.shard(at_F),
        )

    def train(self, care: Supervision) -> Trained:
        """Make networks and train them, all in the same steps."""
        make_ready()
        body, recipe = self.plan.body, self.plan.recipe
        networks = len(self.stack.members)
        room = Room(self.rows, self.splits, recipe, self.device, networks=networks)
        if isinstance(body, MLPOptions):
            with torch.device("meta"):  # its sizes are known before there is memory for it
                room.require(FoldMLP(self.features, self.outputs, body), self.outputs)
        network, target = self.build()
        if not isinstance(body, MLPOptions):
            room.require(network, self.outputs)
        move(network, self.device)
        feed = TableFeed(self.inputs(network.features), len(self))
        training = Training(
            network, target, feed, self.rows, self.stack, recipe, self.streams, self.device
        )
        return Trained(network=network, target=target, history=training.run(care))

    def inputs(self, features: FoldFeatures) -> TableInputs:
        """Return the rows as networks with such features see them while they learn."""
        return TableInputs.of(features, self.rows.numbers, self.rows.codes, learning=True)

    def join(self, parts: Sequence[Trained]) -> Trained:
        """Return the networks of folds that were trained alone, side by side."""
        if not isinstance(self.plan.body, MLPOptions):
            raise TypeError("networks of this form are not trained alone")
        network = FoldMLP(self.features, self.outputs, self.plan.body)
        target = FoldTarget(len(self.stack.members), self.task, self.outputs)
        for fold, part in enumerate(parts):
            network.fill(self.stack.of_fold(fold), part.network)
            target.fill(self.stack.of_fold(fold), part.target)
        for module in (network, target):
            move(module, self.device)
        history = merged([part.history for part in parts])
        return Trained(network=network, target=target, history=history)

    def build(self) -> tuple[LearningNetwork, FoldTarget]:
        """Make networks that are ready to be trained."""
        body, stack, plan = self.plan.body, self.stack, self.plan
        target = FoldTarget(len(stack.members), self.task, self.outputs)
        if plan.standardize_target:
            target.estimate(self.rows, self.splits.learn)
        seeds = [self.streams.integer("init", *member) for member in stack.members]
        if isinstance(body, KerasBody):
            inputs, learn_FN = self.inputs(self.features), stack.learn_FN
            outputs, task = self.outputs, self.task
            return table_networks(body, inputs, learn_FN, outputs, task, seeds), target
        if not isinstance(body, MLPOptions):
            return own_network(self.features, self.outputs, body, seeds), target
        network = FoldMLP(self.features, self.outputs, body)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        inputs = self.inputs(self.features)
        network.start(*inputs.block(_start_rows(stack, generators)), generators)
        if plan.features.linear:
            start_linear(network, target, inputs, self.rows, stack.learn_FN)
            if plan.recipe.keep_start:
                with torch.no_grad():
                    network.weights[-1].zero_()
        return network, target


def fit_folds(
    rows: Encoded,
    splits: Splits,
    task: Task,
    plan: Plan,
    streams: Streams,
    device: torch.device,
    *,
    care: Supervision,
) -> FoldFits:
    """Train the networks of all folds: all in the same steps, or spread over workers.

    A row held out by a fold is never read for that fold: not for scales, not for
    batches, not to decide when to stop.

    Parameters
    ----------
    rows : Encoded
        N rows.
    splits : Splits
    task : {"regression", "classification", "multilabel"}
    plan : Plan
        Which network, on which features, by which recipe.
    streams : Streams
    device : torch.device
    care : Supervision

    Raises
    ------
    NetworkError
        N02, N03, N05, N08 or N09, if a network cannot be built, its loss is not finite, or
        memory runs out or would.
    ClusterError
        K02 or K03, if workers do not bring folds back, or differ from this program.
    """
    make_ready()
    whole = TableShard.of(rows, splits.trained(), task, plan, streams, device)
    spreading = None
    if isinstance(plan.body, MLPOptions):
        spreading = Spreading.found(device, care.checkpoints)
    found = spreading.train(whole, care) if spreading else whole.train(care)
    inputs = whole.inputs(found.network.features)
    return gather(found.network, found.target, inputs, whole.stack, splits, found.history)


def _start_rows(stack: Stack, generators: Sequence[torch.Generator]) -> Tensor:
    """Return START_ROWS rows that each network may learn from, some twice in a small table."""
    rows = []
    for learn, generator in zip(stack.learn_FN, generators, strict=True):
        own = torch.from_numpy(np.flatnonzero(learn))
        order = torch.randperm(len(own), generator=generator)
        rows.append(own[order[torch.arange(START_ROWS) % len(own)]])
    return torch.stack(rows)
