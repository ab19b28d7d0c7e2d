"""Scores of texts: rows that a fold learns from are scored by its other rows."""

import numpy as np

from tenfold.data.cells.grams import count_grams
from tenfold.nn.text_fit import COMPONENTS, fit_text, parts_of_rows, unit

ROWS = 100
PLACES = [3, 8, 9, 11, 16, 23, 36, 37, 41, 45, 50, 52, 54, 55, 57, 58]


def counts(seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    words = [f"word{n}" for n in range(30)]
    return np.stack([count_grams(" ".join(draw.choice(words, 6)), 256) for _ in range(ROWS)])


def test_chance_has_no_score_in_rows_that_are_scored_by_others() -> None:
    draw = np.random.default_rng(0)
    target = draw.normal(size=(ROWS, 1))
    fit = fit_text(counts(), target, np.ones(ROWS), parts_of_rows(ROWS, None))
    assert abs(np.corrcoef(fit.scores_MS[:, 0], target[:, 0])[0, 1]) < 0.3
    said = unit(counts() * fit.weight_K) @ fit.basis_KC + fit.shift_C
    own = np.corrcoef(said[:, COMPONENTS], target[:, 0])[0, 1]
    assert own > np.corrcoef(fit.scores_MS[:, 0], target[:, 0])[0, 1] + 0.3  # the control


def test_a_row_does_not_change_its_own_score_by_its_target() -> None:
    target = np.random.default_rng(1).normal(size=(ROWS, 1))
    other = target.copy()
    other[7] += 0.01
    part = parts_of_rows(ROWS, None)
    one, two = (fit_text(counts(), y, np.ones(ROWS), part).scores_MS for y in (target, other))
    np.testing.assert_allclose(one[part == part[7]], two[part == part[7]], atol=1e-12)
    assert not np.allclose(one, two, atol=1e-9)  # the control: others see it


def test_the_places_of_words_stay_what_they_are() -> None:
    found = count_grams("Late, \u597d\u5403!", 64)
    assert found.shape == (64,)
    assert np.flatnonzero(found).tolist() == PLACES
