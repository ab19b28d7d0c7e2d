"""Whether networks fit into memory, told before they are trained.

The system does not refuse memory that it does not have: it ends the program that uses it.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.errors import NetworkError
from tenfold.machine import free_bytes, give_memory_back
from tenfold.nn.mlp import FoldMLP
from tenfold.nn.network import BLOCK, FoldNetwork
from tenfold.training.feed import CHUNK_NUMBERS, kept_numbers
from tenfold.training.recipe import Recipe

FLOAT32: Final = 4  # bytes
FLOAT64: Final = 8
# For each row of each network: its places in an order, in the steps and in a round, its shares
# in the loss, and whether it is learnt from or validated on.
PLANNED: Final = 56
START_ROWS: Final = 256  # that first weights are fitted to
MB: Final = 10**6
GB: Final = 10**9


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """The memory that the networks of a table take while they train.

    Parameters
    ----------
    rows : Encoded
    splits : Splits
    recipe : Recipe
    device : torch.device
        Only a processor's memory is looked at. That of a GPU is refused when it is asked
        for, which does not end the program.
    networks : int
        How many are trained, of all folds together.
    """

    rows: Encoded
    splits: Splits
    recipe: Recipe
    device: torch.device
    networks: int

    def require(self, network: FoldNetwork, outputs: int) -> None:
        """Refuse networks that need more memory than is free.

        Parameters
        ----------
        network : FoldNetwork
            May be on torch's device ``"meta"``, without memory of its own.
        outputs : int

        Raises
        ------
        NetworkError
            N09.
        """
        if self.device.type != "cpu":
            return
        there = sum(p.nbytes for p in network.parameters() if not p.is_meta)
        needed = self.needed_bytes(network, outputs)
        if needed <= free_bytes() + there:
            return
        give_memory_back()  # training would take what earlier steps left behind
        free = free_bytes() + there
        if needed <= free:
            return
        folds, networks = len(self.splits), self.networks
        raise NetworkError(
            "N09",
            f"training needs at least {_said(needed)} of memory, but only {_said(free)} are "
            "free",
            place={
                "networks": f"{networks}, {networks // folds} for each of {folds} folds",
                "weights": f"{_numbers(network) // networks:,} in each",
            },
            fix=self._cures(needed / max(free, 1)),
        )

    def needed_bytes(self, network: FoldNetwork, outputs: int) -> int:
        """Return how much memory training takes, at least.

        First weights are fitted to features of some rows, before anything else is there. Then
        what is counted is there at the same time: the network, the gradients, what drives the
        steps, the average, the best and the last good state; features of some steps, of
        validation rows and of small tables; and the plan of an epoch. At the end the networks
        alone are left, and the answers to rows held out.
        Peaks that were measured are larger by a tenth to a half.
        """
        recipe, width = self.recipe, network.features.all_width
        networks = self.networks
        rows = int(self.splits.learn.sum(axis=1).max())
        moving = (3 if recipe.optimizer == "adam" else 2) + 1 + (recipe.average is not None)
        states = 2 * moving + (1 if isinstance(network, FoldMLP) else 2)
        batch = max(CHUNK_NUMBERS, networks * min(recipe.batch_size, rows) * width)
        validated = networks * BLOCK * width
        kept = kept_numbers(len(self.splits), len(self.rows.target), width)
        held_out = int(self.splits.held_out.sum(axis=1).max())
        training = (
            FLOAT32 * (states * _numbers(network) + batch + validated + kept)
            + PLANNED * networks * rows
        )
        answers = FLOAT64 * 2 * networks * held_out * outputs
        most = max(training, FLOAT32 * _numbers(network) + answers)
        most += FLOAT64 * self.rows.numbers.size
        return max(most, self._start_bytes(network)) if isinstance(network, FoldMLP) else most

    def _start_bytes(self, network: FoldMLP) -> int:
        """Return what first weights take: numbers as they are, scaled numbers, features."""
        columns = network.features.center_FP.shape[1]
        of_row = (FLOAT64 + 2 * FLOAT32) * columns + FLOAT32 * network.features.all_width
        return FLOAT32 * _numbers(network) + self.networks * START_ROWS * of_row

    def _cures(self, times: float) -> list[str]:
        """Return what makes fewer or smaller networks; ``times`` too much is needed."""
        cures = []
        folds = int(len(self.splits) / times)
        if len(self.splits) > 2:
            cures.append(f"train fewer networks: --folds {max(2, folds)}")
        if self.recipe.validating and self.recipe.members > 2:
            cures.append("--quality fast")
        if self.recipe.validating:
            cures.append("leave out columns that are not informative: --kind NAME=constant")
        return [*cures, "train on a machine with more memory"]


def _numbers(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _said(size: int) -> str:
    return f"{size / GB:,.1f} GB" if size >= GB else f"{size // MB:,} MB"
