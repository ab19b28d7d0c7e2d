"""Keras models of each kind of layer, and arrays that they learn from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.data.folds.split import Splits
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.keras_models.making import KerasBody
from tenfold.seeds import Streams
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.fit import FoldFits
from tenfold.training.fit_arrays import LabelledArrays, fit_arrays
from tenfold.training.recipe import Recipe
from tenfold.training.watch import Callback, Deadline, Supervision

keras = load_keras()
layers = keras.layers
ROWS: Final = 60
FOLDS: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A function that makes a model, and the shape of its rows."""

    make: Callable[..., Any]
    shape: tuple[int, ...] = (5,)
    classes: int = 0
    draws: bool = False
    whole: bool = False  # numbers are whole


def sequential(*own: Any, shape: tuple[int, ...] = (5,), **compiled: Any) -> Any:
    model = keras.Sequential([keras.Input(shape), *own])
    if compiled:
        model.compile(**compiled)
    return model


def dense(outputs: int = 1) -> Any:
    return sequential(layers.Dense(8, activation="relu"), layers.Dense(outputs))


def regularised() -> Any:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.9)
    decayed = layers.Dense(8, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))
    adam = keras.optimizers.AdamW(schedule, weight_decay=0.01, global_clipnorm=0.5)
    return sequential(decayed, layers.Dense(1), optimizer=adam, loss="huber")


def momentum() -> Any:
    sgd = keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True, clipvalue=1.0)
    return sequential(
        layers.Dense(8, activation="relu"), layers.Dense(1), optimizer=sgd, loss="mse"
    )


def normed() -> Any:
    return sequential(
        layers.Dense(8, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dense(1),
    )


def dropped() -> Any:
    return sequential(layers.Dense(16, activation="relu"), layers.Dropout(0.3), layers.Dense(1))


def adapted() -> Any:
    return sequential(
        layers.Normalization(), layers.Dense(8, activation="relu"), layers.Dense(1)
    )


def binned() -> Any:
    return sequential(
        layers.Discretization(num_bins=4),
        layers.Embedding(5, 3),
        layers.Flatten(),
        layers.Dense(1),
    )


def functional(outputs: int) -> Any:
    entering = keras.Input((5,))
    hidden = layers.LayerNormalization()(layers.Dense(6, activation="gelu")(entering))
    whole = layers.Concatenate()([entering, hidden])
    return keras.Model(entering, layers.Dense(outputs, activation="softmax")(whole))


def yes_or_no() -> Any:
    ends = layers.Dense(1, activation="sigmoid")
    return sequential(
        layers.Dense(6, activation="relu"), ends, optimizer="adam", loss="binary_crossentropy"
    )


def convolved(outputs: int) -> Any:
    return sequential(
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(outputs),
        shape=(8, 8, 3),
    )


def recurrent() -> Any:
    return sequential(layers.GRU(4), layers.Dense(1), shape=(6, 2))


def ends_for_classes(inputs: int) -> Any:
    model = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(1)])
    model.compile("adam", "binary_crossentropy")
    return model


def looks_up_words() -> Any:
    words = keras.Input((1,), dtype="string", name="town")
    return keras.Model(words, keras.layers.StringLookup()(words))


class Doubled(keras.Model):  # type: ignore[misc, name-defined]
    """A model with a class of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.last = layers.Dense(6, activation="relu"), layers.Dense(1)

    def call(self, entering: Any) -> Any:
        return self.last(self.hidden(2 * entering))


CASES: Final[Mapping[str, Case]] = {
    "dense": Case(make=dense),
    "regularised": Case(make=regularised),
    "momentum": Case(make=momentum),
    "normed": Case(make=normed),
    "dropped": Case(make=dropped, draws=True),
    "adapted": Case(make=adapted),
    "binned": Case(make=binned),
    "functional": Case(make=functional, classes=3),
    "yes or no": Case(make=yes_or_no, classes=2),
    "convolved": Case(make=convolved, shape=(8, 8, 3), classes=3),
    "recurrent": Case(make=recurrent, shape=(6, 2)),
    "subclassed": Case(make=Doubled),
}


def arrays_of(case: Case, seed: int = 0) -> LabelledArrays:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, *case.shape)).astype(np.float32)
    score = x.reshape(ROWS, -1)[:, :5] @ np.array([1.0, -2.0, 0.5, 0.0, 1.5])
    y: NDArray[Any] = score + rng.normal(0, 0.1, ROWS)
    if case.classes:
        y = np.searchsorted(np.quantile(y, np.arange(1, case.classes) / case.classes), y)
    return LabelledArrays(x_GNX=x[None], y_N=y, weights_N=np.ones(ROWS))


def splits_of(folds: int = FOLDS) -> Splits:
    held_out = np.arange(ROWS) % folds == np.arange(folds)[:, None]
    return Splits(learn=~held_out, held_out=held_out, numbers=tuple(range(folds)))


def fit_case(
    case: Case,
    arrays: LabelledArrays,
    splits: Splits,
    epochs: int = 3,
    *,
    batch_size: int = 8,
    make: Callable[..., Any] | None = None,
    watch: Callback | None = None,
    checkpoints: Checkpoints | None = None,
) -> FoldFits:
    return fit_arrays(
        KerasBody(make=make or case.make),
        arrays,
        splits,
        Recipe(epochs=epochs, batch_size=batch_size, cut="full", lr=1e-3),
        Streams(0),
        Supervision(watch or Callback(), Deadline(None), checkpoints),
    )


def in_turns(case: Case) -> Callable[..., Any]:
    """Return the function of a case, its models trained by Keras' own step."""

    def make(outputs: int = 1) -> Any:
        model = (
            case.make(outputs) if case.make in (dense, functional, convolved) else case.make()
        )
        if model.compiled:
            model.run_eagerly = True
        else:
            loss: Any = "mean_squared_error"
            if case.classes:
                final = case.make is functional
                loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not final)
            model.compile("adam", loss, run_eagerly=True)
        return model

    return make
