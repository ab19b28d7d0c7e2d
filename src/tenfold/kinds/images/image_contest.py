"""How models of images are compared.

Classical models see squares of one size, or what an expert measured in them; networks read the
same files again, each at the size that it learns from. Processes of classical models read this
module: it loads no torch.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.svm import LinearSVC

from tenfold.config import Decision, Quality, RunOptions, SchemaOptions
from tenfold.contest.contender import Contender
from tenfold.contest.contenders import BASELINE
from tenfold.contest.contest import Contest
from tenfold.contest.cost import Cost
from tenfold.contest.pipelines import PENALTIES, boosted_trees
from tenfold.contest.problem import Problem
from tenfold.contest.round import Round
from tenfold.data.tables.table import Table
from tenfold.kinds.images import image_expert
from tenfold.kinds.tables.table_contest import TableContest

SQUARE_SIDE: Final = 96  # of the squares that classical models see, in pixels
FOLDS: Final = 5
TARGET: Final = "target"  # of a table of an expert's features
# Networks that cost a training a fold run as many folds as so many pictures allow.
DEAR_PICTURES: Final = 1_500
SOFTNESS: Final = 0.005  # LinearSVC's C: there are more numbers than pictures
PART: Final = 1 / 8  # of a fold's pictures, on which a single core is timed
FEW_PICTURES: Final = 8_000  # fewer are shown to ``scratch`` more often, and take as long
EXPERT_SECONDS: Final = 9.0  # that a network for tables takes for a thousand such rows
STEPS: Final = {
    "pretrained": (
        "features of a pretrained network",
        "heads on these features, all folds at once",
    ),
    "tutorial": ("the tutorial's network, end to end from pixels to predictions",),
}


def squares_for(
    options: RunOptions, *, folds_given: bool
) -> tuple[RunOptions, tuple[Decision, ...]]:
    """Return the options by which images become the squares of classical models.

    The whole image is squashed into its square, as for networks that learn from pixels; unless
    folds are given, there are as many as these networks can afford.
    """
    train = replace(options.train, network="scratch", img_size=SQUARE_SIDE)
    folds = options.split.folds or FOLDS
    asked = replace(options, train=train, split=replace(options.split, folds=folds))
    if folds_given or options.split.folds is not None:
        return asked, ()
    why = "models that train on pixels take a long time"
    return asked, (Decision(what=f"{FOLDS} folds", why=why, change_with="--folds"),)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImageContest(Contest):
    """Squares of red, green and blue: ``X`` has the shape (N, S, S, 3), uint8."""

    limit_seconds: ClassVar[float] = 50.0
    unmeasured: ClassVar[Cost] = Cost(1.0, 1.0)
    engineered: ClassVar[frozenset[str]] = frozenset({"classical"})
    plain: ClassVar[str] = "pixels"
    asked_at_once: ClassVar[int | None] = 256

    kind: str = "images"

    def contenders(self) -> tuple[list[Contender], tuple[Decision, ...]]:
        """Return who competes, and who is left out, and why."""
        dear = max(1, DEAR_PICTURES // len(self))
        asked = self.options.train.quality
        medium: Quality = "medium"
        pretrained = medium if asked == "best" else asked  # best costs a training a fold
        networks = [
            replace(TUTORIAL, most_folds=dear),
            replace(SCRATCH, most_folds=dear),
            replace(PRETRAINED, quality=pretrained),
        ]
        edges = EDGES if self.task == "classification" else EDGES_TO_NUMBER
        if image_expert.has_edges():
            return [GUESS, COLOURS, edges, *networks], ()
        what, why = f"{edges.name} is left out", "scikit-image is not installed"
        left_out = Decision(what=what, why=why, change_with="pip install 'tenfold[hog]'")
        return [GUESS, COLOURS, *networks], (left_out,)

    def has_other_features(self, contender: Contender) -> bool:
        """Tell whether it can; of networks that see no pixels, one stands for all."""
        return contender.network in {None, "pretrained"}

    def with_other_features(self, contender: Contender) -> tuple[Contender, Contest]:
        """Return a classical model of pixels, or a network of what an expert measures.

        In the race, it is classical models that see what an expert measures.
        """
        if contender.network is None:
            return replace(contender, features=image_expert.pixels), self
        X = image_expert.expert_features(self.X)
        target = [self.classes[at] for at in self.y] if self.classes else self.y
        frame = X.assign(**{TARGET: target})
        lines = np.arange(1, len(frame) + 1)
        train = replace(self.options.train, network="auto")
        schema = SchemaOptions(target=TARGET, task=self.task, keep_counters=True)
        contest = TableContest(
            task=self.task,
            X=X,
            y=self.y,
            splits=self.splits,
            options=RunOptions(schema=schema, train=train),
            classes=self.classes,
            data=Table(frame=frame, lines=lines, source="engineered features"),
        )
        return replace(contender, network="auto", quality="fast"), contest

    @property
    def timed_share(self) -> float:
        """The share of a fold's pictures on which a single core is timed."""
        return PART

    def seconds(self, contender: Contender, this: Round, folds: int, learnt: float) -> float:
        """Return the seconds that a round is expected to take where costs were measured."""
        cost = contender.cost or self.unmeasured
        if this.other_features and contender.network is not None:
            return EXPERT_SECONDS * folds * learnt / 1000
        if contender.network == "scratch":
            learnt = max(learnt, FEW_PICTURES * this.share)
        pictures = float(len(self))
        if this.share < 1 and not this.afresh:  # they were seen in an earlier round
            pictures = 0.0
        elif this.tested < 1:
            pictures *= this.share
        return cost.once * pictures / 1000 + folds * cost.seconds(learnt, 1, 2, 0.0)

    def steps_of_network(self, network: str) -> tuple[str, ...]:
        """Return what a network does to images."""
        return STEPS.get(network, ("the network, end to end from pixels to predictions",))


def linear_svm(problem: Problem) -> Any:
    """Return a linear support vector machine."""
    return LinearSVC(C=SOFTNESS, random_state=problem.options.train.seed % 2**31)


def ridge(problem: Problem) -> Any:  # noqa: ARG001 - nothing is drawn
    """Return ridge regression, whose penalty is chosen in the fold."""
    return RidgeCV(alphas=PENALTIES)


GUESS: Final = replace(BASELINE, cost=Cost(0.0, 0.0))
COLOURS: Final = Contender(
    name="colours + LightGBM",
    make=boosted_trees,
    features=image_expert.colours,
    before=("square", "colour histogram"),
    likely=True,
    cost=Cost(0.9, 1.0, once=0.5),
)
EDGES: Final = Contender(
    name="HOG + linear SVM",
    make=linear_svm,
    features=image_expert.edges,
    before=("square", "shades of grey", "histogram of oriented gradients"),
    favourite=True,
    linear=True,
    cost=Cost(0.35, 1.0, once=1.9),
)
EDGES_TO_NUMBER: Final = replace(EDGES, name="HOG + ridge regression", make=ridge)
TUTORIAL: Final = Contender(
    name="tutorial's network", kind="deep", network="tutorial", cost=Cost(13.0, 1.0, once=0.6)
)
SCRATCH: Final = Contender(
    name="Tenfold, scratch",
    kind="deep",
    network="scratch",
    quality="fast",
    cost=Cost(14.0, 1.0, once=0.6),
)
PRETRAINED: Final = Contender(
    name="Tenfold, pretrained",
    kind="deep",
    network="pretrained",
    favourite=True,
    cost=Cost(0.05, 1.0, once=5.0),
)
