"""FoldFeatures against a plain reference in NumPy, fold after fold."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tenfold.data.columns.encode import EMPTY, FIRST_LEVEL, UNSEEN, Encoded
from tenfold.nn.bins import bin_edges
from tenfold.nn.feature_layout import FeatureOptions
from tenfold.nn.features import ALIGNED, FoldFeatures

ROWS = 60
BINS = ((4, 0.3), (16, 0.1))


def make_rows(numbers: NDArray[np.float64], codes: NDArray[np.int64] | None = None) -> Encoded:
    rows = len(numbers)
    codes = np.zeros((rows, 0), dtype=np.int64) if codes is None else codes
    return Encoded(
        numbers=numbers,
        codes=codes,
        levels=tuple(int(column.max()) + 1 for column in codes.T),
        target=np.zeros(rows),
        weights=np.ones(rows),
        groups=None,
        times=None,
        rows=np.arange(rows),
    )


def two_folds() -> NDArray[np.bool_]:
    """Return the rows that two folds learn from: all but the last and all but the first ten."""
    at = np.arange(ROWS)
    return np.stack([at < ROWS - 10, at >= 10])


def features_of(
    rows: Encoded, options: FeatureOptions, *, each: int = 1, embedding_size: int | None = None
) -> FoldFeatures:
    return FoldFeatures.of(rows, two_folds(), each, options, embedding_size)


def call(features: FoldFeatures, rows: Encoded) -> NDArray[np.float32]:
    """Return the features of all rows by each network, shape (F, N, D)."""
    networks = len(features.center_FP)
    numbers = torch.from_numpy(rows.numbers).expand(networks, -1, -1)
    codes = torch.from_numpy(rows.codes).expand(networks, -1, -1)
    return np.asarray(features(numbers, codes))


def reference(
    column: NDArray[np.float64], learn: NDArray[np.bool_], style: str
) -> NDArray[np.float64]:
    """Return the features of one column of numbers, shape (N, D), by the text of the docs."""
    own, flag = column[learn & ~np.isnan(column)], np.isnan(column)[:, None]
    flags = [flag] if np.isnan(column[learn]).any() else []
    if style == "raw" or len(own) == 0:
        center, scale = 0.0, 1.0
    elif style == "standard":
        center, spread = own.mean(), own.std()
        scale = 1 / spread if spread > 0 else 0.0
    else:
        center = np.median(own)
        spread = np.subtract(*np.quantile(own, [0.75, 0.25]))
        whole = own.max() - own.min()
        scale = 1 / spread if spread > 0 else (2 / whole if whole > 0 else 0.0)
    z = np.where(np.isnan(column), 0.0, (column - center) * scale)
    if style != "binned":
        return np.concatenate([z[:, None], *flags], axis=1)
    own = (own - center) * scale
    own = own / np.sqrt(1 + (own / 3) ** 2)
    z = z / np.sqrt(1 + (z / 3) ** 2)
    out, finest = [z], 0
    most = len(np.unique(own)) - 1
    for wanted, height in BINS:
        bins = min(wanted, most)
        if most < 2 or bins <= finest:
            continue
        finest = bins
        values = np.unique(own)
        edges = (
            values if len(values) <= bins + 1 else np.quantile(own, np.arange(bins + 1) / bins)
        )
        for j in range(bins):
            if j + 1 >= len(edges) or edges[j + 1] == edges[j]:
                out.append(np.zeros(len(z)))
                continue
            share = (z - edges[j]) / (edges[j + 1] - edges[j])
            out.append(height * np.clip(2 * share - 1, -1, 1))
    return np.concatenate([np.stack(out, axis=1), *flags], axis=1)


def stacked(found: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Stack the features of folds, filled up with zeros where a fold has fewer."""
    most = max(one.shape[1] for one in found)
    return np.stack([np.pad(one, ((0, 0), (0, most - one.shape[1]))) for one in found])


def columns() -> dict[str, NDArray[np.float64]]:
    """Return columns of 60 rows that cover what a fold may meet."""
    rng = np.random.default_rng(0)
    at = np.arange(ROWS)
    gaps = rng.normal(size=ROWS)
    gaps[::7] = np.nan
    return {
        "many values": rng.normal(3, 2, ROWS),
        "heavy tails": rng.standard_cauchy(ROWS) * 1e6,
        "gaps": gaps,
        "two values": (at % 2).astype(float),
        "three values": (at % 3).astype(float) * 5,
        "few values": (at % 9).astype(float),
        "constant in fold 0": np.where(at < ROWS - 10, 4.0, 5.0),
        "nearly constant": np.where(at == 30, 9.0, 1.0),
        "empty in fold 0": np.where(at < ROWS - 10, np.nan, at),
        "dates": 1.7e9 + rng.permutation(ROWS) * 1.0,
    }


