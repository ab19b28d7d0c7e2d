"""The tutorial's second program, a classifier of cats and dogs, written with Tenfold.

The steps are in the tutorial's order, with a note wherever Tenfold makes one unnecessary.
Without an argument, it classifies handwritten zeros and ones, which come with scikit-learn:

    python tutorial_classifier.py [FOLDER [IMAGE]]

FOLDER holds ``training_set`` and ``test_set``, each with a folder for each class, and IMAGE
is what to predict: by default ``single_prediction/cat_or_dog_1.jpg`` in FOLDER.
"""

# 1. Import all the required packages.
import sys
import tempfile
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_digits

from tenfold import TrainOptions, train


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
    # 2. Create an object of the sequential class: for a custom network, a function returns it.
    # 3. Convolution: 32 filters of 3 x 3 on 64 x 64 x 3 numbers, relu.
    # 4. Pooling: the largest number of each 2 x 2 square.
    # 5. Flattening: all feature maps become one long vector.
    # 6. Full connection: 128 hidden units, relu.
    # 7. Output layer: one unit, sigmoid.
    # 8. Compile it: Adam, binary cross-entropy, accuracy.
    #    Steps 2 to 8 are one name; "FILE.py:FUNCTION" would name a custom network.
    network = "tutorial"

    # 9. Image augmentation: rescale=1./255, shear 0.2, zoom 0.2, horizontal flip. It is part
    #    of the recipe of that network; test images are only rescaled.

    # 10. The training set and the test set, in batches of 32, at 64 x 64.
    # 11. Fit. One epoch shows every image once. The tutorial's steps_per_epoch=8000 counted
    #     images when it was written, and batches later; Tenfold's counts batches.
    run = train(
        folder / "training_set",
        test=folder / "test_set",
        network=network,
        training=TrainOptions(img_size=64, batch_size=32, epochs=epochs),
        seed=7,
        out=None,
    )
    accuracy = run.metrics["test"]["scores"]["accuracy"]
    print(f"Trained on: {run.metrics['rows']:,} images, classes {run.metrics['classes']}")
    print(f"Parameters: {run.metrics['parameters']:,}")
    interval = f"95 % interval {accuracy['low']:.3f} to {accuracy['high']:.3f}"
    print(f"Test set: accuracy {accuracy['value']:.3f}, {interval}")

    # 12. Prediction. There is no need to load, resize or reshape the image: a file is enough.
    # 13. The tutorial checks whether the result is exactly 1, which a sigmoid hardly ever is.
    #     Tenfold predicts the class that is more probable.
    result = run.predict(picture)
    prediction = result["prediction"].iloc[0].removesuffix("s")
    print(f"prediction = {prediction!r}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        pets = Path(sys.argv[1])
        single = pets / "single_prediction" / "cat_or_dog_1.jpg"
        main(pets, Path(sys.argv[2]) if len(sys.argv) > 2 else single, epochs=25)
    else:
        with tempfile.TemporaryDirectory() as home:
            main(Path(home), write_digits(Path(home)), epochs=3)
