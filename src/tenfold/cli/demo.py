"""What ``tenfold demo`` shows beside its scores, and the pictures that it learns from."""

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from tenfold.run import Run

ENLARGED = 8  # times; the digits are 8 x 8 pixels
SHOWN = 3


def write_digits(folder: Path) -> Path:
    """Write the digits that come with scikit-learn as PNG files, a folder for each.

    Files that are there already are left as they are.
    """
    digits = load_digits()
    for number, (pixels, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = folder / str(digit) / f"{number:04}.png"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        grey = (pixels * (255 / 16)).astype(np.uint8)
        side = grey.shape[0] * ENLARGED
        Image.fromarray(grey).resize((side, side), Image.Resampling.NEAREST).save(path)
    return folder


def show_houses(run: Run) -> None:
    """Print a few rows of the housing table, and what networks that never saw them say."""
    if run.study is None:
        return
    print("\nThree rows, predicted by networks that were not trained on them:")
    columns = ["median_house_value", "median_income", "housing_median_age", "ocean_proximity"]
    rows = run.study.data.frame[columns].head(SHOWN)
    rows.insert(0, "prediction", run.study.out_of_fold()[:SHOWN, 0].round().astype(int))
    print(rows.to_string(index=False))


def show_digits(run: Run, folder: Path) -> None:
    """Print what the network says of a few of the pictures."""
    print("\nThree images:")
    files = sorted(folder.glob("*/*.png"))[:: len(list(folder.glob("*/*.png"))) // SHOWN]
    answers = run.predict(files[:SHOWN])
    best = answers.filter(like="probability ").max(axis=1)
    for file, label, share in zip(answers.index, answers["prediction"], best, strict=True):
        print(f"{file}  {label}  {share:.2f}")
