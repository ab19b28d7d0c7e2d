"""What ``compile`` says of a model: its loss, and what its outputs mean.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    W  outputs of the model    O  outputs
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import torch
from torch import Tensor
from torch.nn import functional

from tenfold.config import Task
from tenfold.errors import NetworkError
from tenfold.nn.keras_models.library import load_keras

Labels = Literal["value", "class", "one hot", "yes or no"]
Said = Literal["values", "logits", "probabilities"]

# Losses by what they take, in Keras' own names.
OF_NUMBERS: Final = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
        "poisson",
    }
)
OF_CLASS_NUMBERS: Final = frozenset({"sparse_categorical_crossentropy"})
OF_CLASSES: Final = frozenset(
    {
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "kl_divergence",
        "mean_squared_error",
    }
)
REFUSED: Final = frozenset(
    {"hinge", "squared_hinge", "categorical_hinge", "cosine_similarity", "ctc"}
)
LEAST: Final = 1e-7  # Keras' own epsilon: no probability is less


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """How a model is taught and understood.

    Parameters
    ----------
    labels : {"value", "class", "one hot", "yes or no"}
        As what the loss takes a row's target.
    said : {"values", "logits", "probabilities"}
        What the model's outputs are.
    width : int
        W.
    """

    labels: Labels
    said: Said
    width: int

    def taught(self, seen: Tensor) -> Tensor:
        """Return targets as the loss takes them, (..., 1 or W).

        Parameters
        ----------
        seen : Tensor of shape (...)
            Numbers, or class numbers.
        """
        if self.labels == "one hot":
            return functional.one_hot(seen, self.width).float()
        return seen[..., None].float() if self.labels != "class" else seen[..., None]

    def understood(self, said_FBW: Tensor) -> Tensor:
        """Return what a model says as values, or as logarithms of odds, (F, B, O)."""
        if self.said == "values":
            return said_FBW
        if self.said == "logits":
            none = torch.zeros_like(said_FBW)
            return torch.cat([none, said_FBW], dim=-1) if self.width == 1 else said_FBW
        sure = said_FBW.clamp(LEAST, 1 - LEAST)
        both = torch.cat([1 - sure, sure], dim=-1) if self.width == 1 else sure
        return both.log()


def compile_as_usual(model: Any, task: Task, width: int, lr: float | None) -> bool:
    """Compile a model that was not; return whether that was needed.

    Adam, and mean squared error or cross-entropy, by the activation that the model ends with.
    ``lr`` takes the place of the learning rate that a compiled model has.
    """
    keras = load_keras()
    needed = not (model.compiled and model.loss)
    if needed:
        final = _last_activation(model)
        loss: Any = keras.losses.MeanSquaredError()
        if task != "regression" and width == 1:
            loss = keras.losses.BinaryCrossentropy(from_logits=final != "sigmoid")
        elif task != "regression":
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=final != "softmax")
        model.compile(optimizer=keras.optimizers.Adam(), loss=loss)
    if lr is not None:
        model.optimizer.learning_rate = lr
    return needed


def read_meaning(model: Any, task: Task, outputs: int) -> Meaning:
    """Find how a compiled model is taught and understood.

    Raises
    ------
    NetworkError
        N10, if its loss does not fit the target.
    """
    width = int(model.outputs[0].shape[-1]) if model.outputs else outputs
    loss = the_loss(model)
    name = loss_name(loss)
    if name in REFUSED or (task == "regression") == (name in OF_CLASS_NUMBERS | OF_CLASSES):
        if name not in OF_NUMBERS or task != "regression":
            raise _unfit(name, task, width)
    if task == "regression":
        return Meaning(labels="value", said="values", width=width)
    labels: Labels = "yes or no" if width == 1 else "one hot"
    if name in OF_CLASS_NUMBERS:
        labels = "class"
    if name in OF_NUMBERS - OF_CLASSES or (width == 1 and name in OF_CLASS_NUMBERS):
        raise _unfit(name, task, width)
    said: Said = "logits" if getattr(loss, "from_logits", False) else "probabilities"
    if said == "probabilities" and _last_activation(model) not in {"sigmoid", "softmax"}:
        said = "logits" if name not in OF_CLASSES | OF_CLASS_NUMBERS else said
    return Meaning(labels=labels, said=said, width=width)


def the_loss(model: Any) -> Any:
    """Return the one loss of a model, as an object or a function."""
    keras, loss = load_keras(), model.loss
    while isinstance(loss, dict | list | tuple) and len(loss) == 1:
        loss = next(iter(loss.values() if isinstance(loss, dict) else loss))
    if isinstance(loss, dict | list | tuple):
        fact = f"the model is compiled with {len(loss)} losses"
        raise NetworkError("N10", fact, fix=['model.compile(loss="mean_squared_error")'])
    return keras.losses.get(loss)


def loss_name(loss: Any) -> str:
    """Return what Keras calls a loss, ``"mean_squared_error"``; a user's own by its name."""
    keras = load_keras()
    name = loss.name if isinstance(loss, keras.losses.Loss) else getattr(loss, "__name__", "")
    return str(name)


def weighted_loss(loss: Any) -> Callable[[Any, Any, Any], Any]:
    """Return a loss as a function of targets, outputs and the rows' shares, (B,)."""
    keras = load_keras()

    def of_object(target: Any, said: Any, share_B: Any) -> Any:
        return loss(target, said, sample_weight=share_B * share_B.shape[0])

    def of_function(target: Any, said: Any, share_B: Any) -> Any:
        each = keras.ops.reshape(loss(target, said), (share_B.shape[0], -1))
        return keras.ops.sum(keras.ops.mean(each, axis=-1) * share_B)

    return of_object if isinstance(loss, keras.losses.Loss) else of_function


def _unfit(name: str, task: Task, width: int) -> NetworkError:
    target = "a number" if task == "regression" else "a class"
    write = "mean_squared_error"
    if task != "regression":
        write = "binary_crossentropy" if width == 1 else "sparse_categorical_crossentropy"
    fact = f"the model is compiled with the loss {name}, but the target is {target}"
    fix = [f'model.compile(loss="{write}")']
    if task == "regression":
        fix.append("if the numbers are classes: --task classification")
    return NetworkError("N10", fact, fix=fix)


def _last_activation(model: Any) -> str:
    """Return the name of the activation that a model ends with, if it can be found."""
    layers = getattr(model, "layers", [])
    while layers and getattr(layers[-1], "layers", None):
        layers = layers[-1].layers
    if not layers:
        return ""
    last = layers[-1]
    found = getattr(last, "activation", None)
    if found is None:
        return {"Softmax": "softmax"}.get(type(last).__name__, "")
    return str(getattr(found, "__name__", ""))
