"""An expert's columns: made row by row, and without the target."""

import numpy as np
import pandas as pd

from tenfold.config import RunOptions
from tenfold.contest.contenders import BASELINE
from tenfold.contest.contest import Contest
from tenfold.kinds.images.image_contest import PRETRAINED, ImageContest
from tenfold.kinds.images.image_expert import colours, edges, pixels, texture
from tenfold.kinds.tables.table_expert import expert_columns
from tests.engine_contests import contest_of


def shop(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "cost": rng.lognormal(3, 2, rows),
            "area": rng.uniform(1, 9, rows),
            "change": rng.normal(size=rows),
            "day": pd.date_range("2024-01-05", periods=rows, freq="11D"),
            "kind": rng.choice(["a", "b"], rows),
            "y": rng.normal(size=rows),
        }
    )


def problem_of(frame: pd.DataFrame) -> Contest:
    return contest_of(frame, folds=3, target="y")


def with_expert_features(problem: Contest) -> Contest:
    return problem.with_other_features(BASELINE)[1]


def test_ratios_products_logarithms_and_parts_of_dates_are_added() -> None:
    problem = problem_of(shop())
    X = with_expert_features(problem).X
    added = set(X.columns) - set(problem.X.columns)
    assert {"log cost", "area / cost", "area x cost", "day (month)", "day (year)"} <= added
    np.testing.assert_allclose(X["area / cost"], shop()["area"] / shop()["cost"])
    assert X["day (month)"].tolist() == shop()["day"].dt.month.tolist()


def test_networks_get_the_same_columns() -> None:
    problem = with_expert_features(problem_of(shop()))
    assert set(problem.X.columns) <= set(problem.data.frame.columns)


def test_nothing_is_divided_by_a_column_that_holds_zero() -> None:
    names = [name for name, _ in expert_columns(shop()[["change", "area"]], {})]
    assert "change / area" in names
    assert "area / change" not in names


def test_the_target_has_no_part_in_it() -> None:
    frame = shop()
    other = frame.assign(y=frame["y"].to_numpy()[::-1])
    one, two = (with_expert_features(problem_of(f)).X for f in (frame, other))
    pd.testing.assert_frame_equal(one, two)


def test_a_rows_columns_do_not_depend_on_other_rows() -> None:
    frame = shop()[["cost", "area", "change"]]
    whole = dict(expert_columns(frame, {}))
    part = dict(expert_columns(frame.iloc[:40].reset_index(drop=True), {}))
    for name in set(whole) & set(part):
        np.testing.assert_array_equal(whole[name][:40], part[name])


def test_features_of_a_picture_are_its_own() -> None:
    squares = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3), dtype=np.uint8)
    for feature in (colours, edges, texture, pixels):
        found = feature(squares)
        assert found.dtype == np.float32
        assert len(found) == 4
        assert np.isfinite(found).all()
        np.testing.assert_array_equal(found[1:2], feature(squares[1:2]))


def test_colours_tell_red_from_blue_and_edges_tell_stripes_apart() -> None:
    red, blue = np.zeros((2, 96, 96, 3), np.uint8)
    red[..., 0] = blue[..., 2] = 255
    assert np.abs(colours(red[None]) - colours(blue[None])).sum() > 1
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[::8] = 255
    turned = stripes.transpose(1, 0, 2)
    assert np.abs(edges(stripes[None]) - edges(turned[None])).sum() > 10


def test_pictures_become_a_table_of_features_for_a_network_for_tables() -> None:
    rng = np.random.default_rng(0)
    problem = ImageContest(
        task="classification",
        X=rng.integers(0, 256, (6, 96, 96, 3), dtype=np.uint8),
        y=np.array([0, 1, 0, 1, 0, 1]),
        splits=((np.arange(4), np.arange(4, 6)),),
        options=RunOptions(),
        classes=("cat", "dog"),
        source="somewhere",
    )
    contender, found = problem.with_other_features(PRETRAINED)
    assert (contender.network, found.kind) == ("auto", "table")
    assert found.data.frame["target"].tolist() == ["cat", "dog"] * 3
    assert len(found.data.frame.columns) == 1 + 124 + 10 + 36
