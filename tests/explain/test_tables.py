"""What a table's network looks at: planted causes are found, on rows that it never saw."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

import tenfold
from tenfold import Run, TrainOptions
from tenfold.data.columns.encode import encode_inputs, places_of
from tenfold.errors import TenfoldError
from tenfold.kinds.tables.explain.held_out import HeldOut
from tenfold.kinds.tables.explain.importance import _errors
from tenfold.kinds.tables.explain.table_explanation import TableExplanation
from tenfold.study.study import Study
from tests.cli.conftest import run_tenfold
from tests.engine_options import asked
from tests.engine_pages import Page

__all__ = ["run_tenfold"]

ROWS: Final = 600


def houses(rows: int = ROWS) -> pd.DataFrame:
    """Return prices that follow from area, town and year, and not from the noise."""
    rng = np.random.default_rng(0)
    area = rng.normal(50, 9, rows).round(1)
    town = np.array(["Ulm", "Bonn", "Kiel"])[rng.integers(0, 3, rows)]
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    price = 2 * area + 20 * (town == "Ulm") + 0.02 * (day - day.min()).days
    noise = rng.normal(size=rows).round(2)
    frame = pd.DataFrame({"noise": noise, "area": area, "town": town, "day": day.astype(str)})
    return frame.assign(price=price.round(2))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    houses().to_csv(home / "houses.csv", index=False)
    kinds = houses().drop(columns="price")
    kinds["kind"] = np.array(["small", "medium", "large"])[np.digitize(kinds["area"], [45, 55])]
    kinds.to_csv(home / "kinds.csv", index=False)
    return home


@pytest.fixture(scope="module")
def values(home: Path) -> Run:
    return tenfold.train(home / "houses.csv", folds=4, quality="fast", out=home / "runs")


@pytest.fixture(scope="module")
def classes(home: Path) -> Run:
    return tenfold.train(home / "kinds.csv", folds=3, quality="fast", out=home / "runs")


@pytest.fixture(scope="module")
def found(values: Run) -> TableExplanation:
    found = values.explain(houses().head(3))
    assert isinstance(found, TableExplanation)
    return found


def held_out_of(run: Run) -> HeldOut:
    assert isinstance(run.study, object)
    study: Any = run.study
    return HeldOut.of_study(study)


def test_causes_matter_and_noise_does_not(found: TableExplanation) -> None:
    by_column = {one.column: one for one in found.importance}
    assert [one.column for one in found.importance[:3]] == ["area", "town", "day"]
    assert all(by_column[name].low > 0 for name in ("area", "town", "day"))
    assert abs(by_column["noise"].mean) < 0.05 * by_column["area"].mean
    assert {len(one.per_fold) for one in found.importance} == {4}
    assert (found.metric, found.rows, found.of) == ("rmse", ROWS, "price")


def test_errors_are_those_of_rows_that_networks_never_saw(values: Run) -> None:
    """Where nothing changes places, they are the scores of the folds."""
    held_out = held_out_of(values)
    rows = held_out.stacked()
    fold = np.repeat(np.arange(4), held_out.splits.held_out.sum(axis=1))
    known = values.results.scores["rmse"].per_fold
    assert _errors(held_out, rows, rows, fold).per_fold == pytest.approx(known, rel=1e-6)


def test_an_earlier_run_is_explained_as_it_was(values: Run, found: TableExplanation) -> None:
    assert values.folder is not None
    again = tenfold.load(values.folder).explain(houses().head(3))
    assert isinstance(again, TableExplanation)
    flat, known = (json.dumps(one.to_dict()) for one in (again, found))
    assert json.loads(flat).keys() == json.loads(known).keys()
    for one, other in zip(again.importance, found.importance, strict=True):
        assert one.column == other.column
        assert one.mean == pytest.approx(other.mean, rel=1e-5)
    assert TableExplanation.from_dict(again.to_dict()) == again


def test_shares_sum_to_the_answer(values: Run, found: TableExplanation) -> None:
    said = values.predict(houses().head(3))["prediction"]
    for row, answer in zip(found.contributions, said, strict=True):
        assert row.answer == pytest.approx(answer, rel=1e-5)
        total = sum(share.value for share in row.shares)
        assert row.base + total == pytest.approx(row.answer, rel=1e-5)
        sizes = [abs(share.value) for share in row.shares]
        assert sizes == sorted(sizes, reverse=True)
        assert all(share.low <= share.value <= share.high for share in row.shares)


def test_shares_are_those_of_a_sum_where_the_truth_is_one(found: TableExplanation) -> None:
    """Of a sum of columns the Shapley value is a column's difference to its mean."""
    frame = houses()
    for place, row in enumerate(found.contributions):
        share = {one.column: one.value for one in row.shares}
        expected = 2 * (frame["area"][place] - frame["area"].mean())
        assert share["area"] == pytest.approx(expected, abs=3)
        town = 20 * ((frame["town"][place] == "Ulm") - (frame["town"] == "Ulm").mean())
        assert share["town"] == pytest.approx(town, abs=3)
        assert row.shares[0].cell == str(frame[row.shares[0].column][place])


def test_dependence_follows_the_truth(found: TableExplanation) -> None:
    by_column = {one.column: one for one in found.dependence}
    area = by_column["area"]
    assert area.values is not None
    assert np.polyfit(area.values, area.mean, 1)[0] == pytest.approx(2, abs=0.2)
    assert all(
        low <= mean <= high
        for low, mean, high in zip(area.low, area.mean, area.high, strict=True)
    )
    town = by_column["town"]
    assert town.values is None
    means = dict(zip(town.cells, town.mean, strict=True))
    assert means["Ulm"] - means["Bonn"] == pytest.approx(20, abs=4)
    day = by_column["day"]
    assert day.values is not None
    assert day.cells[0].startswith("2020-01")
    assert day.mean[-1] - day.mean[0] == pytest.approx(18, abs=5)


