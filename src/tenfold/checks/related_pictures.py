"""Pictures that belong together, as the names of their files tell and their looks confirm.

Frames of a video, crops of a sheet or cells of a patient resemble each other more than their
class explains. Where pictures of a group lie in several folds, the score is one for pictures of
known groups, not for those of the next video, sheet or patient.

Shape letters in this file:
    N  pictures    A  pictures asked about    T  tones of a picture
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tenfold.checks.column_readings import FEWEST
from tenfold.checks.finding import Finding
from tenfold.data.folds.deal import DEFAULT_FOLDS
from tenfold.data.folds.together import joined
from tenfold.data.pictures.name_groups import groups_by_pattern, ranks_by_name
from tenfold.data.pictures.near_copies import standardized
from tenfold.data.pictures.pictures import Pictures

ASKED: Final = 1_000
READ: Final = 10_000  # pictures whose tones are looked at
FEWEST_GROUPS: Final = 5
# EVIDENCE: sets of benchmarks/domains, (same - chance) / (1 - chance): cells by patient 0.31,
# faces by person 1.00; where names tell nothing, 0.06 at most.
KAPPA: Final = 0.2
# By order: signs 0.18, land 0.17, X-rays and letters 0.15; with shuffled names 0.03 at most.
KAPPA_OF_ORDER: Final = 0.12
TIMES: Final = 2.0  # as often as by chance
DEVIATIONS: Final = 5.0
REACHES: Final = (5, 10, 20, 40)  # places apart, in the order of names
FADED: Final = 1.5  # times chance; what is less no longer looks alike
FADED_DEVIATIONS: Final = 3.0
PARTS: Final = 8  # of a name, at most; and blocks of the rarest class, at least
ALIKE: Final = 0.9  # of the names, that are made of the same kinds of parts
STRIDE: Final = 8
_PART: Final = re.compile(r"[0-9]+|[^\W\d_]+")
FOLDER: Final = "([^/]+)/[^/]+$"
FIRST: Final = r"^[^\W_]+"
LAST: Final = r"[^\W_]+(?=\.[^.]*$)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """How often the picture that is most like another one belongs to its group.

    Attributes
    ----------
    same, chance : float
        Share of pictures for which it does, and would by chance.
    deviations : float
        How many standard deviations of chance lie between.
    """

    same: float
    chance: float
    deviations: float

    @property
    def kappa(self) -> float:
        """How much of what chance leaves open is reached."""
        return (self.same - self.chance) / (1 - self.chance)

    def proves(self, least: float) -> bool:
        """Tell whether pictures of a group look alike."""
        strong = self.same >= TIMES * self.chance and self.deviations >= DEVIATIONS
        return strong and self.kappa >= least


NONE: Final = Evidence(same=0.0, chance=0.0, deviations=0.0)


class Looks:
    """Which picture is most like another one, of those that may be compared.

    Parameters
    ----------
    pictures : Pictures
    target : ndarray of shape (N,), int64
        Only pictures of one class are compared.
    sets : ndarray of shape (N,), int64
        Copies are told of elsewhere, and stay in one fold anyway.
    """

    def __init__(
        self, pictures: Pictures, target: NDArray[np.int64], sets: NDArray[np.int64]
    ) -> None:
        self.asked_A = np.random.default_rng(0).permutation(len(pictures))[:ASKED]
        asked = self.asked_A
        self.free_AN = (target[asked][:, None] == target) & (sets[asked][:, None] != sets)
        self.free_A = np.maximum(self.free_AN.sum(axis=1), 1)
        x_NT, _ = standardized(pictures.thumbs)
        nearness = [x_NT[asked] @ x_NT.T]
        if len(pictures) <= READ:
            tones_NT = tones_of(pictures)
            squares_N = (tones_NT**2).sum(axis=1)
            nearness.append(2 * tones_NT[asked] @ tones_NT.T - squares_N)
        self.nearest = [
            np.where(self.free_AN, near_AN, -np.inf).argmax(axis=1) for near_AN in nearness
        ]

    def evidence(self, together_AN: NDArray[np.bool_]) -> Evidence:
        """Return the stronger of the evidence that shapes and tones give for groups."""
        of_group_A = (together_AN & self.free_AN).sum(axis=1)
        chance_A = of_group_A / self.free_A
        used = (of_group_A > 0) & (chance_A < ALIKE)
        if used.sum() < FEWEST:
            return NONE
        chance = float(chance_A[used].mean())
        spread = float(np.sqrt((chance_A * (1 - chance_A))[used].sum()))
        row = np.arange(len(self.asked_A))
        same = max(float(together_AN[row, near][used].mean()) for near in self.nearest)
        deviations = (same - chance) * int(used.sum()) / max(spread, 1e-9)
        return Evidence(same=same, chance=chance, deviations=deviations)


def tones_of(pictures: Pictures) -> NDArray[np.float32]:
    """Return ranks of means and deviations of colours, of the border, and of steps: (N, T)."""
    found = []
    for at in pictures.at:
        square = pictures.cache[at, ::STRIDE, ::STRIDE].astype(np.float32)
        border = np.concatenate([square[0], square[-1], square[:, 0], square[:, -1]])
        steps = np.abs(np.diff(square, axis=1)).mean()
        found.append(
            [*square.mean((0, 1)), *square.std((0, 1)), *np.median(border, axis=0), steps]
        )
    ranks = np.apply_along_axis(rankdata, 0, np.array(found)) / len(found)
    return (ranks - 0.5).astype(np.float32)


def check_related(
    pictures: Pictures, target: NDArray[np.int64], sets: NDArray[np.int64], of: str
) -> Iterator[Finding]:
    """Yield whether pictures of similar names look alike: A09.

    Parameters
    ----------
    pictures, target, sets
        See ``Looks``.
    of : str
        Which pictures are compared: ``" of their class"``.
    """
    if len(pictures) < 2 * FEWEST:
        return
    looks = Looks(pictures, target, sets)
    for pattern in patterns_of(pictures.files):
        groups = groups_by_pattern(pictures.files, pattern)
        _, group_N, sizes = np.unique(groups, return_inverse=True, return_counts=True)
        parts = _dealt(sets, group_N)
        if (sizes > 1).sum() < FEWEST_GROUPS or not parts:
            continue
        found = looks.evidence(group_N[looks.asked_A][:, None] == group_N)
        if found.proves(KAPPA):
            yield _finding(
                "images with similar names look alike",
                found,
                f"image{of} is of the same group, of {(sizes > 1).sum():,}",
                f"keep each group in one fold: --group-pattern {shlex.quote(pattern)}",
                parts,
            )
            return
    yield from _check_order(pictures.files, target, sets, looks, of)


def _dealt(sets: NDArray[np.int64], group_N: NDArray[np.int64]) -> int:
    """Return how many parts are left once copies have joined some groups; 0 if too few."""
    sizes = np.bincount(joined(sets, group_N))
    fit = len(sizes) >= FEWEST_GROUPS and int(sizes.max()) <= len(sets) // 2
    return len(sizes) if fit else 0


def _check_order(
    names: Sequence[str],
    target: NDArray[np.int64],
    sets: NDArray[np.int64],
    looks: Looks,
    of: str,
) -> Iterator[Finding]:
    """Yield whether pictures that follow each other by name look alike: A09."""
    rank = ranks_by_name(names)
    place_N = _places_in_class(np.array([rank[name] for name in names]), target)
    apart_AN = np.abs(place_N[looks.asked_A][:, None] - place_N)
    found = looks.evidence(apart_AN <= REACHES[0])
    if not found.proves(KAPPA_OF_ORDER):
        return
    reach = REACHES[0]
    for near, far in pairwise(REACHES):
        beyond = looks.evidence((apart_AN > near) & (apart_AN <= far))
        if beyond.same < FADED * beyond.chance or beyond.deviations < FADED_DEVIATIONS:
            break
        reach = far
    most = int(np.bincount(target).min()) // PARTS
    block = max(REACHES[0], min(2 * reach, most))
    block_N = np.unique([target, place_N // block], axis=1, return_inverse=True)[1].ravel()
    parts = _dealt(sets, block_N)
    if not parts:
        return
    yield _finding(
        "images that follow each other by name look alike",
        found,
        f"image{of} is at most {REACHES[0]} places away",
        f"keep images in a row in one fold: --group-block {block}",
        parts,
    )


def patterns_of(names: Sequence[str]) -> Iterator[str]:
    """Yield patterns for folders, beginnings of names, the shortest first, and their ends.

    Examples
    --------
    >>> list(patterns_of(["S058_006.png", "S044_003.png"]))[:2]
    ['([^/]+)/[^/]+$', '^S[0-9]+']
    """
    yield FOLDER
    stems = [name.rpartition("/")[2].rpartition(".")[0] for name in names]
    parts = [list(_PART.finditer(stem)) for stem in stems]
    pattern, counts = "^", False
    for at in range(min(max(map(len, parts), default=0), PARTS)):
        here = [found[: at + 1] for found in parts if len(found) > at]
        texts = [found[at][0] for found in here]
        numbers = np.mean([text[0] in "0123456789" for text in texts])
        if len(here) < ALIKE * len(names) or max(numbers, 1 - numbers) < ALIKE:
            break
        pattern += _one_or(r"[\W_]*", {_before(found) for found in here})
        if numbers >= ALIKE:
            pattern += "[0-9]+"
            counts = True
        else:
            pattern += _one_or(r"[^\W\d_]+", set(texts))
        if counts or len(set(texts)) > 1:
            yield pattern
    yield from (FIRST, LAST)


def _one_or(other: str, texts: set[str]) -> str:
    """Return the only text as a pattern, or another pattern if there are several."""
    return re.escape(texts.pop()) if len(texts) == 1 else other


def _before(found: Sequence[re.Match[str]]) -> str:
    """Return what stands before the last of some parts of a name, behind the one before it."""
    start = found[-2].end() if len(found) > 1 else 0
    return found[-1].string[start : found[-1].start()]


def _places_in_class(
    order_N: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the place of each picture among those of its class."""
    place_N = np.empty(len(order_N))
    for one in np.unique(target):
        member = target == one
        place_N[member] = rankdata(order_N[member])
    return place_N


def _finding(fact: str, found: Evidence, belongs: str, fix: str, parts: int) -> Finding:
    evidence = (
        f"for {100 * found.same:.0f} % of them the most similar {belongs}; by chance it would "
        f"be {100 * found.chance:.0f} %"
    )
    fix += f" --folds {parts}" if parts < DEFAULT_FOLDS else ""
    unless = "keep them as they are, if new images will come from the same groups"
    return Finding(
        code="A09",
        severity="warning",
        fact=fact,
        place={"evidence": evidence},
        fix=(fix, unless),
    )
