"""Groups whose rows hold no target to tell."""

import numpy as np
import pandas as pd

import tenfold


def codes(table: pd.DataFrame) -> set[str]:
    return {one.code for one in tenfold.audit(table).findings if one.severity != "info"}


def test_groups_that_are_all_of_one_class_are_compared_without_a_warning() -> None:
    """Nothing can be told of such rows, and tests take warnings for errors."""
    draw = np.random.default_rng(0)
    batch = np.array([f"b{number}" for number in draw.integers(0, 40, 500)], dtype=object)
    kind = np.where(draw.random(500) < 0.35, "super", "plain")
    batch[kind == "plain"] = None
    table = pd.DataFrame({"x": draw.normal(size=500), "batch": batch, "kind": kind})
    assert codes(table) == {"A03"}  # that it is filled for one class only is told
