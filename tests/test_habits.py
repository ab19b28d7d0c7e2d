"""What users of scikit-learn are used to: what warns, what is refused, and in which words."""

import warnings
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import ImageClassifier, TabularClassifier, TabularRegressor, TrainOptions
from tenfold.errors import TenfoldError
from tests.engine_options import asked
from tests.engine_pictures import stripes
from tests.engine_tables import houses

QUICK: Final[dict[str, Any]] = {"folds": 3, "quality": "fast", "epochs": 2}
X: Final = houses(60).drop(columns="price")
PRICE: Final = houses(60)["price"]
DEAR: Final = np.where(PRICE.gt(PRICE.median()), "dear", "cheap")


def test_an_array_after_a_frame_is_answered_by_the_places_of_its_columns() -> None:
    model = TabularRegressor(**QUICK).fit(X, PRICE)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        found = model.predict(X.to_numpy())
    np.testing.assert_array_equal(found, model.predict(X))


def test_a_frame_after_an_array_is_answered_by_the_places_of_its_columns() -> None:
    rows = X[["rooms", "area"]]
    model = TabularRegressor(**QUICK).fit(rows.to_numpy(), PRICE)
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        found = model.predict(rows.rename(columns={"rooms": "anything"}))
    np.testing.assert_array_equal(found, model.predict(rows.to_numpy()))
    numbered = TabularRegressor(**QUICK).fit(rows.set_axis([7, 8], axis=1), PRICE)
    with warnings.catch_warnings(action="error"):  # numbers are no names to scikit-learn
        np.testing.assert_array_equal(
            numbered.predict(rows.to_numpy()), numbered.predict(rows.set_axis([7, 8], axis=1))
        )


def test_scalars_of_numpy_are_parameters_like_any() -> None:
    plain = {"folds": 3, "epochs": 2, "batch_size": 16, "lr": 0.01, "random_state": 4}
    of_numpy = {
        "folds": np.int64(3),
        "epochs": np.int32(2),
        "batch_size": np.uint8(16),
        "lr": np.float64(0.01),
        "random_state": np.int64(4),
        "standardize": np.bool_(False),
        "quality": np.str_("medium"),
    }
    one, other = (TabularRegressor(**given).fit(X, PRICE) for given in (plain, of_numpy))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    run = tenfold.train(
        houses(60),
        folds=np.int64(3),
        training=TrainOptions(epochs=np.int64(2), lr=np.float64(0.01)),
        out=None,
    )
    assert run.metrics["folds"] == 3


def test_a_generator_of_numpy_draws_the_seed() -> None:
    def answers(seed: int) -> np.ndarray:
        generator = np.random.default_rng(seed)
        return TabularRegressor(**QUICK, random_state=generator).fit(X, PRICE).predict(X)

    np.testing.assert_array_equal(answers(1), answers(1))
    assert not np.array_equal(answers(1), answers(2))


WRONG: Final[list[tuple[dict[str, Any], str]]] = [
    ({"folds": 0}, "folds must be a whole number, 1 or more, but it is 0"),
    ({"folds": 2.5}, "folds must be a whole number, 1 or more, but it is 2.5"),
    ({"folds": True}, "folds must be a whole number, 1 or more, but it is True"),
    ({"folds": "many"}, "folds must be a whole number, 1 or more, but it is 'many'"),
    ({"epochs": "3"}, "epochs must be a whole number, 1 or more, but it is '3'"),
    ({"epochs": np.float64(2.5)}, "epochs must be a whole number, 1 or more, but it is 2.5"),
    ({"batch_size": -3}, "batch_size must be a whole number, 1 or more, but it is -3"),
    ({"lr": float("nan")}, "lr must be a number above 0, but it is nan"),
    ({"lr": "a"}, "lr must be a number above 0, but it is 'a'"),
    ({"quality": None}, "quality must be 'fast', 'medium', 'best', but it is None"),
    ({"device": 3}, "device must be the name of a device, but it is 3"),
    ({"time_limit": "x"}, "time_limit must be a number of seconds above 0, but it is 'x'"),
    (
        {"network": 5},
        (
            "network must be a name, FILE.py:FUNCTION, or a function that makes a module, "
            "but it is 5"
        ),
    ),
    (
        {"random_state": -1},
        "random_state must be a whole number from 0 to 4294967295, but it is -1",
    ),
    (
        {"random_state": "a"},
        "random_state must be a whole number from 0 to 4294967295, but it is 'a'",
    ),
]


