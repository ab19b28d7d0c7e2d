"""Keras models as modules of torch, from which files are made that need no Keras.

Shape letters in this file:
    B  rows in a batch    O  outputs
"""

from typing import Any, final

import torch
from torch import Tensor, nn

from tenfold.errors import ExportError
from tenfold.nn.keras_models.building import use_variables
from tenfold.nn.keras_models.engine import Form, lend, mode_of, pick
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.keras_models.network import KerasNetwork


@final
class AloneOnTorch(nn.Module):
    """One Keras model, its outputs turned into values or logarithms of odds.

    Parameters
    ----------
    form : Form
    model : keras.Model
        With numbers of its own, on Keras' backend for torch.
    """

    def __init__(self, form: Form, model: Any) -> None:
        super().__init__()
        self.model, self._meaning = model, form.meaning

    def forward(self, x: Any) -> Tensor:
        """Return outputs, (1, B, O), of rows that lead with one network."""
        said_BW = self.model(pick(x, 0), **mode_of(self.model, training=False))
        return self._meaning.understood(said_BW[None].float())


def alone_on_torch(network: KerasNetwork, f: int) -> AloneOnTorch:
    """Return one of several Keras models as a module of torch.

    Raises
    ------
    ExportError
        X02, if Keras runs on another backend, or the model has classes of the user's own.
    """
    keras = load_keras()
    if keras.config.backend() != "torch":
        fact = f"Keras runs on {network.backend}, from which no program of torch can be made"
        raise ExportError("X02", fact, fix=["set KERAS_BACKEND=torch, and export again"])
    form = network.forms[f]
    try:
        model = keras.models.clone_model(form.model)
    except (NotImplementedError, TypeError, ValueError) as error:
        fact = f"the model of Keras cannot be copied: {error}".split("\n")[0]
        fix = ["build it as keras.Sequential or keras.Model(inputs, outputs)"]
        raise ExportError("X02", fact, fix=fix) from error
    use_variables(model)
    with torch.no_grad():
        lend(model, network.alone(f))
    return AloneOnTorch(form, model.eval())
