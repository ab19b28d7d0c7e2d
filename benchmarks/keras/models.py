"""The models of the cases, as their users write them: a function that returns one, compiled.

Keras takes its backend from ``KERAS_BACKEND`` when this file is first imported.
"""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

EMBEDDED = 8  # numbers of an embedding at most


def baseline_model() -> Any:
    """Return the tutorial's regressor."""
    model = keras.Sequential()
    model.add(keras.Input((13,)))
    model.add(layers.Dense(13, kernel_initializer="normal", activation="relu"))
    model.add(layers.Dense(1, kernel_initializer="normal"))
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model


def mlp() -> Any:
    """Return a regressor with batch norm and dropout."""
    model = keras.Sequential([keras.Input((8,))])
    for _ in range(2):
        model.add(layers.Dense(64))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1))
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model


def wide_and_deep(columns: Mapping[str, int]) -> Any:
    """Return a regressor whose output sees its inputs directly, and through two layers."""
    inputs, numbers, marks, tables = read_columns(columns, one_hot=True)
    wide = layers.Concatenate()([*numbers, *marks])
    deep = layers.Concatenate()([*numbers, *tables])
    for units in (64, 32):
        deep = layers.Dense(units, activation="relu")(deep)
    said = layers.Dense(1)(layers.Concatenate()([wide, deep]))
    model = keras.Model(inputs, said)
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model


def embeddings(columns: Mapping[str, int]) -> Any:
    """Return a classifier that learns a few numbers for each category."""
    inputs, numbers, _, tables = read_columns(columns, one_hot=False)
    hidden = layers.Concatenate()([*numbers, *tables])
    for units in (64, 32):
        hidden = layers.Dense(units, activation="relu")(hidden)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(loss="binary_crossentropy", optimizer="adam")
    return model


def read_columns(columns: Mapping[str, int], *, one_hot: bool) -> tuple[Any, Any, Any, Any]:
    """Return an input for each column, and what is behind those of numbers and categories.

    Parameters
    ----------
    columns : mapping of str to int
        How many codes each column has; 0 for numbers.
    one_hot : bool
        Whether categories are coded one by one, too.
    """
    inputs, numbers, marks, tables = {}, [], [], []
    for name, codes in columns.items():
        one = keras.Input((1,), name=name, dtype="int32" if codes else "float32")
        inputs[name] = one
        if not codes:
            numbers.append(one)
            continue
        table = layers.Embedding(codes, min(EMBEDDED, (codes + 1) // 2))
        tables.append(layers.Flatten()(table(one)))
        if one_hot:
            marks.append(layers.CategoryEncoding(codes, output_mode="one_hot")(one))
    return inputs, numbers, marks, tables


def classifier() -> Any:
    """Return the tutorial's classifier of pictures."""
    model = keras.Sequential()
    model.add(keras.Input((64, 64, 3)))
    model.add(layers.Conv2D(32, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(units=128, activation="relu"))
    model.add(layers.Dense(units=1, activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def resnet() -> Any:
    """Return a small residual network: three blocks, each half as wide and twice as deep."""
    entered = keras.Input((32, 32, 1))
    x = layers.Activation("relu")(convolution(entered, 8))
    for filters, stride in ((8, 1), (16, 2), (32, 2)):
        short = x if stride == 1 else convolution(x, filters, 1, stride)
        x = layers.Activation("relu")(convolution(x, filters, 3, stride))
        x = layers.Add()([convolution(x, filters), short])
        x = layers.Activation("relu")(x)
    said = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(entered, said)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def convolution(x: Any, filters: int, side: int = 3, stride: int = 1) -> Any:
    """Return a convolution with batch norm behind it."""
    x = layers.Conv2D(filters, side, strides=stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def gru() -> Any:
    """Return a recurrent regressor of sequences."""
    model = keras.Sequential([keras.Input((24, 4)), layers.GRU(32), layers.Dense(1)])
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model
