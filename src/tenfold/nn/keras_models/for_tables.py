"""Keras models on the rows of a table.

Shape letters in this file:
    F  networks side by side    N  rows
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Task
from tenfold.nn.features import FoldFeatures
from tenfold.nn.inputs import TableInputs
from tenfold.nn.keras_models.building import build_networks
from tenfold.nn.keras_models.entering import Columns, Entrance, Vector, named_columns
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.keras_models.network import KerasNetwork


def table_networks(
    body: KerasBody,
    inputs: TableInputs,
    learn_FN: NDArray[np.bool_],
    outputs: int,
    task: Task,
    seeds: Sequence[int],
) -> KerasNetwork:
    """Return F models of a user's function for the features of a table.

    Parameters
    ----------
    body : KerasBody
    inputs : TableInputs
        N rows.
    learn_FN : ndarray of shape (F, N), bool
        Rows that each network may learn from; no other is looked at.
    outputs : int
    task : {"regression", "classification"}
    seeds : sequence of F int

    Raises
    ------
    NetworkError
        See ``build_networks``.
    """
    features = inputs.features

    def entrance_of(model: Any) -> Entrance:
        named = named_columns(model, body.places, body.columns)
        return Vector(inputs_F=features.inputs_F) if named is None else Columns(named=named)

    def rows(f: int, count: int | None) -> tuple[Tensor, Tensor, FoldFeatures]:
        own = features.only(np.array([f]))
        texts_TNC = inputs.texts_TNC
        if texts_TNC is not None and features.texts is not None:
            texts_TNC = texts_TNC[[features.texts.of_F[f]]]
        alone = replace(inputs, features=own, texts_TNC=texts_TNC)
        at_1N = torch.from_numpy(np.flatnonzero(learn_FN[f])[:count])[None]
        at_1N = at_1N.to(inputs.codes_NQ.device)
        return *alone.block(at_1N), own

    network = build_networks(body, features.inputs_F, outputs, task, seeds, entrance_of, rows)
    network.features = features
    return network