def test_a_class_is_explained_by_its_probability(classes: Run) -> None:
    found = classes.explain(houses().head(2), of_class="small")
    assert isinstance(found, TableExplanation)
    assert (found.of, found.metric) == ("small", "log_loss")
    assert found.importance[0].column == "area"
    assert found.dependence[0].mean[0] > 0.8
    assert found.dependence[0].mean[-1] < 0.2
    said = classes.predict(houses().head(2))
    for row, answer in zip(found.contributions, said["probability small"], strict=True):
        assert row.of == "small"
        assert row.answer == pytest.approx(answer, abs=1e-5)
    usual = classes.explain(houses().head(2))
    assert isinstance(usual, TableExplanation)
    assert usual.of == "medium"  # the most frequent
    assert [row.of for row in usual.contributions] == said["prediction"].tolist()


def test_every_column_stands_where_it_is_said_to_stand(values: Run) -> None:
    study: Study | Any = values.study
    schema, frame = study.schema, study.data.frame
    numbers, codes = encode_inputs(frame, schema)
    for column, (own_numbers, own_codes) in places_of(schema).items():
        changed = frame.assign(**{column: frame[column].iloc[::-1].to_numpy()})
        other_numbers, other_codes = encode_inputs(changed, schema)
        moved = np.flatnonzero((numbers != other_numbers).any(axis=0)).tolist()
        assert set(moved) <= set(own_numbers)
        assert set(np.flatnonzero((codes != other_codes).any(axis=0))) <= set(own_codes)
        assert moved or own_codes


def test_another_table_is_refused(values: Run, home: Path) -> None:
    assert values.folder is not None
    loaded = tenfold.load(values.folder)
    shifted = houses()
    shifted["area"] = shifted["area"] + 1
    for other in (houses(500), shifted, houses().rename(columns={"area": "size"})):
        with pytest.raises(TenfoldError) as caught:
            loaded.explain(data=other)
        assert caught.value.code == "P06"
    by_hand = tenfold.train(
        houses(),
        folds=KFold(4, shuffle=True, random_state=9),
        quality="fast",
        training=TrainOptions(epochs=3),
        out=home / "runs",
    )
    assert by_hand.folder is not None
    with pytest.raises(TenfoldError) as caught:
        tenfold.load(by_hand.folder).explain(data=houses())
    assert caught.value.code == "P06"
    known = by_hand.explain()
    assert isinstance(known, TableExplanation)
    assert known.rows == ROWS  # at once, they are known


def test_data_that_are_gone_are_asked_for(values: Run, home: Path, tmp_path: Path) -> None:
    assert values.folder is not None
    config = json.loads((values.folder / "config.json").read_text(encoding="utf-8"))
    loaded = replace(tenfold.load(values.folder), folder=tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | {"data": "gone.csv"}))
    with pytest.raises(TenfoldError) as caught:
        loaded.explain()
    assert caught.value.code == "P06"
    assert "gone.csv" in caught.value.fact


def test_a_class_that_is_none_is_refused(classes: Run, values: Run) -> None:
    for run, code in ((classes, "U01"), (values, "U02")):
        with pytest.raises(TenfoldError) as caught:
            run.explain(of_class="huge")
        assert caught.value.code == code


def test_the_command_tells_and_keeps_it(
    values: Run, home: Path, run_tenfold: Callable[..., tuple[int, str, str]]
) -> None:
    assert values.folder is not None
    houses().head(2).to_csv(home / "rows.csv", index=False)
    code, out, _ = run_tenfold("explain", values.folder, home / "rows.csv", "--quiet")
    assert code == 0
    assert "Permutation importance: increase in RMSE when a column is shuffled" in out
    assert "row 2, price: " in out
    folder = values.folder / "explain"
    names = {path.name for path in folder.iterdir()}
    assert {"explain.json", "importance.png", "dependence-1.png", "row-2.png"} <= names
    assert (folder / "importance.png").read_bytes().startswith(b"\x89PNG")
    page = Page((values.folder / "report.html").read_text(encoding="utf-8"))
    assert "Explanation" in page.text
    assert "Explanation of the prediction for row 2" in page.text
    code, out, _ = run_tenfold("explain", values.folder, "--json", "--quiet")
    assert json.loads(out)["contributions"] == []
    assert not (folder / "row-2.png").exists()  # an earlier explanation is gone as a whole


def test_rows_that_no_fold_holds_out_are_no_hindrance(home: Path) -> None:
    """By time, the first rows are learnt from only; of one fold there is no interval."""
    for options in ({"time_column": "day", "folds": 3}, {"folds": 1}):
        run = tenfold.train(
            home / "houses.csv", **asked(quality="fast", epochs=5, out=home / "runs", **options)
        )
        assert run.folder is not None
        found = tenfold.load(run.folder).explain()
        assert isinstance(found, TableExplanation)
        text = json.dumps(found.to_dict(), allow_nan=False)
        back = TableExplanation.from_dict(json.loads(text))
        assert [one.mean for one in back.importance] == [one.mean for one in found.importance]
        assert 0 < found.rows < ROWS


def test_a_model_alone_shows_nothing(values: Run, tmp_path: Path) -> None:
    assert values.folder is not None
    alone = tmp_path / "model.tenfold"
    alone.write_bytes((values.folder / "model.tenfold").read_bytes())
    assert tenfold.load(alone)._repr_html_() is None
    assert "svg" in str(tenfold.load(values.folder)._repr_html_())
