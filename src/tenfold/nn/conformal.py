"""How far from an answer the truth may lie: scores of held-out rows, and where they are larger.

A score says how wrong networks were about a row that they never saw. Among n of them and that
of a new row each order is equally likely, so the new one is at most the k-th smallest, with
k = ceil(coverage x (n + 1)), in that share of cases (Vovk and others, "Algorithmic Learning in
a Random World", 2005; Lei and others, arXiv 1604.04173).

Shape letters in this file:
    N  rows    S  scores    P  columns of numbers    Q  columns of codes
    T  trees   I  inner nodes of a tree, 2^DEPTH - 1     L  leaves, 2^DEPTH
    K  knots of a line over answers
"""

import math
from typing import Final, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.errors import PredictError
from tenfold.option import check

DEPTH: Final = 3
NODES, LEAVES = 2**DEPTH - 1, 2**DEPTH
EMPTY_NUMBER: Final = -1e30  # what an empty cell counts as: a tree may part it from all others
MOST_SCORES: Final = 2_000  # kept in a model; more say nothing that could be measured
BEYOND: Final = float(np.finfo(np.float64).max)  # no bound: a file holds finite numbers only
# Of a squared half width, what is left however much the folds differ: at least half, as a fold
# that goes astray differs most where the mean of all is wrong, too.
LEAST_SHARE: Final = 0.5