@pytest.mark.parametrize("style", ["raw", "standard", "binned"])
@pytest.mark.parametrize("name", columns())
def test_a_column_becomes_the_features_that_the_reference_computes(
    name: str, style: str
) -> None:
    """The control: each fold's reference differs from the other's wherever their rows do."""
    column = columns()[name]
    rows = make_rows(column[:, None])
    options = FeatureOptions(style=style, bins=BINS if style == "binned" else ())
    found = call(features_of(rows, options), rows)
    expected = stacked([reference(column, learn, style) for learn in two_folds()])
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
    if style != "raw" and name in {"many values", "heavy tails", "gaps"}:
        assert not np.allclose(expected[0], expected[1], rtol=1e-3, atol=1e-3)


def test_columns_side_by_side_are_coded_as_each_alone() -> None:
    """Columns of like codes are computed in one block; the blocks must not mix them up."""
    table = columns()
    rows = make_rows(np.stack(list(table.values()), axis=1))
    options = FeatureOptions(bins=BINS)
    features = features_of(rows, options)
    found = call(features, rows)
    assert features.width == found.shape[2]
    inputs = np.zeros(2, dtype=np.int64)
    for name, x in table.items():
        one = make_rows(x[:, None])
        alone = features_of(one, options)
        parts = call(alone, one)
        for fold, own in enumerate(alone.inputs_F):
            together = {column.tobytes() for column in found[fold].T}
            assert {column.tobytes() for column in parts[fold, :, :own].T} <= together, name
        inputs += alone.inputs_F
    assert features.inputs_F == tuple(inputs)
    assert inputs[0] != inputs[1]
    assert (found[0, :, inputs[0] :] == 0).all()


def test_a_fold_reads_no_row_that_it_holds_out() -> None:
    rows = make_rows(np.stack(list(columns().values()), axis=1))
    spoiled = rows.numbers.copy()
    spoiled[-10:] = 1e3 * spoiled[-10:][::-1]
    before = features_of(rows, FeatureOptions(bins=BINS))
    features = features_of(make_rows(spoiled), FeatureOptions(bins=BINS))
    assert features.layouts[0] == before.layouts[0]
    known = before.state_dict()
    bins = before.layouts[0].width(before.options) - before.layouts[0].linear_width
    for name, tensor in features.state_dict().items():
        own = slice(None, bins if "J" in name else None)
        assert torch.equal(tensor[0, own], known[name][0, own]), name
        assert not torch.equal(tensor[1], known[name][1]), name


def test_networks_of_one_fold_share_its_statistics() -> None:
    rows = make_rows(columns()["many values"][:, None])
    single = call(features_of(rows, FeatureOptions(bins=BINS)), rows)
    double = call(features_of(rows, FeatureOptions(bins=BINS), each=2), rows)
    assert np.array_equal(double, single[[0, 0, 1, 1]])
    assert not np.array_equal(single[0], single[1])


def test_an_empty_cell_is_the_middle_of_its_column_and_a_flag() -> None:
    column = columns()["gaps"]
    rows = make_rows(np.stack([column, columns()["many values"]], axis=1))
    found = call(features_of(rows, FeatureOptions(style="standard")), rows)
    assert found.shape[2] == 3
    assert np.array_equal(found[0, :, 2], np.isnan(column))
    assert (found[:, np.isnan(column), 0] == 0).all()


def test_a_gap_that_a_fold_never_saw_has_no_flag_in_its_networks() -> None:
    """Fold 0 sees no gap, fold 1 does; a gap is then the middle of the column."""
    column = columns()["many values"]
    column[-3:] = np.nan
    rows = make_rows(column[:, None])
    features = features_of(rows, FeatureOptions(style="standard"))
    assert [layout.flags for layout in features.layouts] == [(), (0,)]
    assert call(features, rows)[:, -1].tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize(("cell", "like"), [(np.inf, 1e12), (-np.inf, -1e12), (1e300, 1e12)])
def test_a_number_beyond_all_others_is_as_far_as_a_number_can_be(
    cell: float, like: float
) -> None:
    rows = make_rows(columns()["many values"][:, None])
    features = features_of(rows, FeatureOptions(bins=BINS))
    found = call(features, make_rows(np.array([[cell], [like], [3.0]])))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], found[:, 1], rtol=1e-5)
    assert np.abs(found[0, 0, 0]) == pytest.approx(3)
    assert not np.allclose(found[:, 2], found[:, 0])


def test_seconds_of_a_date_survive_although_features_are_float32() -> None:
    """Float32 has steps of 128 at 1.7e9; the column is centred before it is narrowed."""
    rows = make_rows(1.7e9 + np.arange(ROWS)[:, None] * 1.0)
    found = call(features_of(rows, FeatureOptions(style="standard")), rows)
    assert len(np.unique(found[0])) == ROWS
    assert len(np.unique(rows.numbers.astype(np.float32))) < ROWS / 10


