"""One contender trains the ten networks of the tutorial's regressor, and prints JSON.

    python worker.py NAME SEED

NAME is ``tenfold``, ``torch``, ``keras-jax``, ``keras-torch`` or
``keras-tensorflow``. Seconds are those of training alone: no import, no reading,
no prediction; compilation counts, as it is part of training.

Shape letters in this file:
    F  folds    N  rows of a fold    B  rows in a step    S  steps of an epoch
    D  inputs   H  hidden units
"""

import json
import os
import sys
import time
from importlib import metadata
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold

FOLDS, EPOCHS, BATCH, HIDDEN = 10, 100, 5, 13
Answer = dict[str, Any]


def read() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return columns and target of the tutorial's table, which comes with the package."""
    text = (files("tenfold") / "samples" / "housing.data").read_text(encoding="utf-8")
    cells = np.array([line.split() for line in text.splitlines() if line.strip()], np.float32)
    return cells[:, :13], cells[:, 13]


def run_tenfold(seed: int) -> Answer:
    """Train through the public API, as ``tenfold train --network tutorial`` does."""
    import tenfold  # noqa: PLC0415 - each contender imports what it needs

    with as_file(files("tenfold") / "samples" / "housing.data") as path:
        run = tenfold.train(
            path,
            network="tutorial",
            seed=seed,
            training=tenfold.TrainOptions(device="cpu"),
            out=None,
        )
    metrics = run.metrics
    return {
        "seconds": metrics["seconds"]["train"],
        "total": metrics["seconds"]["total"],
        "mse": metrics["scores"]["mse"]["per_fold"],
        "version": metrics["versions"]["torch"],
    }


def run_torch(seed: int) -> Answer:
    """Train ten stacked networks in plain torch: matrix products with a fold axis, autograd."""
    import torch  # noqa: PLC0415

    inputs, target = (torch.from_numpy(part) for part in read())
    pairs = list(KFold(FOLDS).split(inputs))
    started = time.perf_counter()
    generator = torch.Generator().manual_seed(seed)
    weights = stack_torch(torch, inputs.shape[1], generator)
    optimizer = torch.optim.Adam(weights, lr=1e-3, eps=1e-7, fused=True)
    learn = [torch.from_numpy(learn) for learn, _ in pairs]
    for _ in range(EPOCHS):
        rows_SFB, share_SFB = deal_torch(torch, learn, generator)
        steps = zip(inputs[rows_SFB], target[rows_SFB], share_SFB, strict=True)
        for x_FBD, y_FB, share_FB in steps:
            said_FB = forward_torch(torch, weights, x_FBD)
            loss = ((said_FB - y_FB).square() * share_FB).sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    seconds = time.perf_counter() - started
    mse = []
    with torch.no_grad():
        said_FN = forward_torch(torch, weights, inputs.expand(FOLDS, -1, -1))
    for said_N, (_, test) in zip(said_FN, pairs, strict=True):
        mse.append(float((said_N[test] - target[test]).square().mean()))
    return {"seconds": seconds, "mse": mse, "version": torch.__version__}


def stack_torch(torch: Any, columns: int, generator: Any) -> list[Any]:
    """Return weights and biases of both layers, each with a leading fold axis."""
    shapes = [(columns, HIDDEN), (1, HIDDEN), (HIDDEN, 1), (1, 1)]
    weights = [torch.zeros(FOLDS, *shape) for shape in shapes]
    for weight in weights[::2]:
        weight.normal_(std=0.05, generator=generator)
    return [weight.requires_grad_() for weight in weights]


def forward_torch(torch: Any, weights: list[Any], x_FBD: Any) -> Any:
    """Return what all networks say, shape (F, B)."""
    first, first_bias, last, last_bias = weights
    hidden_FBH = torch.relu(torch.baddbmm(first_bias, x_FBD, first))
    return torch.baddbmm(last_bias, hidden_FBH, last)[..., 0]


def deal_torch(torch: Any, learn: list[Any], generator: Any) -> tuple[Any, Any]:
    """Return rows of an epoch, (S, F, B), and their shares: 1 / B, 0 for fillers of the end."""
    longest = max(map(len, learn))
    padded = -(-longest // BATCH) * BATCH
    rows_FN = torch.zeros(FOLDS, padded, dtype=torch.int64)
    share_FN = torch.zeros(FOLDS, padded)
    for f, rows in enumerate(learn):
        order = torch.randperm(len(rows), generator=generator)
        rows_FN[f, : len(rows)] = rows[order]
        share_FN[f, : len(rows)] = 1 / BATCH
        rest = len(rows) % BATCH
        if rest:
            share_FN[f, len(rows) - rest : len(rows)] = 1 / rest
    cut = (t.view(FOLDS, -1, BATCH).transpose(0, 1).contiguous() for t in (rows_FN, share_FN))
    rows_SFB, share_SFB = cut
    return rows_SFB, share_SFB


def run_keras(seed: int, backend: str) -> Answer:
    """Train fold after fold in Keras, as the tutorial does."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    inputs, target = read()
    seconds, mse = [], []
    for learn, test in KFold(FOLDS).split(inputs):
        started = time.perf_counter()
        first, last = (keras.initializers.RandomNormal(stddev=0.05) for _ in range(2))
        model = keras.Sequential(
            [
                keras.Input((inputs.shape[1],)),
                keras.layers.Dense(HIDDEN, kernel_initializer=first, activation="relu"),
                keras.layers.Dense(1, kernel_initializer=last),
            ]
        )
        model.compile(loss="mean_squared_error", optimizer="adam")
        model.fit(inputs[learn], target[learn], epochs=EPOCHS, batch_size=BATCH, verbose=0)
        seconds.append(time.perf_counter() - started)
        said = np.asarray(model.predict(inputs[test], verbose=0))[:, 0]
        mse.append(float(np.mean((said - target[test]) ** 2)))
    version = metadata.version({"jax": "jax", "torch": "torch"}.get(backend, "keras"))
    if backend == "tensorflow":
        import tensorflow  # noqa: PLC0415

        version = tensorflow.__version__
    return {"seconds": sum(seconds), "mse": mse, "version": version}


def main() -> None:
    """Run the contender that the command line names."""
    name, seed = sys.argv[1], int(sys.argv[2])
    kind, _, backend = name.partition("-")
    if kind == "keras":
        found = run_keras(seed, backend)
    else:
        found = {"tenfold": run_tenfold, "torch": run_torch}[name](seed)
    print("\n" + json.dumps({"contender": name, "seed": seed} | found))


if __name__ == "__main__":
    main()
