"""Problems whose answer is known, because their rows are made here.

A problem takes a source of random numbers and returns a table whose last column is the
target. Its docstring says why no other verdict than the expected one would be right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TARGET: Final = "y"
LARGE: Final = 4_000
SMALL: Final = 300
Numbers = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Problem:
    """How a table is made, and what is to be said of it.

    Parameters
    ----------
    make : callable
        From random numbers to a table.
    expected : {"yes", "no", "no_difference", "too_little_data"}
    """

    make: Callable[[Random], pd.DataFrame]
    expected: str

    @property
    def name(self) -> str:
        """As the command line takes it."""
        return self.make.__name__


def linear_small(random: Random) -> pd.DataFrame:
    """Return a weighted sum of 8 columns and noise, 300 rows.

    Ridge regression is the right model, and nearly as good as the true weights (8 weights
    of 300 rows). A network can at best be as good, and costs many times as much: no. There
    is little noise, for with much of it 300 rows do not show which is better.
    """
    columns = normal(random, SMALL, 8)
    return table(columns, noisy(random, weighted_sum(random, columns), 0.98))


def linear_large(random: Random) -> pd.DataFrame:
    """Return a weighted sum of 6 columns and noise, 4,000 rows.

    As ``linear_small``. A network comes close to the line here, but never beyond: no.
    """
    columns = normal(random, LARGE, 6)
    return table(columns, noisy(random, weighted_sum(random, columns), 0.8))


def linear_classes(random: Random) -> pd.DataFrame:
    """Return two classes whose log-odds are a weighted sum of 10 columns, 6,000 rows.

    That is the model of logistic regression, which is as good as the true weights. A
    network can at best be as good, and costs many times as much: no.
    """
    rows = 6_000
    columns = normal(random, rows, 10)
    odds = 3 * standard(weighted_sum(random, columns))
    return table(columns, words(random.random(rows) < 1 / (1 + np.exp(-odds))))


def products(random: Random) -> pd.DataFrame:
    """Return the sum of all 28 products of two of 8 columns, weighted, and noise, 4,000 rows.

    A line sees nothing: no column is correlated with the target. Trees need two cuts for
    each product and 28 products at once, and 4,000 rows do not fill so many leaves. A
    network of smooth units needs a few of them for each product: yes.
    """
    columns = normal(random, LARGE, 8)
    return table(columns, noisy(random, sum_of_products(random, columns), 0.95))


def product_classes(random: Random) -> pd.DataFrame:
    """Return the sign of such a sum, of 45 products of 10 columns, and noise, 4,000 rows.

    As ``products``, seen through two classes; neither is more frequent: yes.
    """
    columns = normal(random, LARGE, 10)
    hidden = noisy(random, sum_of_products(random, columns), 0.98)
    return table(columns, words(hidden > np.median(hidden)))


def rotated_waves(random: Random) -> pd.DataFrame:
    """Return the sum of 3 sines along slanting directions of 8 columns and noise, 4,000 rows.

    Trees cut across single columns and build each slanting wave of many small steps; a
    line sees its slope at most. The first layer of a network turns to the 3 directions,
    and the rest is smooth functions of one variable: yes.
    """
    columns = normal(random, LARGE, 8)
    directions = np.linalg.qr(random.normal(size=(8, 3)))[0]
    hidden = np.sin(2 * columns @ directions).sum(axis=1)
    return table(columns, noisy(random, hidden, 0.95))


def axis_steps(random: Random) -> pd.DataFrame:
    """Return the sum of steps on 4 of 10 columns and noise, 4,000 rows.

    Each of the 4 columns is cut into 12 intervals, and each interval has a level of its
    own. Boosted trees cut just there, add up columns and leave out the others. A smooth
    function cannot jump, and a network takes all columns in: it can at best be as good,
    at many times the cost: no.
    """
    columns = random.random((LARGE, 10))
    intervals = (12 * columns[:, :4]).astype(int)
    levels = random.normal(size=(4, 12))
    hidden = levels[np.arange(4), intervals].sum(axis=1)
    return table(columns, noisy(random, hidden, 0.9))


def tree_classes(random: Random) -> pd.DataFrame:
    """Return two classes told by a tree of depth 4 on 4 of 10 columns, 4,000 rows.

    A label in twenty is drawn anew. The truth is a tree and trees are among the classical
    models: they find the 15 cuts, and a network can at best come near: no.
    """
    columns = random.random((LARGE, 10))
    leaf = np.zeros(LARGE, dtype=int)
    for level in range(4):
        cuts = random.uniform(0.3, 0.7, size=2**level)
        leaf = 2 * leaf + (columns[:, level] > cuts[leaf])
    first = random.permutation(np.arange(16) < 8)[leaf]
    anew = random.random(LARGE) < 0.05
    return table(columns, words(np.where(anew, random.random(LARGE) < 0.5, first)))


def noise_small(random: Random) -> pd.DataFrame:
    """Return a target that is drawn apart from its 8 columns, 300 rows.

    There is nothing to learn, so nobody beats the mean; and 300 rows are enough to see
    that nobody would come far: no difference.
    """
    return table(normal(random, SMALL, 8), random.normal(size=SMALL))


def noise_large(random: Random) -> pd.DataFrame:
    """Return a target that is drawn apart from its 4 columns, 4,000 rows.

    As ``noise_small``: no difference.
    """
    return table(normal(random, LARGE, 4), random.normal(size=LARGE))


def noise_classes(random: Random) -> pd.DataFrame:
    """Return two classes that are drawn apart from their 8 columns, 1,000 rows.

    As ``noise_small``, of classes: nobody is right more often than one time in two: no
    difference.
    """
    return table(normal(random, 1_000, 8), words(random.random(1_000) < 0.5))


def too_few(random: Random) -> pd.DataFrame:
    """Return half a line and half products of 4 columns, and noise, 36 rows.

    With many rows a network would win, for half of the target is products. With 36 a fold
    tests on a handful of rows, a score of which varies by far more than any difference
    that would matter: too little data.
    """
    columns = normal(random, 36, 4)
    line = standard(weighted_sum(random, columns))
    hidden = line + standard(sum_of_products(random, columns))
    return table(columns, noisy(random, hidden, 0.7))


PROBLEMS: Final = {
    problem.name: problem
    for problem in (
        Problem(make=linear_small, expected="no"),
        Problem(make=linear_large, expected="no"),
        Problem(make=linear_classes, expected="no"),
        Problem(make=products, expected="yes"),
        Problem(make=product_classes, expected="yes"),
        Problem(make=rotated_waves, expected="yes"),
        Problem(make=axis_steps, expected="no"),
        Problem(make=tree_classes, expected="no"),
        Problem(make=noise_small, expected="no_difference"),
        Problem(make=noise_large, expected="no_difference"),
        Problem(make=noise_classes, expected="no_difference"),
        Problem(make=too_few, expected="too_little_data"),
    )
}


def normal(random: Random, rows: int, columns: int) -> Numbers:
    """Return standard normal columns that have nothing to do with each other."""
    return random.normal(size=(rows, columns))


def standard(values: Numbers) -> Numbers:
    """Return values of mean 0 and variance 1."""
    return (values - values.mean()) / values.std()


def signed(random: Random, count: int) -> Numbers:
    """Return weights none of which is near zero: 0.5 to 1.5 or its opposite."""
    return random.uniform(0.5, 1.5, size=count) * random.choice([-1, 1], size=count)


def weighted_sum(random: Random, columns: Numbers) -> Numbers:
    """Return a sum of all columns, each with its weight."""
    return columns @ signed(random, columns.shape[1])


def sum_of_products(random: Random, columns: Numbers) -> Numbers:
    """Return a sum of all products of two columns, each with its weight."""
    one, other = np.triu_indices(columns.shape[1], k=1)
    return weighted_sum(random, columns[:, one] * columns[:, other])


def noisy(random: Random, values: Numbers, r2: float) -> Numbers:
    """Return values with so much noise that the truth itself would reach this R2."""
    noise = random.normal(size=len(values))
    return np.sqrt(r2) * standard(values) + np.sqrt(1 - r2) * noise


def words(first: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Return the names of two classes."""
    return np.where(first, "a", "b")


def table(columns: Numbers, target: NDArray[Any]) -> pd.DataFrame:
    """Return columns x1, x2, ... and the target."""
    names = [f"x{number + 1}" for number in range(columns.shape[1])]
    return pd.DataFrame(columns, columns=names).assign(**{TARGET: target})
