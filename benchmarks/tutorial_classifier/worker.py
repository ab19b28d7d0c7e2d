"""One contender trains the tutorial's network for pictures, and prints JSON.

    python worker.py NAME SEED FOLDER EPOCHS PART

NAME is ``tenfold``, ``torch``, ``torch-kept``, ``torch-fused``, ``torch-fused-kept``,
``keras-tensorflow``, ``keras-torch`` or ``keras-jax``; FOLDER holds ``training_set`` and
``test_set``. In the PART ``rates`` a contender trains and is not judged: the answer
holds the pictures per second of each epoch after the first. The PART ``work`` is the
same by the seconds that the processor worked for this process, which other programs
hardly change. In the PART ``accuracy`` it is judged after each epoch, as in the
tutorial; seconds are from the first file to the last judgement, without imports.
"""

import json
import os
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

SIZE, BATCH = 64, 32
KERAS_STEPS = 40  # of an epoch of the part rates, as Keras is slow
CLOCKS = {"rates": time.perf_counter, "work": time.process_time, "accuracy": time.perf_counter}
Answer = dict[str, Any]


def run_tenfold(seed: int, folder: Path, epochs: int, part: str) -> Answer:
    """Train through the public API, as ``tenfold train --network tutorial`` does."""
    import numpy as np  # noqa: PLC0415 - each contender imports what it needs
    import pandas as pd  # noqa: PLC0415

    import tenfold  # noqa: PLC0415
    from tenfold.training.watch import Callback  # noqa: PLC0415

    class Laps(Callback):
        """Notes the time at the end of each epoch."""

        def __init__(self) -> None:
            self.at: list[float] = []

        def epoch(self, done: int, most: int) -> None:  # noqa: ARG002
            self.at.append(CLOCKS[part]())

    laps = Laps()
    judged = part == "accuracy"
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        run = tenfold.train(
            folder if judged else folder / "training_set",
            network="tutorial",
            training=tenfold.TrainOptions(epochs=epochs, device="cpu"),
            seed=seed,
            out=out,
            callbacks=laps,
        )
        seconds = time.perf_counter() - started
        history = pd.read_csv(Path(run.folder) / "history.csv")
    found = {"seconds": seconds, "stages": run.metrics["seconds"]}
    found["version"] = run.metrics["versions"]["tenfold"]
    if judged:
        return found | {"accuracy": list(history["test_accuracy"])}
    pictures = int(run.study.splits.learn.sum())
    taken = np.diff(laps.at) if part == "work" else history["seconds"].diff()[1:]
    return found | {"rates": [pictures / lap for lap in taken]}


def run_torch(name: str, seed: int, epochs: int, part: str) -> Answer:
    """Take steps on one batch that is in memory: no files, no changes of pictures."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    if name.endswith("kept"):
        from tenfold.machine import keep_freed_memory  # noqa: PLC0415

        keep_freed_memory()
    torch.manual_seed(seed)
    side = (SIZE - 2) // 2
    network = nn.Sequential(
        nn.Conv2d(3, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(side * side * 32, 128),
        nn.ReLU(),
        nn.Linear(128, 1),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=1e-3, eps=1e-7, fused=True if "fused" in name else None
    )
    x_BCSS = torch.rand(BATCH, 3, SIZE, SIZE).to(memory_format=torch.channels_last)
    y_B1 = torch.randint(0, 2, (BATCH, 1)).float()
    rates = []
    steps = 188  # an epoch of 6,000 pictures
    clock = CLOCKS[part]
    for _ in range(epochs):
        started = clock()
        for _ in range(steps):
            with torch.autocast("cpu", torch.bfloat16):
                said_B1 = network(x_BCSS)
            loss = nn.functional.binary_cross_entropy_with_logits(said_B1.float(), y_B1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        rates.append(steps * BATCH / (clock() - started))
    return {"rates": rates[1:], "version": torch.__version__}


def run_keras(backend: str, seed: int, folder: Path, epochs: int, part: str) -> Answer:
    """Train in Keras, by the words of the tutorial where Keras still takes them."""
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if part == "work":
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    clock = CLOCKS[part]
    import keras  # noqa: PLC0415
    from keras.src.legacy.preprocessing.image import ImageDataGenerator  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    rates: list[float] = []

    class Clock(keras.callbacks.Callback):
        """Notes how fast the steps of an epoch were."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.started, self.steps = clock(), 0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.steps += 1
            self.seconds = clock() - self.started

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            rates.append(self.steps * BATCH / self.seconds)

    classifier = keras.models.Sequential()
    classifier.add(keras.Input((SIZE, SIZE, 3)))
    classifier.add(keras.layers.Conv2D(32, (3, 3), activation="relu"))
    classifier.add(keras.layers.MaxPooling2D(pool_size=(2, 2)))
    classifier.add(keras.layers.Flatten())
    classifier.add(keras.layers.Dense(units=128, activation="relu"))
    classifier.add(keras.layers.Dense(units=1, activation="sigmoid"))
    classifier.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    started = time.perf_counter()
    changed = ImageDataGenerator(
        rescale=1.0 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True
    )
    shown = {"target_size": (SIZE, SIZE), "batch_size": BATCH, "class_mode": "binary"}
    training = changed.flow_from_directory(folder / "training_set", **shown)
    test = ImageDataGenerator(rescale=1.0 / 255).flow_from_directory(
        folder / "test_set", **shown
    )
    judged = part == "accuracy"
    history = classifier.fit(
        training,
        epochs=epochs,
        steps_per_epoch=None if judged else KERAS_STEPS,
        validation_data=test if judged else None,
        callbacks=[Clock()],
        verbose=0,
    )
    seconds = time.perf_counter() - started
    found = {"seconds": seconds, "rates": rates[1:], "version": metadata.version("keras")}
    return found | ({"accuracy": history.history["val_accuracy"]} if judged else {})


def main() -> None:
    """Run the contender that the command line names."""
    name, seed, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    epochs, part = int(sys.argv[4]), sys.argv[5]
    kind, _, backend = name.partition("-")
    if kind == "keras":
        found = run_keras(backend, seed, folder, epochs, part)
    elif kind == "torch":
        found = run_torch(name, seed, epochs, part)
    else:
        found = run_tenfold(seed, folder, epochs, part)
    print("\n" + json.dumps({"contender": name, "seed": seed, "part": part} | found))


if __name__ == "__main__":
    main()
