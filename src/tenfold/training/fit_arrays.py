"""From arrays and splits to one Keras model a fold, all in the same steps.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.nn.inputs import ArrayInputs
from tenfold.nn.keras_models.building import build_networks
from tenfold.nn.keras_models.entering import Arrays, ArraysByName, Entrance
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.targets import FoldTarget
from tenfold.nn.threads import make_ready
from tenfold.seeds import Streams
from tenfold.training.feed import ArrayFeed
from tenfold.training.fit import FoldFits, gather, make_stack, outputs_for
from tenfold.training.loop import Training
from tenfold.training.recipe import Recipe
from tenfold.training.watch import Supervision


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LabelledArrays:
    """What Keras models learn from.

    Attributes
    ----------
    x_GNX : ndarray of shape (1 or G, N, ...)
        The same for all folds, or what each fold's own preparation makes of all rows.
    y_N : ndarray of shape (N,)
        Numbers, or class numbers from 0.
    weights_N : ndarray of shape (N,)
    names : tuple of str
        Of columns, where rows have them.
    """

    x_GNX: NDArray[Any]
    y_N: NDArray[Any]
    weights_N: NDArray[np.float64]
    names: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """Whether numbers or classes are learnt."""
        return "regression" if self.y_N.dtype.kind == "f" else "classification"


def fit_arrays(
    body: KerasBody,
    arrays: LabelledArrays,
    splits: Splits,
    recipe: Recipe,
    streams: Streams,
    care: Supervision,
) -> FoldFits:
    """Train a Keras model for each fold, and let it answer the rows that the fold holds out.

    Targets are learnt in their own units, by the loss that the model is compiled with.

    Raises
    ------
    NetworkError
        N02, N03, N05, N10 or N11, if the function or its model does not do what it must, or
        the loss is not finite.
    """
    make_ready()
    plain = Encoded.of_numbers(np.zeros((len(arrays.y_N), 0)), arrays.y_N)
    rows = replace(plain, weights=arrays.weights_N)
    trained = splits.trained()
    stack = make_stack(rows, trained, arrays.task, recipe, streams)
    outputs = outputs_for(rows, arrays.task)
    inputs = array_inputs(arrays.x_GNX, trained)

    def rows_of(f: int, count: int | None) -> tuple[Tensor, Tensor, None]:
        at_1N = torch.from_numpy(np.flatnonzero(stack.learn_FN[f])[:count])[None]
        x_ANX = inputs.x_ANX if len(inputs.x_ANX) == 1 else inputs.x_ANX[f : f + 1]
        return *ArrayInputs(x_ANX=x_ANX).block(at_1N), None

    network = build_networks(
        body,
        [_shape_of(arrays.x_GNX)] * len(stack.members),
        outputs,
        arrays.task,
        [streams.integer("init", *member) for member in stack.members],
        lambda model: _entrance(model, arrays.names),
        rows_of,
    )
    target = FoldTarget(len(stack.members), arrays.task, outputs)
    feed, device = ArrayFeed(inputs), torch.device("cpu")
    training = Training(network, target, feed, rows, stack, recipe, streams, device)
    history = training.run(care)
    return gather(network, target, inputs, stack, splits, history)


def array_inputs(x_GNX: NDArray[Any], trained: Splits) -> ArrayInputs:
    """Return arrays as models take them; a refit sees what is made of all rows last."""
    if len(x_GNX) not in {1, len(trained)}:
        raise ValueError("there is one array for all folds, or one for each")
    x_ANX = torch.from_numpy(np.ascontiguousarray(x_GNX, dtype=np.float32))
    return ArrayInputs(x_ANX=x_ANX)


def _shape_of(x_GNX: NDArray[Any]) -> int | tuple[int, ...]:
    """Return what functions are told of what enters: a number of features, or a shape."""
    shape = x_GNX.shape[2:]
    return int(shape[0]) if len(shape) == 1 else tuple(map(int, shape))


def _entrance(model: Any, names: tuple[str, ...]) -> Entrance:
    inputs = [str(one.name) for one in getattr(model, "inputs", None) or []]
    if names and inputs and set(inputs) <= set(names):
        dtypes = {str(one.name): str(one.dtype) for one in model.inputs}
        return ArraysByName(
            places={name: names.index(name) for name in inputs},
            dtypes=dtypes,
        )
    return Arrays()