def test_words_of_a_small_column_get_a_feature_each_and_unseen_words_none() -> None:
    """Fold 0 never holds word 4, fold 1 never holds an empty cell."""
    codes = np.resize([2, 3], ROWS)
    codes[-5:] = 4
    codes[:5] = EMPTY
    rows = make_rows(np.zeros((ROWS, 0)), codes[:, None].astype(np.int64))
    features = features_of(rows, FeatureOptions(one_hot=3))
    asked = make_rows(np.zeros((5, 0)), np.array([[UNSEEN], [EMPTY], [2], [3], [4]]))
    found = call(features, asked)
    first, second, third = np.eye(3)
    nothing = np.zeros(3)
    assert np.array_equal(found[0], [nothing, first, second, third, nothing])  # empty, 2, 3
    assert np.array_equal(found[1], [nothing, nothing, first, second, third])  # 2, 3, 4
    assert features.tables == ()


def test_words_of_a_large_column_are_left_to_tables_and_unseen_words_become_code_0() -> None:
    codes = np.resize(np.arange(2, 12), ROWS)
    codes[-5:] = 12
    rows = make_rows(np.zeros((ROWS, 0)), np.stack([codes, codes % 3 + 1], axis=1))
    features = features_of(rows, FeatureOptions(one_hot=8))
    assert features.tables == (0,)
    assert [q for q, _ in features.layouts[0].categories] == [1]
    asked = torch.tensor([[[12, 1], [5, 1], [0, 1]]]).expand(2, -1, -1)
    assert features.known(asked, 0).tolist() == [[0, 5, 0], [12, 5, 0]]


def test_features_written_into_given_memory_are_the_same() -> None:
    codes = np.resize([2, 3, 4, 1], ROWS)[:, None]
    rows = make_rows(np.stack(list(columns().values()), axis=1), codes)
    features = features_of(rows, FeatureOptions(bins=BINS))
    expected = call(features, rows)
    space = torch.zeros(expected.shape)
    numbers = torch.from_numpy(rows.numbers).expand(2, -1, -1)
    found = features(numbers, torch.from_numpy(rows.codes).expand(2, -1, -1), space)
    assert found.data_ptr() == space.data_ptr()
    assert np.array_equal(found.numpy(), expected)


def test_a_column_may_have_a_table_for_one_fold_and_features_for_another() -> None:
    """Room for tables lies in front, and zeros behind, so that products round alike."""
    codes = np.resize(np.arange(2, 6), ROWS)
    codes[-5:] = np.arange(6, 11)
    rows = make_rows(columns()["many values"][:, None], codes[:, None])
    features = features_of(rows, FeatureOptions(one_hot=8), embedding_size=4)
    assert [layout.tables for layout in features.layouts] == [(), (0,)]
    assert features.layouts[0].categories == ((0, (2, 3, 4, 5)),)
    assert features.inputs_F == (1 + 4, 4 + 1)
    assert features.width == ALIGNED
    found = call(features, rows)
    assert (found[0, :, 1:5].sum(axis=1) == (codes < 6)).all()
    assert (found[1, :, :4] == 0).all()
    assert (found[1, :, 4] != 0).all()
    assert (found[..., 5:] == 0).all()


def test_values_that_come_back_are_words_for_the_folds_in_which_they_do() -> None:
    """Fold 0 holds 34 values 20 times each; one more row of another value is held out by it."""
    values = np.arange(34) ** 2.0
    numbers = np.r_[np.repeat(values, 20), [7.5, np.nan]]
    rows = replace(make_rows(numbers[:, None]), countable=(0,))
    at = np.arange(len(numbers))
    learn = np.stack([at < 680, at >= 340])  # the second holds 17 values
    features = FoldFeatures.of(rows, learn, 1, FeatureOptions(recurring=True), 8)
    assert features.values == ((0, tuple(values)),)
    assert [layout.tables for layout in features.layouts] == [(0,), ()]
    codes = features.with_values(rows.numbers[[0, 679, 680, 681]], rows.codes[:4])
    assert codes.tolist() == [[FIRST_LEVEL], [FIRST_LEVEL + 33], [UNSEEN], [EMPTY]]
    assert features.with_values(rows.numbers[:4], codes) is codes
    known = features.known(torch.from_numpy(codes).expand(2, -1, -1), 0)
    assert known.tolist() == [[2, 35, 0, 0], [0, 0, 0, 0]]
    numbers_only = FoldFeatures.of(
        replace(rows, countable=()), learn, 1, FeatureOptions(recurring=True), 8
    )
    assert numbers_only.values == ()


@pytest.mark.parametrize("seed", range(5))
def test_edges_rise_span_the_column_and_part_tied_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate(
        [np.zeros(200), rng.normal(size=40), np.repeat(rng.normal(size=3), 30)]
    )
    edges = bin_edges(values, 16)
    assert len(edges) == 17
    assert (np.diff(edges) > 0).all()  # plain quantiles would give many edges of 0
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    assert len(np.unique(np.quantile(values, np.linspace(0, 1, 17)))) < 17


@pytest.mark.parametrize("seed", [11, 41, 90])
def test_no_bin_is_so_narrow_that_rounding_decides_where_a_value_lies(seed: int) -> None:
    """Of these columns one quantile is a value, and another the same but for its last bit."""
    rng = np.random.default_rng(seed)
    values = 1.1 * rng.normal(size=rng.integers(50, 400)).round(1)
    widths = np.diff(bin_edges(values, 32))
    assert widths[widths > 0].min() > 1e-3
