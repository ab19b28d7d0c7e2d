"""Who competes for pictures."""

from dataclasses import replace
from typing import Any, Final

from sklearn.svm import LinearSVC

from tenfold.comparison import picture_features
from tenfold.comparison.contenders import Contender
from tenfold.comparison.pipelines import baseline_guess, boosted_trees
from tenfold.comparison.problem import Problem
from tenfold.config import Decision, Quality

SQUARE_SIDE: Final = 96  # of the squares that classical models see, in pixels
# Networks that cost a training a fold run as many folds as so many pictures allow.
DEAR_PICTURES: Final = 1_500
SOFTNESS: Final = 0.005  # LinearSVC's C: there are more numbers than pictures


def picture_contenders(problem: Problem) -> tuple[list[Contender], tuple[Decision, ...]]:
    """Return who competes for pictures, and who is left out, and why."""
    dear = max(1, DEAR_PICTURES // len(problem))
    asked = problem.options.train.quality
    medium: Quality = "medium"
    pretrained = medium if asked == "best" else asked  # best costs a training a fold
    found = [Contender(name="baseline", kind="constant", make=baseline_guess), COLOURS]
    left_out: tuple[Decision, ...] = ()
    if picture_features.has_edges():
        found.append(EDGES)
    else:
        what, why = "HOG + linear SVM is left out", "scikit-image is not installed"
        left_out = (Decision(what=what, why=why, change_with="pip install 'tenfold[hog]'"),)
    found += [
        replace(TUTORIAL, most_folds=dear),
        replace(SCRATCH, most_folds=dear),
        replace(PRETRAINED, quality=pretrained),
    ]
    return found, left_out


def linear_svm(problem: Problem) -> Any:
    """Return a linear support vector machine."""
    return LinearSVC(C=SOFTNESS, random_state=problem.options.train.seed % 2**31)


COLOURS: Final = Contender(
    name="colours + LightGBM",
    kind="classical",
    make=boosted_trees,
    features=picture_features.colours,
    before=("square", "colour histogram"),
)
EDGES: Final = Contender(
    name="HOG + linear SVM",
    kind="classical",
    make=linear_svm,
    features=picture_features.edges,
    before=("square", "shades of grey", "histogram of oriented gradients"),
    favourite=True,
)
TUTORIAL: Final = Contender(name="tutorial's network", kind="deep", network="tutorial")
SCRATCH: Final = Contender(
    name="Tenfold, scratch", kind="deep", network="scratch", quality="fast"
)
PRETRAINED: Final = Contender(
    name="Tenfold, pretrained", kind="deep", network="pretrained", favourite=True
)