@pytest.mark.parametrize(("given", "fact"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_a_wrong_parameter_is_refused_by_fit_in_its_own_name(
    given: dict[str, Any], fact: str
) -> None:
    """Not before, as scikit-learn sets parameters one by one; and before rows are looked at."""
    pixels, labels = stripes(4)
    for kind, rows, answers in (
        (TabularRegressor, X, PRICE),
        (ImageClassifier, pixels, labels),
    ):
        model = kind(**given)
        assert model.get_params()[next(iter(given))] is next(iter(given.values()))
        for y in (answers, "no answers"):
            with pytest.raises(ValueError, match=r"^U01: ") as caught:
                model.fit(rows, y)
            assert str(caught.value).startswith(f"U01: {fact}.\n")


def test_standardize_is_true_or_false() -> None:
    with pytest.raises(
        ValueError, match=r"^U01: standardize must be True or False, but it is 1\."
    ):
        TabularRegressor(standardize=1).fit(X, PRICE)


def changed(value: Any) -> "pd.Series[Any]":
    return PRICE.astype(object).where(PRICE.index != 4, value)


@pytest.mark.parametrize(
    ("kind", "y", "message"),
    [
        (TabularRegressor, changed(np.nan), "S02: Input y contains NaN"),
        (TabularRegressor, changed(None), "S02: Input y contains NaN"),
        (TabularRegressor, changed(np.inf), "S02: Input y contains infinity"),
        (
            TabularRegressor,
            PRICE.astype("Float64").mask(PRICE.index == 4),
            "S02: Input y contains",
        ),
        (TabularRegressor, changed("much"), "S02: y holds 'much', which is not a number"),
        (TabularRegressor, np.ones(60), "S06: y is 1.0 in every row"),
        (TabularRegressor, np.stack([PRICE, PRICE], axis=1), "y should be a 1d array"),
        (TabularRegressor, PRICE[:5], "inconsistent numbers of samples"),
        (TabularRegressor, None, "requires y to be passed"),
        (
            TabularClassifier,
            np.where(PRICE.index == 4, None, DEAR),
            "S07: Input y contains NaN",
        ),
        (TabularClassifier, np.full(60, "dear"), "S06: y is 'dear' in every row: .* one class"),
        (TabularClassifier, np.array(["a", 1] * 30, dtype=object), "S05: .* types: int, str"),
        (TabularClassifier, PRICE, "Unknown label type: continuous"),
        (TabularClassifier, np.stack([DEAR, DEAR], axis=1), "y should be a 1d array"),
    ],
)
def test_answers_that_cannot_be_learnt_are_refused_before_training(
    kind: Any, y: Any, message: str
) -> None:
    model = kind(**QUICK, network=never)
    with pytest.raises(ValueError, match=message) as caught:
        model.fit(X, y)
    assert "--" not in str(caught.value)
    if "contains" in message or "holds 'much'" in message:
        assert "\n  rows  4\n" in str(caught.value)


def never(inputs: int, outputs: int) -> Any:
    """Stand for training, which what is refused must not reach."""
    pytest.fail("a network was made")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.where(PRICE.index == 4, np.nan, 1.0), "sample_weight contains NaN"),
        (np.where(PRICE.index == 4, -1.0, 1.0), "Negative values in data passed to"),
        (np.where(PRICE.index == 4, np.inf, 1.0), "sample_weight contains infinity"),
        (np.zeros(60), "at least one non-zero"),
        (np.ones(5), "sample_weight.shape"),
    ],
)
def test_weights_that_weigh_nothing_sensible_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TabularRegressor(**QUICK, network=never).fit(X, PRICE, sample_weight=weights)


def test_too_few_rows_are_told_as_scikit_learn_tells_them() -> None:
    for rows in (0, 1):
        with pytest.raises(ValueError, match=f"{rows} sample"):
            TabularRegressor(**QUICK).fit(X[:rows], PRICE[:rows])


def test_parameters_that_there_are_none_of_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="n_jobs"):
        TabularRegressor(n_jobs=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        TabularRegressor().set_params(nonsense=1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"batch_size": 0}, "U01: batch_size must be"),
        ({"test_size": 7}, "U01: test_size must be"),
        ({"folds": 61}, "use fewer folds: folds="),
        (
            {"kinds": {"place": "number"}},
            "S04: kinds names the column 'place', which the table does not have",
        ),
        ({"img_size": 3}, "U02: img_size was given, but it does not apply to a table"),
        ({"shuffle": False, "data": "pictures"}, "U02: SplitOptions(shuffle=False) was given"),
        ({"device": "gpu"}, "fix  device: auto, cpu, cuda, cuda:1 or mps"),
    ],
)
def test_train_speaks_of_parameters_and_not_of_options(
    options: dict[str, Any], says: str, tmp_path: Any
) -> None:
    given: dict[str, Any] = {"data": houses(60), "out": None} | options
    if isinstance(given["data"], str):
        (tmp_path / "flat").mkdir()
        given["data"] = tmp_path
    with pytest.raises(TenfoldError) as caught:
        tenfold.train(**asked(**given))
    assert says in str(caught.value)
    assert "--" not in str(caught.value)


def test_a_series_is_no_table_and_the_message_says_so_in_scikit_learns_words() -> None:
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        TabularRegressor(**QUICK).fit(X["area"], PRICE)


def test_two_columns_of_one_name_are_refused_with_a_code() -> None:
    twice = X.set_axis(["area"] * X.shape[1], axis=1)
    with pytest.raises(TenfoldError) as caught:
        TabularRegressor(**QUICK).fit(twice, PRICE)
    assert caught.value.code == "D06"


def test_a_message_of_an_estimator_names_no_parameter_that_it_lacks() -> None:
    ids = pd.DataFrame({"code": [f"row {at}" for at in range(60)]})
    with pytest.raises(TenfoldError) as caught:
        TabularRegressor(**QUICK).fit(ids, PRICE)
    assert caught.value.code == "S03"
    assert "set the type of a column: kinds={" in str(caught.value)