@final
class Conformal(nn.Module):
    """Scores of held-out rows, and what says where larger errors are to be expected.

    That is a line over the answers, such as of prices, whose errors grow with them; and trees
    over the cells of a row. A score is an error divided by what both say.

    Parameters
    ----------
    scores : int
        S.
    trees : int
        T; 0 if rows are all alike.
    knots : int
        K; 0 if errors are alike whatever the answer.
    least_share : float
        Of a squared half width, what is left however much the folds differ.
    """

    scores_S: Tensor
    feature_TI: Tensor
    threshold_TI: Tensor
    value_TL: Tensor
    usual: Tensor
    knot_K: Tensor
    size_K: Tensor
    bounds: Tensor

    def __init__(
        self, scores: int, trees: int = 0, knots: int = 0, least_share: float = LEAST_SHARE
    ) -> None:
        super().__init__()
        self.least_share = least_share
        double = torch.float64
        self.register_buffer("scores_S", torch.zeros(scores, dtype=double))
        self.register_buffer("feature_TI", torch.zeros((trees, NODES), dtype=torch.int64))
        self.register_buffer("threshold_TI", torch.zeros((trees, NODES), dtype=double))
        self.register_buffer("value_TL", torch.zeros((trees, LEAVES), dtype=double))
        self.register_buffer("usual", torch.ones((), dtype=double))
        self.register_buffer("knot_K", torch.zeros(knots, dtype=double))
        self.register_buffer("size_K", torch.ones(knots, dtype=double))
        self.register_buffer("bounds", torch.tensor([-BEYOND, BEYOND], dtype=double))

    @classmethod
    def of(cls, scores: NDArray[np.float64], weights: NDArray[np.float64]) -> Self:
        """Keep the scores of rows that are all alike, at most MOST_SCORES of them.

        Parameters
        ----------
        scores, weights : ndarray of shape (N,)
        """
        order = np.argsort(scores, kind="stable")
        share = np.cumsum(weights[order]) / weights.sum()
        count = min(len(scores), MOST_SCORES)
        at = np.searchsorted(share, np.arange(1, count + 1) / count - 1e-9)
        made = cls(count)
        made.scores_S.copy_(torch.from_numpy(scores[order][np.minimum(at, len(scores) - 1)]))
        return made

    def with_trees(
        self,
        feature_TI: NDArray[np.int64],
        threshold_TI: NDArray[np.float64],
        value_TL: NDArray[np.float64],
        usual: float,
    ) -> "Conformal":
        """Return the same scores with trees that say how large they are beside ``usual``.

        Node i of a tree looks at column ``feature``; cells above its threshold go on to node
        2 i + 2, the others to 2 i + 1. What the leaves say adds up.
        """
        made = self._with(trees=len(feature_TI))
        made.usual.fill_(usual)
        buffers = (made.feature_TI, made.threshold_TI, made.value_TL)
        for buffer, found in zip(buffers, (feature_TI, threshold_TI, value_TL), strict=True):
            buffer.copy_(torch.from_numpy(found))
        return made

    def with_line(
        self, knot_K: NDArray[np.float64], size_K: NDArray[np.float64]
    ) -> "Conformal":
        """Return the same scores with how large errors are at answers, which rise.

        Between two knots the size lies on a line, beyond the last it stays as it is.
        """
        made = self._with(knots=len(knot_K))
        made.knot_K.copy_(torch.from_numpy(knot_K))
        made.size_K.copy_(torch.from_numpy(size_K))
        return made

    def within(self, lowest: float, highest: float) -> "Conformal":
        """Return the same with the least and the most that the target can be."""
        made = self._with()
        made.bounds.copy_(torch.tensor([lowest, highest], dtype=made.bounds.dtype))
        return made

    def _with(self, *, trees: int | None = None, knots: int | None = None) -> "Conformal":
        """Return a copy with room for so many trees or knots, and everything else filled in."""
        made = Conformal(
            len(self.scores_S),
            len(self.feature_TI) if trees is None else trees,
            len(self.knot_K) if knots is None else knots,
            self.least_share,
        )
        for name, buffer in self.named_buffers():
            own = getattr(made, name)
            if own.shape == buffer.shape:
                own.copy_(buffer)
        return made

    def usable(self, columns: int) -> bool:
        """Tell whether the numbers can be those of a model with so many columns."""
        tensors = (self.scores_S, self.threshold_TI, self.value_TL, self.usual)
        lines = (self.knot_K, self.size_K)
        numbers = (*tensors, *lines, self.bounds)
        finite = all(bool(torch.isfinite(one).all()) for one in numbers)
        inside = ((self.feature_TI >= 0) & (self.feature_TI < columns)).all()
        rising = (self.scores_S.diff() >= 0).all() & (self.knot_K.diff() > 0).all()
        right = (self.size_K > 0).all() & (self.bounds[0] <= self.bounds[1])
        share = 0 < self.least_share <= 1
        return finite and bool(inside) and bool(rising) and bool(right) and share

    def score(self, coverage: float) -> float:
        """Return what the score of a new row stays within in a share of cases.

        Raises
        ------
        UsageError
            U01, if the share is not between 0 and 1.
        PredictError
            P07, if there are too few scores to promise so much.

        Examples
        --------
        >>> Conformal.of(np.arange(1.0, 20.0), np.ones(19)).score(0.9)
        18.0
        """
        count = len(self.scores_S)
        check(0 < coverage < 1, "coverage", coverage, "above 0 and below 1")
        place = math.ceil(coverage * (count + 1) - 1e-9)
        if place > count:
            most = math.floor(1000 * count / (count + 1)) / 10
            raise PredictError(
                "P07",
                f"a coverage of {coverage:g} cannot be guaranteed",
                place={"held-out rows": f"{count:,}, enough for {most:g} %"},
                fix=["ask for less: --coverage 0.9", "train with more rows"],
            )
        return float(self.scores_S[max(place, 1) - 1])

    def scale(self, numbers_NP: Tensor, codes_NQ: Tensor, answers_N: Tensor) -> Tensor:
        """Return how large errors are at rows, beside others: shape (N,), float64.

        Parameters
        ----------
        numbers_NP : Tensor of shape (N, P)
            NaN where a cell is empty.
        codes_NQ : Tensor of shape (N, Q)
        answers_N : Tensor of shape (N,), float64
            What is said of the rows.
        """
        of_cells_N = self._by_cells(numbers_NP, codes_NQ)
        if len(self.knot_K) == 0:
            return of_cells_N
        step_K = self.knot_K.diff()
        # How far each answer is into each stretch between knots.
        into_NK = (answers_N[:, None] - self.knot_K[:-1]).clamp(min=0).minimum(step_K)
        slope_K = self.size_K.diff() / step_K
        return of_cells_N * (self.size_K[0] + (into_NK * slope_K).sum(dim=1))

    def ends(self, answers_N: Tensor, half_N: Tensor) -> tuple[Tensor, Tensor]:
        """Return the lower and the upper ends of intervals, both where the target can be."""
        low_N, high_N = (
            torch.minimum(torch.maximum(end_N, self.bounds[0]), self.bounds[1])
            for end_N in (answers_N - half_N, answers_N + half_N)
        )
        return low_N, high_N

    def _by_cells(self, numbers_NP: Tensor, codes_NQ: Tensor) -> Tensor:
        trees = len(self.feature_TI)
        if trees == 0:
            return self.usual.expand(numbers_NP.shape[0])  # a length may be symbolic here
        far = -EMPTY_NUMBER
        numbers_NP = torch.nan_to_num(numbers_NP, nan=-far, posinf=far, neginf=-far)
        numbers_NP = numbers_NP.clamp(-far, far).float()  # as evaluate/scale.py saw them
        cells_DN = torch.cat([numbers_NP, codes_NQ.float()], dim=1).T
        leaf_TN = self._leaves(cells_DN.contiguous(), 0, LEAVES)
        said_N = self.value_TL.gather(1, leaf_TN.long()).sum(dim=0)
        return torch.maximum(said_N, 0.1 * self.usual) + self.usual

    def _leaves(self, cells_DN: Tensor, node: int, leaves: int) -> Tensor:
        """Return which of the leaves below a node each row comes to in each tree, (T, N).

        All nodes are asked, rows in a line: faster than to go down with each row.
        """
        seen_TN = cells_DN.index_select(0, self.feature_TI[:, node])
        right_TN = seen_TN > self.threshold_TI[:, node, None]
        half = leaves // 2
        if half == 1:
            return right_TN.to(torch.int32)
        low_TN, high_TN = (self._leaves(cells_DN, 2 * node + k, half) for k in (1, 2))
        return torch.where(right_TN, high_TN + half, low_TN)

    def limits(self, coverage: float) -> tuple[float, float, float]:
        """Return what ``half_width`` goes by.

        That is the score of a share of cases, its square over the mean square of all, and the
        least share of a squared half width.

        Raises
        ------
        PredictError
            P07, if so much cannot be promised.
        """
        score, scores_S = self.score(coverage), self.scores_S.cpu().numpy()
        most = float(scores_S.max())  # the square of a large number is none
        if most == 0:
            return score, 0.0, self.least_share
        usual = float(np.mean((scores_S / most) ** 2))
        return score, (score / most) ** 2 / usual, self.least_share


def half_width(scale_N: Tensor, spread_N: Tensor, limits: tuple[float, float, float]) -> Tensor:
    """Return half the width of intervals around the mean of all folds, shape (N,).

    Scores are of single folds. Their mean is more accurate: the folds' squared errors
    are on average its own plus the variance between the folds (Krogh and Vedelsby, "Neural
    Network Ensembles, Cross Validation, and Active Learning", 1995), and that is known for
    every new row.

    Parameters
    ----------
    scale_N : Tensor
        What ``Conformal.scale`` says of the rows.
    spread_N : Tensor
        Variance between the folds' answers, divided by their number.
    limits : (float, float, float)
        What ``Conformal.limits`` returned.

    Examples
    --------
    >>> half_width(torch.tensor([1.0, 1.0]), torch.tensor([0.0, 0.5]), (2.0, 2.0, 0.5))
    tensor([2.0000, 1.7321])
    """
    score, ratio, least_share = limits
    alone_N = (score * scale_N) ** 2
    return torch.sqrt(torch.maximum(alone_N - ratio * spread_N, least_share * alone_N))
