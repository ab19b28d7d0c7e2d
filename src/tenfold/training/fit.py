"""What the networks of all folds learn from, and what they say of rows that they never saw.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows of the table    O  outputs
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.hold_out import validation_rows
from tenfold.data.folds.split import Splits
from tenfold.nn.inputs import Inputs
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.network import FoldNetwork, answer
from tenfold.nn.targets import FoldTarget
from tenfold.seeds import Streams
from tenfold.training.history import History
from tenfold.training.recipe import Recipe
from tenfold.training.stack import Stack


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoldFits:
    """The networks of all folds, trained.

    Attributes
    ----------
    network : FoldNetwork
        F networks: the members of fold 0 that answer, then those of fold 1, ...
    target : FoldTarget
    deployed : tuple of (FoldNetwork, FoldTarget)
        What answers new rows: the same; or those that learnt from all rows.
    stack : Stack
        All that were trained, among them those of a refit, and members that only validate.
    answers : tuple of G ndarray of shape (rows held out, O), float64
        What each fold says of the rows that it holds out: values, or probabilities.
    members : tuple of G ndarray of shape (members, rows held out, O), float64
        What each member of a fold says of them.
    history : History
    """

    network: FoldNetwork
    target: FoldTarget
    deployed: tuple[FoldNetwork, FoldTarget]
    stack: Stack
    answers: tuple[NDArray[np.float64], ...]
    history: History
    members: tuple[NDArray[np.float64], ...]

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What was decided while networks were built and trained."""
        history = self.history
        found = list(history.rescues)
        if isinstance(self.network, ModuleNetwork | KerasNetwork):
            turns = self.network.turns
            how = "one call of torch.func"
            if isinstance(self.network, KerasNetwork):
                how = "the same steps by Keras on " + self.network.backend
            alike = not isinstance(self.network, KerasNetwork) or self.network.alike
            of = "all folds" if alike else "folds whose models are alike"
            together = f"{of} are trained in {how}"
            what = "the folds are trained one after the other" if turns else together
            why = turns or "the network allows it"
            found.append(Decision(what=what, why=why, change_with="--network"))
        if history.stopped_by is not None:
            last, why = history.lines[-1].epoch, history.stopped_by
            state = "best" if self.stack.validation_FN.any() else "last"
            what = f"training stopped in epoch {last}; the {state} state was kept"
            found.append(Decision(what=what, why=why, change_with="--time-limit"))
        elif self.stack.validation_FN.any():
            low, high = history.best_epoch_G.min(), history.best_epoch_G.max()
            what = f"the folds kept their states from epochs {low} to {high}"
            why = "these had the best score on the validation rows of each fold"
            if low == 0:
                stayed = int((history.best_epoch_G == 0).sum())
                what += f"; 0 is ridge regression, which {stayed} of them kept"
            found.append(Decision(what=what, why=why, change_with="--epochs"))
        return tuple(found)


def make_stack(
    rows: Encoded, splits: Splits, task: Task, recipe: Recipe, streams: Streams
) -> Stack:
    """Name the rows that each member of each fold learns from, and its validation rows.

    The first ``recipe.validating`` members leave out one block each of the fold's rows for
    validation; the others learn from all of the fold's rows. In time, the newest rows are
    left out. A member that never learnt from them is no longer what is wanted, so it only
    validates, and the fold has more members instead.
    """
    learn, validation, members = [], [], []
    more = recipe.validating if splits.in_time else 0
    for fold, fold_learn in zip(splits.numbers, splits.learn, strict=True):
        generator = streams.generator("blocks", fold)
        dealt = validation_rows(rows, fold_learn, task, recipe.blocks, generator)
        for member in range(recipe.members + more):
            own = fold_learn, np.zeros_like(fold_learn)
            learnt, left_out = next(dealt) if member < recipe.validating else own
            learn.append(learnt)
            validation.append(left_out)
            members.append((fold, member))
    return Stack.of(np.stack(learn), np.stack(validation), tuple(members), more)


def outputs_for(rows: Encoded, task: Task) -> int:
    """Return how many numbers a network says of a row: one, or one for each class or label."""
    if task == "multilabel":
        return int(rows.target.shape[1])
    return 1 if task == "regression" else int(rows.target.max()) + 1


def gather(
    network: FoldNetwork,
    target: FoldTarget,
    inputs: Inputs,
    stack: Stack,
    splits: Splits,
    history: History,
) -> FoldFits:
    """Tell networks that were scored from those that answer, and ask about held-out rows."""
    fold_F, scored_F = stack.fold_F, stack.answering_F
    deployed = network, target
    if splits.refit:
        at = np.flatnonzero(scored_F & (fold_F == len(splits)))
        deployed = network.only(at), target.only(at)
        scored_F &= fold_F < len(splits)
    if not scored_F.all():
        at = np.flatnonzero(scored_F)
        network, target = network.only(at), target.only(at)
        deployed = deployed if splits.refit else (network, target)
    members = int(scored_F.sum()) // len(splits)
    said = ask_held_out(network, target, inputs.seen_by(network), splits, members)
    return FoldFits(
        network=network,
        target=target,
        deployed=deployed,
        stack=stack,
        answers=tuple(one.mean(axis=0) for one in said),
        members=said,
        history=history,
    )


def answer_held_out(
    network: FoldNetwork, target: FoldTarget, inputs: Inputs, splits: Splits, members: int
) -> tuple[NDArray[np.float64], ...]:
    """Return, for each fold, the mean answer of its members to the rows it holds out.

    Returns
    -------
    tuple of G ndarray of shape (rows held out, O), float64
    """
    members_GMNO = ask_held_out(network, target, inputs, splits, members)
    return tuple(said.mean(axis=0) for said in members_GMNO)


def ask_held_out(
    network: FoldNetwork, target: FoldTarget, inputs: Inputs, splits: Splits, members: int
) -> tuple[NDArray[np.float64], ...]:
    """Return what each member of each fold says of the rows that the fold holds out.

    Returns
    -------
    tuple of G ndarray of shape (members, rows held out, O), float64
    """
    counts_G = splits.held_out.sum(axis=1)
    if not counts_G.any():
        return tuple(np.zeros((members, 0, target.outputs)) for _ in counts_G)
    rows_GM = np.zeros((len(splits), counts_G.max()), dtype=np.int64)
    for g, held_out in enumerate(splits.held_out):
        rows_GM[g, : counts_G[g]] = np.flatnonzero(held_out)
    rows_FM = torch.from_numpy(rows_GM.repeat(members, axis=0)).to(target.mean_F.device)
    blocks = answer(network, target, inputs, rows_FM)
    answers_FMO = torch.cat(list(blocks), dim=1)
    answers_GEMO = answers_FMO.unflatten(0, (-1, members)).cpu().numpy()
    return tuple(said[:, :count] for said, count in zip(answers_GEMO, counts_G, strict=True))


def pool_held_out(
    splits: Splits, answers: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return each row's answer by the folds that hold it out: their mean if several do.

    Returns
    -------
    ndarray of shape (N, O), float64
        NaN for rows that no fold holds out.
    """
    total_NO = np.zeros((splits.held_out.shape[1], answers[0].shape[1]))
    for held_out, said in zip(splits.held_out, answers, strict=True):
        total_NO[held_out] += said
    times_N1 = splits.held_out.sum(axis=0)[:, None]
    none_NO = np.full_like(total_NO, np.nan)
    return np.asarray(np.divide(total_NO, times_N1, out=none_NO, where=times_N1 > 0))
