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
from tenfold.errors import NetworkError, UsageError
from tenfold.nn.keras_models.library import load_keras

Labels = Literal["value", "class", "one hot", "yes or no"]
Said = Literal["values", "logits", "probabilities"]

# Losses by what they take, in Keras' own names; others may take either.
OF_NUMBERS: Final = frozenset(
    {
        "huber",
        "log_cosh",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "poisson",
    }
)
OF_CLASS_NUMBERS: Final = "sparse_categorical_crossentropy"
OF_SEVERAL: Final = frozenset(
    {OF_CLASS_NUMBERS, "categorical_crossentropy", "categorical_focal_crossentropy"}
)
OF_CLASSES: Final = OF_SEVERAL | {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "kl_divergence",
}
# What comes of these is neither a number in the target's units nor a probability.
REFUSED: Final = frozenset(
    {"categorical_hinge", "cosine_similarity", "ctc", "hinge", "squared_hinge"}
)
GIVE_PROBABILITIES: Final = frozenset({"", "hard_sigmoid", "sigmoid", "softmax"})
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


def is_compiled(model: Any) -> bool:
    """Tell whether a model says how it is trained."""
    return bool(model.compiled and model.loss)


def compile_as_usual(model: Any, task: Task, width: int, lr: float | None) -> None:
    """Compile a model that was not.

    Adam, and mean squared error or cross-entropy, by the activation that the model ends with.
    ``lr`` takes the place of the learning rate that a compiled model has.
    """
    keras = load_keras()
    if not is_compiled(model):
        final = _last_activation(model)
        loss: Any = keras.losses.MeanSquaredError()
        if task != "regression" and width == 1:
            loss = keras.losses.BinaryCrossentropy(from_logits=final != "sigmoid")
        elif task != "regression":
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=final != "softmax")
        model.compile(optimizer=keras.optimizers.Adam(), loss=loss)
    if lr is not None:
        try:
            model.optimizer.learning_rate = lr
        except TypeError as error:
            fact = "--lr was given, but the optimizer of the Keras model has a schedule"
            raise UsageError("U02", fact, fix=["leave out --lr"]) from error


def read_meaning(model: Any, task: Task, width: int) -> Meaning:
    """Find how a compiled model is taught and understood.

    Raises
    ------
    NetworkError
        N10, if its loss does not fit the target.
    """
    loss = the_loss(model)
    name, final = loss_name(loss), _last_activation(model)
    if not _fits(name, task, width):
        raise _unfit(name, task, width)
    if task == "regression":
        return Meaning(labels="value", said="values", width=width)
    labels: Labels = "yes or no" if width == 1 else "one hot"
    if name == OF_CLASS_NUMBERS:
        labels = "class"
    if getattr(loss, "from_logits", False):
        return Meaning(labels=labels, said="logits", width=width)
    if final not in GIVE_PROBABILITIES:
        ending = "sigmoid" if width == 1 else "softmax"
        raise NetworkError(
            "N10",
            f"the loss {name} takes probabilities, but the model ends with {final} numbers",
            fix=[
                f'keras.layers.Dense({width}, activation="{ending}")',
                "a loss with from_logits=True",
            ],
        )
    return Meaning(labels=labels, said="probabilities", width=width)


def the_loss(model: Any) -> Any:
    """Return the one loss of a model, as an object or a function."""
    keras, loss = load_keras(), model.loss
    while isinstance(loss, dict | list | tuple) and len(loss) == 1:
        loss = next(iter(loss.values() if isinstance(loss, dict) else loss))
    if isinstance(loss, dict | list | tuple):
        fact = f"the model is compiled with {len(loss)} losses"
        raise NetworkError("N10", fact, fix=['model.compile(loss="mean_squared_error")'])
    try:
        return keras.losses.get(loss)
    except ValueError as error:
        fact = f"Keras has no loss {loss!r}"
        raise NetworkError(
            "N10", fact, fix=['model.compile(loss="mean_squared_error")']
        ) from error


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


def _fits(name: str, task: Task, width: int) -> bool:
    """Tell whether a loss can be taught a target by a model with so many outputs."""
    if name in REFUSED:
        return False
    if task == "regression":
        return name not in OF_CLASSES
    return name not in OF_NUMBERS and (width > 1 or name not in OF_SEVERAL)


def _unfit(name: str, task: Task, width: int) -> NetworkError:
    target = "a number" if task == "regression" else "a class"
    write = "mean_squared_error"
    if task != "regression":
        write = "binary_crossentropy" if width == 1 else OF_CLASS_NUMBERS
    many = "1 output" if width == 1 else f"{width} outputs"
    fact = f"the loss {name} does not fit a model with {many} whose target is {target}"
    fix = [f'model.compile(loss="{write}")']
    if task == "regression":
        fix.append("if the numbers are classes: --task classification")
    return NetworkError("N10", fact, fix=fix)


def _last_activation(model: Any) -> str:
    """Return the name of the activation that a model ends with; empty if none is found."""
    layers = getattr(model, "layers", [])
    outputs = getattr(model, "outputs", None) or [None]
    last = next((one for one in layers if getattr(one, "output", 0) is outputs[0]), None)
    if last is None:
        return ""
    if getattr(last, "layers", None):
        return _last_activation(last)
    if type(last).__name__ == "Softmax":
        return "softmax"
    return str(getattr(getattr(last, "activation", None), "__name__", ""))
