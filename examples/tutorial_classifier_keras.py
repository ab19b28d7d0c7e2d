"""The tutorial's second program, a Keras classifier of cats and dogs, kept in Keras.

Lines, names and order are the tutorial's. A note that starts with "Changed" stands at each
line that today's libraries refuse, and says why. The network stays a Keras model; Tenfold
reads the pictures, trains, scores and predicts. It needs ``pip install 'tenfold[keras]'``.
Without an argument, it classifies handwritten zeros and ones, which come with scikit-learn:

    python tutorial_classifier_keras.py [FOLDER [IMAGE]]

FOLDER holds ``training_set`` and ``test_set``, each with a folder for each class, and IMAGE
is what to predict: by default ``single_prediction/cat_or_dog_1.jpg`` in FOLDER.
"""

# 1. Import all the required packages.
#    Changed: Keras runs on JAX, torch or TensorFlow, and would take TensorFlow unless it is
#    told otherwise before it is imported.
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import sys
import tempfile
from pathlib import Path

import numpy as np
from keras.layers import (
    Conv2D,
    Dense,
    Flatten,
    Input,
    MaxPooling2D,
    RandomFlip,
    RandomShear,
    RandomZoom,
)
from keras.models import Sequential
from keras.preprocessing import image
from PIL import Image
from sklearn.datasets import load_digits

from tenfold import TrainOptions, train


def network() -> Sequential:
    """Return the tutorial's network, compiled."""
    # 2. Create an object of the sequential class.
    #    Changed: a function does so, since each fold needs a network of its own. The name has
    #    an underscore throughout, where the tutorial also writes S-classifier and classifier.
    S_classifier = Sequential()

    # 3. Convolution.
    #    Changed: Keras warns about input_shape=(64, 64, 3) inside of Conv2D; an Input says the
    #    same.
    S_classifier.add(Input((64, 64, 3)))
    # 9. Image augmentation.
    #    Changed: it comes after compile in the tutorial. Keras dropped ImageDataGenerator, and
    #    has layers of the model instead, which change pictures in training only. shear_range
    #    was an angle, 0.2 radians when the tutorial was written; RandomShear takes its tangent,
    #    nearly the same number. It leans to one side, and the mirror images to the other.
    S_classifier.add(RandomShear(0.2, fill_mode="nearest"))
    S_classifier.add(RandomZoom(0.2, 0.2, fill_mode="nearest"))
    S_classifier.add(RandomFlip("horizontal"))
    S_classifier.add(Conv2D(32, (3, 3), activation="relu"))

    # 4. Pooling.
    S_classifier.add(MaxPooling2D(pool_size=(2, 2)))

    # 5. Flattening.
    #    Changed: the tutorial speaks of this layer, but its line is missing.
    S_classifier.add(Flatten())

    # 6. Full connection.
    S_classifier.add(Dense(units=128, activation="relu"))

    # 7. Output layer.
    S_classifier.add(Dense(units=1, activation="sigmoid"))

    # 8. Compile it.
    S_classifier.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return S_classifier


def write_digits(folder: Path) -> Path:
    """Write zeros and ones in the layout of the tutorial's folders of cats and dogs."""
    digits = load_digits(n_class=2)
    picture = folder / "single_prediction" / "zero_or_one_1.png"
    for number, (pixels, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        part = "test_set" if number % 5 == 0 else "training_set"
        path = folder / part / ("zeros", "ones")[digit] / f"{number:03}.png"
        if number == 1:
            path = picture  # a one that is not used for training
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * (255 / 16)).astype("uint8")).save(path)
    return picture


def main(folder: Path, picture: Path, epochs: int) -> None:
    """Train the tutorial's network, score it, and predict one image."""
    # 10. The training set and the test set, in batches of 32, at 64 x 64.
    #     Changed: flow_from_directory belonged to ImageDataGenerator; train takes the folders.
    #     Its pixels range from 0 to 1, so no layer stands for rescale=1./255.
    training_set = folder / "training_set"
    test_set = folder / "test_set"

    # 11. Fit.
    #     Changed: Keras dropped fit_generator. One epoch shows every image once, without
    #     steps_per_epoch=8000, which counted images when the tutorial was written and counts
    #     batches today. The test set is scored once, after the last epoch, as a whole: there
    #     are no validation_steps=2000.
    classifier = train(
        training_set,
        test=test_set,
        network=network,
        training=TrainOptions(img_size=64, batch_size=32, epochs=epochs),
        seed=7,
        out=None,
    )
    accuracy = classifier.metrics["test"]["scores"]["accuracy"]
    print(f"Trained on: {classifier.metrics['rows']:,} images", end=", ")
    print(f"classes {classifier.metrics['classes']}")
    print(f"Parameters: {classifier.metrics['parameters']:,}")
    interval = f"95 % interval {accuracy['low']:.3f} to {accuracy['high']:.3f}"
    print(f"Test set: accuracy {accuracy['value']:.3f}, {interval}")

    # 12. Prediction. The name of the file would do, but these lines still run.
    test_image = image.load_img(picture, target_size=(64, 64))
    test_image = image.img_to_array(test_image)
    test_image = np.expand_dims(test_image, axis=0)
    result = classifier.predict(test_image)

    # 13. Changed: the result is a table with a column for each class. The tutorial checks
    #     whether the result is exactly 1, which a sigmoid hardly ever is, and then says "cat"
    #     in any case, as the line with else is missing.
    cats, dogs = classifier.metrics["classes"]
    prediction = dogs if result[f"probability {dogs}"].iloc[0] > 0.5 else cats
    print(f"prediction = {prediction.removesuffix('s')!r}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        pets = Path(sys.argv[1])
        single = pets / "single_prediction" / "cat_or_dog_1.jpg"
        main(pets, Path(sys.argv[2]) if len(sys.argv) > 2 else single, epochs=25)
    else:
        with tempfile.TemporaryDirectory() as home:
            main(Path(home), write_digits(Path(home)), epochs=2)
