"""Tables, networks and comparisons for the tests of the engine.

Every table is made, not read, so that each test knows what is in it: numbers
with empty cells, truth values, a column of few words, one of so many words that
it goes through the networks' own tables, and a weight for each row.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold import train
from tenfold.config import SchemaOptions, SplitOptions, Task, TrainOptions
from tenfold.data.columns.encode import Encoded, encode
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.folds.equal_rows import in_order
from tenfold.data.folds.split import Splits
from tenfold.kinds.tables.networks.registry import choose_plan
from tenfold.kinds.tables.networks.table_network import Setting
from tenfold.nn.inputs import TableInputs
from tenfold.nn.network import FoldNetwork, answer
from tenfold.nn.own_modules import MakeModule
from tenfold.nn.targets import FoldTarget
from tenfold.run import Run
from tenfold.seeds import Streams
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.fit import FoldFits
from tenfold.training.fit_tables import fit_folds
from tenfold.training.recipe import Plan
from tenfold.training.watch import Callback, Deadline, Supervision
from tests.engine_options import asked

# TENFOLD_TEST_SEEDS=all repeats what depends on chance with twenty seeds.
SEEDS: Final = range(20) if os.environ.get("TENFOLD_TEST_SEEDS") == "all" else (0,)
over_seeds = pytest.mark.parametrize("seed", SEEDS)

TARGETS: Final = ("regression", "two classes", "five classes")
over_targets = pytest.mark.parametrize("kind", TARGETS)

CPU: Final = torch.device("cpu")
LONG: Final = 12  # words of the long column; more than 8 are not one-hot


def task_of(kind: str) -> Task:
    return "regression" if kind == "regression" else "classification"


def mixed_frame(kind: str = "regression", rows: int = 96, seed: int = 0) -> pd.DataFrame:
    """Return a table of every kind of column whose target ``y`` can be learnt."""
    rng = np.random.default_rng([seed, rows])
    size = rng.normal(50, 10, rows)
    age = rng.gamma(2.0, 20.0, rows).round()
    colour = rng.choice(["red", "green", "blue"], rows)
    town = np.resize([f"town {i:02}" for i in range(LONG)], rows)
    rng.shuffle(town)
    owned = rng.choice(["yes", "no"], rows)
    worth = 0.2 * (size - 50) + 2.0 * (colour == "red") + np.char.str_len(town) * 0.0
    worth = worth + (town > "town 05") - 0.02 * age + rng.normal(0, 0.3, rows)
    frame = pd.DataFrame(
        {
            "size": size,
            "age": age,
            "colour": colour,
            "town": town,
            "owned": owned,
            "w": rng.uniform(0.5, 2.0, rows).round(2),
        }
    )
    for name in ("size", "colour", "town"):
        frame.loc[rng.choice(rows, rows // 12, replace=False), name] = None
    if kind == "regression":
        frame["y"] = worth.round(4)
    else:
        classes = 2 if kind == "two classes" else 5
        ranks = np.argsort(np.argsort(worth)) * classes // rows
        frame["y"] = np.array(["ash", "birch", "cedar", "elm", "fir"])[ranks]
    return frame


def houses(rows: int = 60, seed: int = 3) -> pd.DataFrame:
    """Return a table like a user's: the last column is the target, and can be learnt."""
    rng = np.random.default_rng(seed)
    rooms = rng.integers(1, 8, rows).astype(float)
    area = (rooms * rng.normal(20, 4, rows)).round(1)
    town = rng.choice(["Ulm", "Bonn", "Kiel"], rows)
    price = (2 * area + 30 * (town == "Bonn")).round(1)
    return pd.DataFrame({"rooms": rooms, "area": area, "town": town, "price": price})


def three_folds(
    rows: int, *, unequal: bool = False
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return three folds as positions; unequal ones hold out a half, a third and a sixth."""
    fold = np.arange(rows) % 3
    if unequal:
        fold = np.array([0, 1, 0, 2, 0, 1])[np.arange(rows) % 6]
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(3)]


def scrambled(frame: pd.DataFrame, rows: NDArray[np.int64], seed: int) -> pd.DataFrame:
    """Return the table with every column, target and weights too, permuted among ``rows``."""
    rng = np.random.default_rng(seed)
    out = frame.copy()
    for name in frame.columns:
        column = out[name].to_numpy(copy=True)
        column[rows] = column[rng.permutation(rows)]
        out[name] = column
    return out


def spoiled(frame: pd.DataFrame, rows: NDArray[np.int64], seed: int) -> pd.DataFrame:
    """Return the table with cells of ``rows`` changed in every way that keeps a column's kind.

    They change places, are emptied, or become words and numbers that occur nowhere else;
    target and weights change places.
    """
    rng = np.random.default_rng(seed)
    out = scrambled(frame, rows, seed)
    for name in frame.columns.difference(["y", "w"]):
        column = out[name].astype(object).to_numpy(copy=True)
        words = isinstance(frame[name].dropna().iloc[0], str)
        for row in rows:
            change = rng.integers(4)
            if change == 0:
                column[row] = None
            elif change == 1:
                column[row] = column[rng.integers(len(column))]
            elif change == 2 and name != "owned":  # a third word would make it another kind
                new = round(float(rng.normal(0, 1000)), 3)
                first = rng.choice(["0", "A", "word", "\u00fc"])  # before or after known ones
                column[row] = f"{first} {rng.integers(99)}" if words else new
        out[name] = column if words else pd.to_numeric(column)
    return out


def scrambled_rows(rows: Encoded, at: NDArray[np.int64], seed: int) -> Encoded:
    """Return coded rows with every column permuted among the positions ``at``."""
    rng = np.random.default_rng(seed)

    def permuted(column: NDArray[np.float64]) -> NDArray[np.float64]:
        out = column.copy()
        out[at] = column[rng.permutation(at)]
        return out

    return replace(
        rows,
        numbers=np.stack([permuted(c) for c in rows.numbers.T], axis=1),
        codes=np.stack([permuted(c) for c in rows.codes.T], axis=1),
        target=permuted(rows.target),
        weights=permuted(rows.weights),
    )


def coded(frame: pd.DataFrame, *, weights: bool = True) -> tuple[Encoded, Task]:
    """Return the rows of a table as training gets them, and the task."""
    options = SchemaOptions(target="y", weight_column="w" if weights else None)
    table = read_table(frame)
    schema = infer_schema(table, "y", options, SplitOptions())
    return in_order(encode(table, schema)), schema.task


def splits_at(
    rows: Encoded, pairs: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> Splits:
    """Return folds of coded rows from positions among them."""
    learn, held_out = [], []
    for learn_at, test_at in pairs:
        learn.append(np.isin(np.arange(len(rows)), learn_at))
        held_out.append(np.isin(np.arange(len(rows)), test_at))
    return Splits(
        learn=np.stack(learn), held_out=np.stack(held_out), numbers=tuple(range(len(learn)))
    )


def linear_module(inputs: int, outputs: int) -> nn.Module:
    """Return a user's network that torch.func can run for all folds at once."""
    return nn.Sequential(nn.Linear(inputs, 8), nn.Tanh(), nn.Linear(8, outputs))


def normed_module(inputs: int, outputs: int) -> nn.Module:
    """Return a user's network whose folds must take turns: running means, random units."""
    return nn.Sequential(
        nn.Linear(inputs, 8, bias=False),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(8, outputs),
    )


NETWORKS: Final[Mapping[str, str | Callable[[int, int], nn.Module]]] = {
    "auto": "auto",
    "tutorial": "tutorial",
    "own": linear_module,
    "own in turns": normed_module,
}
# The tutorial's network is a regressor.
CASES: Final = [
    (kind, network)
    for kind in TARGETS
    for network in NETWORKS
    if network != "tutorial" or kind == "regression"
]
over_cases = pytest.mark.parametrize(("kind", "network"), CASES)


def plan_for(
    rows: Encoded, folds: int, task: Task, options: TrainOptions, make: MakeModule | None = None
) -> Plan:
    """Return the plan that a table gets."""
    schema = Schema(columns=(), target="y", task=task)
    setting = Setting(
        rows=rows, folds=folds, task=task, options=options, schema=schema, make=make
    )
    return choose_plan(setting)[0]


def small_plan(network: str, rows: Encoded, folds: int, task: Task, **changes: object) -> Plan:
    """Return the plan that a user of this network gets, for a few epochs."""
    given = NETWORKS[network]
    name, make = (given, None) if isinstance(given, str) else ("own", given)
    options = TrainOptions(network=name, epochs=4)
    plan = plan_for(rows, folds, task, options, make)
    return replace(plan, recipe=replace(plan.recipe, **changes)) if changes else plan


def fit(
    rows: Encoded,
    splits: Splits,
    task: Task,
    plan: Plan,
    *,
    seed: int = 0,
    watch: Callback | None = None,
    deadline: Deadline | None = None,
    checkpoints: Checkpoints | None = None,
) -> FoldFits:
    return fit_folds(
        rows,
        splits,
        task,
        plan,
        Streams(seed),
        CPU,
        care=Supervision(watch or Callback(), deadline or Deadline(None), checkpoints),
    )


def quick_run(
    frame: pd.DataFrame,
    network: str = "auto",
    *,
    seed: int = 0,
    epochs: int = 4,
    **options: object,
) -> Run:
    """Train on a mixed table for a few epochs and write nothing."""
    given = {"target": "y", "weight_column": "w", "folds": three_folds(len(frame)), "out": None}
    return train(
        frame, **asked(network=NETWORKS[network], seed=seed, epochs=epochs, **given | options)
    )


def fold_state(fits: FoldFits, fold: int) -> dict[str, Tensor]:
    """Return every weight and buffer of the networks of one fold."""
    mine = [i for i, (number, _) in enumerate(fits.stack.members) if number == fold]
    modules = {"network": fits.network, "target": fits.target}
    return {
        f"{prefix}.{name}": tensor[mine]
        for prefix, module in modules.items()
        for name, tensor in module.state_dict().items()
    }


def fold_answers(
    fits: FoldFits, fold: int, numbers: NDArray[np.float64], codes: NDArray[np.int64]
) -> Tensor:
    """Return what each network of a fold says of coded rows, shape (members, N, O)."""
    mine = [i for i, (number, _) in enumerate(fits.stack.members) if number == fold]
    return all_answers(fits.network, fits.target, numbers, codes)[mine]


def all_answers(
    network: FoldNetwork,
    target: FoldTarget,
    numbers: NDArray[np.float64],
    codes: NDArray[np.int64],
) -> Tensor:
    """Return what each network says of coded rows, shape (F, N, O)."""
    rows_FN = torch.arange(len(numbers)).expand(len(target.mean_F), -1)
    inputs = TableInputs.of(network.features, numbers, codes)
    blocks = answer(network, target, inputs, rows_FN)
    return torch.cat(list(blocks), dim=1)


def same_bits(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Tell whether two sets of tensors agree in names, shapes and every bit."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and one[name].numpy().tobytes() == other[name].numpy().tobytes()
        for name in one
    )


def run_state(run: Run) -> dict[str, Tensor]:
    """Return every weight and buffer of a run's model."""
    network = {f"network.{k}": v for k, v in run.model.network.state_dict().items()}
    return network | {f"target.{k}": v for k, v in run.model.target.state_dict().items()}
