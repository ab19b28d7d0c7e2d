"""Free text and lists of words are learnt from, answered, explained, exported and served."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

import tenfold
from tenfold.config import RunOptions
from tenfold.data.cells.bags import to_bags
from tenfold.data.columns.column import Column
from tenfold.data.columns.encode import encode_inputs, number_names, places_of
from tenfold.data.columns.groups import groups_of_table
from tenfold.data.columns.schema import infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.new_rows.schema_drift import like_training
from tenfold.errors import TenfoldError
from tenfold.exported import Exported, Label
from tenfold.kinds.services import service_of
from tenfold.kinds.tables.explain.table_explanation import TableExplanation
from tenfold.kinds.tables.served_contributions import Contributions
from tenfold.kinds.tables.table_contest import typed_columns
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_openapi import example_of
from tenfold.kinds.tables.table_rows import Rows
from tenfold.run import Run
from tenfold.serve.openapi import schema_of
from tenfold.serve_options import ServeOptions
from tenfold.study.study import Study
from tests.engine_options import asked
from tests.engine_tables import fold_answers, quick_run, three_folds

ROWS = 240
PLAIN = ["the", "parcel", "came", "on", "monday", "and", "it", "was", "in", "a", "box", "then"]
TAGS = ["A", "B", "C", "dark D", "light D", "F"]
GOOD, BAD = ["great", "lovely", "perfect"], ["broken", "late", "awful"]


def reviews(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Return a table whose target hangs on words of a text and on words of a list."""
    draw = np.random.default_rng([seed, rows])
    liked = draw.integers(0, 2, rows)
    texts = []
    for good in liked:
        words = [*draw.choice(PLAIN, draw.integers(5, 10)), draw.choice(GOOD if good else BAD)]
        texts.append(" ".join(draw.permutation(words)))
    tags = [";".join(draw.permutation(TAGS)[: draw.integers(1, 5)]) for _ in texts]
    worth = 3.0 * liked + np.array([2 * ("A" in t) - 2 * ("C" in t) for t in tags])
    return pd.DataFrame(
        {
            "remark": texts,
            "tags": tags,
            "size": draw.normal(10, 2, rows).round(2),
            "y": (worth + draw.normal(0, 0.1, rows)).round(3),
        }
    )


def with_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[::17, "remark"] = None
    frame.loc[5::19, "tags"] = None
    return frame


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "run"
    return tenfold.train(with_gaps(reviews()), folds=3, quality="fast", out=out, audit="off")


def score(frame: pd.DataFrame, metric: str, **options: Any) -> float:
    found = tenfold.train(
        frame, **asked(folds=3, quality="fast", out=None, audit="off", **options)
    )
    return found.results.scores[metric].mean


# ---- Learning ----


def test_a_text_that_tells_a_class_is_learnt() -> None:
    frame = reviews()[["remark", "size"]]
    liked = np.array([any(word in text for word in GOOD) for text in frame["remark"]])
    wrong = np.random.default_rng(0).random(ROWS) < 0.1
    frame["kind"] = np.where(liked ^ wrong, "good", "bad")
    known = score(frame, "accuracy")
    without = score(frame, "accuracy", kinds={"remark": "identifier"})
    assert known > without + 0.25
    assert known > 0.8


def test_words_of_lists_are_learnt_one_by_one() -> None:
    frame = reviews()[["tags", "size"]]
    frame["y"] = [2.0 * ("A" in t) - 2.0 * ("C" in t) for t in frame["tags"]]
    frame["y"] += np.random.default_rng(0).normal(0, 0.1, ROWS)
    known = score(frame, "r2")
    assert known > 0.9
    assert known > score(frame, "r2", kinds={"tags": "category"}) + 0.1


def test_what_the_columns_are_is_said_and_can_be_changed(run: Run) -> None:
    said = {d.what: d.change_with for d in run.results.decisions}
    assert said["text, encoded by its words: 'remark'"] == "--kind NAME=identifier"
    lists = "lists, each of their categories encoded separately: 'tags'"
    assert said[lists] == "--kind NAME=category"
    kinds = {"remark": "constant", "tags": "category"}
    other = quick_run(reviews().assign(w=1.0), kinds=kinds, epochs=1)
    assert [c.name for c in other.model.schema.used] == ["size", "tags"]


def test_a_column_is_text_or_a_list_if_a_user_says_so() -> None:
    frame = reviews().assign(w=1.0, code=["x|y", "z"] * (ROWS // 2))
    other_kinds = quick_run(frame, kinds={"code": "list", "tags": "text"}, epochs=1)
    columns = {column.name: column for column in other_kinds.model.schema.used}
    assert (columns["code"].kind, columns["code"].sign) == ("list", "|")
    assert (columns["tags"].kind, columns["tags"].sign) == ("text", "")


# ---- Honesty ----


@pytest.mark.parametrize("fold", range(3))
def test_held_out_texts_and_lists_change_nothing_of_their_fold(fold: int) -> None:
    frame = reviews().assign(w=1.0)
    learn, held_out = three_folds(ROWS)[fold]
    dirty_frame = frame.copy()
    draw = np.random.default_rng(fold)
    for name, sign in (("remark", " "), ("tags", ";")):
        cells = frame[name].to_numpy(dtype=object, copy=True)
        cells[held_out] = cells[draw.permutation(held_out)]
        cells[held_out[::3]] = None
        cells[held_out[1::3]] = [f"new{sign}word {n}" for n in range(len(held_out[1::3]))]
        dirty_frame[name] = cells
    kinds = {"remark": "text", "tags": "list"}
    clean, dirty = (
        quick_run(one, kinds=kinds, epochs=3, audit="off").study for one in (frame, dirty_frame)
    )
    shapes = [study.fits.network.features.inputs_F for study in (clean, dirty)]
    assert shapes[0] != shapes[1]  # the control: other folds saw what was spoiled

    def said(study: Study, of: int) -> Tensor:
        rows = encode_inputs(frame.iloc[learn], study.schema)
        return fold_answers(study.fits, of, *rows)

    assert torch.equal(said(clean, fold), said(dirty, fold))
    other = (fold + 1) % 3
    assert not torch.equal(said(clean, other), said(dirty, other))


# ---- One table, however it is stored ----


def test_a_cell_gives_the_same_numbers_from_every_source(run: Run, tmp_path: Path) -> None:
    frame = with_gaps(reviews(40, seed=1))
    frame["remark"] = frame["remark"].str.replace("broken", "Zerbr\u00f6selt")
    wanted, _ = encode_inputs(
        read_table(frame, like=run.model.schema.known).frame, run.model.schema
    )
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_csv(tmp_path / "semicolons.csv", index=False, sep=";")
    frame.to_excel(tmp_path / "rows.xlsx", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    parts: list[Any] = [t.split(";") if isinstance(t, str) else None for t in frame["tags"]]
    lists = frame.assign(tags=parts)
    lists.to_parquet(tmp_path / "lists.parquet")
    sources: list[Any] = [*sorted(tmp_path.iterdir()), lists, frame.astype("string")]
    sources.append(frame.astype({"remark": "category", "tags": "category"}))
    assert len(sources) == 8
    for source in sources:
        table = read_table(source, like=run.model.schema.known)
        numbers, _ = encode_inputs(table.frame, run.model.schema, table.decimal)
        np.testing.assert_array_equal(numbers, wanted, err_msg=str(source))
    assert np.isnan(wanted).any()
    assert len(np.unique(wanted, axis=0)) > 30  # the control: rows differ


# ---- Answers ----


def test_new_words_and_empty_cells_are_answered(run: Run) -> None:
    strange = pd.DataFrame(
        {"remark": ["zzz qqq", None, "", "..."], "tags": ["Z", None, "", ";"], "size": 10.0}
    )
    found = run.predict(strange)["prediction"]
    assert np.isfinite(found).all()
    assert found[1] == found[2] == found[3]
    assert found[0] != found[1]
    _, drift = like_training(read_table(reviews(4)), run.model.schema)
    assert {d.what for d in drift} <= {
        "above the training range",
        "below the training range",
    }
    assert run.predict(reviews(4)).equals(run.predict(reviews(4)[["tags", "size", "remark"]]))


def test_each_place_of_the_coded_rows_belongs_to_one_column(run: Run) -> None:
    schema = run.model.schema
    places = places_of(schema)
    names = number_names(schema)
    assert sorted(p for numbers, _ in places.values() for p in numbers) == [*range(len(names))]
    assert len(set(names)) == len(names)
    for column, (numbers, _) in places.items():
        assert all(names[p].startswith(column) for p in numbers)


def test_a_run_that_was_saved_says_the_same(run: Run) -> None:
    rows = with_gaps(reviews(30, seed=2))
    assert run.folder is not None
    assert tenfold.load(run.folder).predict(rows).equals(run.predict(rows))


def test_importance_words_and_shares_are_told_by_column(run: Run) -> None:
    found = run.explain(reviews(1, seed=3))
    assert isinstance(found, TableExplanation)
    assert [one.column for one in found.importance][2] == "size"
    words = {
        one.column: dict(zip(one.cells, one.mean, strict=True)) for one in found.dependence
    }
    assert words["tags"]["a"] > words["tags"]["b"] > words["tags"]["c"]
    assert words["remark"].keys() <= {*PLAIN, *GOOD, *BAD}
    (row,) = found.contributions
    assert {share.column for share in row.shares} == {"remark", "tags", "size"}
    parts = row.base + sum(share.value for share in row.shares)
    np.testing.assert_allclose(parts, row.answer, rtol=1e-6)


def test_groups_of_rows_are_named_by_the_words_of_a_list(run: Run) -> None:
    table = read_table(with_gaps(reviews()))
    groups = [g for g in groups_of_table(table, run.model.schema) if g.column != "y"]
    letters = {g.value: g.member for g in groups if g.column == "tags"}
    assert letters.keys() >= {tag.lower() for tag in TAGS}
    holds = table.frame["tags"].fillna("").str.contains("A").to_numpy()
    np.testing.assert_array_equal(letters["a"], holds)


def test_an_audit_names_the_column_whose_words_hold_the_target() -> None:
    frame = reviews()
    tags = np.where(frame["y"] > 1.5, "A;left", "A;stayed").astype(object)
    tags[::3] = [f"B;{one}" for one in tags[::3]]
    tags[1::3] = [one.removeprefix("A;") for one in tags[1::3]]
    frame = frame.assign(tags=tags, y=np.where(frame["y"] > 1.5, "gone", "here"))
    found = tenfold.audit(frame)
    (leak,) = [one for one in found.findings if one.place.get("column") == "tags"]
    assert leak.severity == "error"
    assert leak.fix == ("leave the column out: --kind 'tags'=constant",)
    clean = tenfold.audit(reviews())
    assert not [one for one in clean.findings if one.severity == "error"]


def test_a_sum_is_found_beside_a_text_of_many_places() -> None:
    rows = 120
    frame = reviews(rows).drop(columns="y")
    draw = np.random.default_rng(0)
    land, house = draw.uniform(50, 90, rows).round(1), draw.uniform(100, 300, rows).round(1)
    found = tenfold.audit(frame.assign(land=land, house=house, price=(land + house).round(1)))
    (leak,) = [one for one in found.findings if one.code == "A04"]
    assert set(leak.place["columns"].split(" + ")) == {"'land'", "'house'"}


def test_a_table_of_nothing_but_a_list_may_be_learnt_from() -> None:
    tags = pd.Series(["A;B", "B", "A;C", "C", "A", "B;C"] * 20)
    kinds = np.where(tags.str.contains("A"), "gone", "here")
    found = tenfold.audit(pd.DataFrame({"tags": tags, "y": kinds}))
    assert not [one for one in found.findings if one.severity == "error"]


# ---- Files and servers ----


def test_numbers_that_come_back_stand_behind_a_text_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenfold.nn.feature_layout.FEW", 4)
    monkeypatch.setattr("tenfold.nn.feature_layout.COMES_BACK", 5)
    values = np.array([0.0, 1.0, 10.0, 250.0, 4000.0, 4001.0])
    zone = np.random.default_rng(0).integers(0, 6, ROWS)
    frame = reviews().assign(zone=values[zone])
    frame["y"] += zone % 3
    run = tenfold.train(frame, target="y", folds=2, quality="fast", out=None, audit="off")
    names = number_names(run.model.schema)
    assert run.study is not None
    (place,) = [p for p, _ in run.study.fits.network.features.values]
    assert names[place] == "zone"
    exported = TableFile(Exported.open(run.export(tmp_path / "model.onnx").path))
    known = run.predict(frame)["prediction"].to_numpy()
    np.testing.assert_allclose(
        exported.answers(frame)[:, 0], known, atol=1e-4 * np.abs(known).max()
    )


def test_an_exported_file_and_its_server_say_what_the_run_says(
    run: Run, tmp_path: Path
) -> None:
    exported = TableFile(Exported.open(run.export(tmp_path / "model.onnx").path))
    frame = with_gaps(reviews(40, seed=4)).drop(columns="y")
    known = run.predict(frame)["prediction"].to_numpy()
    np.testing.assert_allclose(exported.answers(frame)[:, 0], known, rtol=1e-5, atol=1e-5)
    feeds = exported.feeds(frame)
    assert {name: cells.shape[1] for name, cells in feeds.items()} == {
        "remark": 1025,
        "size": 1,
        "tags": 33,
    }
    rows = Rows(exported, most=100)
    sent = frame.astype(object).where(frame.notna(), None).to_dict("records")
    listed = [{**row, "tags": row["tags"].split(";") if row["tags"] else []} for row in sent]
    csv = frame.to_csv(index=False).encode()
    for name, cells in feeds.items():
        for found in (sent, listed):
            fed = rows.of_json(json.dumps({"rows": found}).encode())[0][name]
            np.testing.assert_array_equal(fed, cells)
        np.testing.assert_array_equal(rows.of_csv(csv)[0][name], cells)
    assert rows.of_json(b'{"rows": []}')[0]["remark"].shape == (0, 1025)
    for wrong in ({"a": 1}, [["A"]]):
        body = json.dumps({"rows": [{"remark": "a", "size": 1, "tags": wrong}]})
        with pytest.raises(TenfoldError) as caught:
            rows.of_json(body.encode())
        assert caught.value.code == "P02"


def test_a_server_takes_answers_apart_by_column_and_shows_no_text_of_training(
    run: Run, tmp_path: Path
) -> None:
    exported = TableFile(Exported.open(run.export(tmp_path / "model.onnx").path))
    label = exported.file.label
    assert Label.from_dict(json.loads(json.dumps(label.to_dict()))) == label
    assert label.background is not None
    first = {name: cells[:1] for name, cells in exported.feeds(reviews(1, seed=5)).items()}
    shares = Contributions(exported, exported.background).of(first, 0)
    assert shares.shares.keys() == {"remark", "tags", "size"}
    answer = exported.answers(reviews(1, seed=5))[0, 0]
    np.testing.assert_allclose(shares.base + sum(shares.shares.values()), answer, rtol=1e-5)
    schema = schema_of(service_of(exported.file, ServeOptions()))
    columns = {column["name"]: column for column in schema["columns"]}
    assert (columns["tags"]["kind"], columns["tags"]["sign"]) == ("list", ";")
    assert example_of(exported)["remark"] is None
    assert example_of(exported)["tags"] in {tag.lower() for tag in TAGS}
    everything = json.dumps(label.to_dict())
    assert not [text for text in reviews()["remark"] if text in everything]


def test_classical_models_get_the_numbers_that_networks_get() -> None:
    options = RunOptions()
    table = read_table(with_gaps(reviews()))
    schema = infer_schema(table, "y", options.schema, options.split)
    X = typed_columns(table, schema, {})
    numbers, _ = encode_inputs(table.frame, schema, table.decimal)
    assert tuple(X.columns) == number_names(schema)
    np.testing.assert_array_equal(X.to_numpy(), numbers)


def test_lists_of_values_are_lists_in_every_source(tmp_path: Path) -> None:
    frame = reviews()[["tags", "size", "y"]]
    frame = frame.assign(tags=[cell.split(";") for cell in frame["tags"]])
    frame.to_parquet(tmp_path / "rows.parquet")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    arrays = frame.assign(tags=frame["tags"].map(np.array))
    tuples = frame.assign(tags=frame["tags"].map(tuple))
    options = RunOptions()
    numbers = []
    for source in (frame, arrays, tuples, *sorted(tmp_path.iterdir())):
        table = read_table(source)
        schema = infer_schema(table, "y", options.schema, options.split)
        assert {c.name: c.kind for c in schema.used} == {"tags": "list", "size": "number"}
        numbers.append(encode_inputs(table.frame, schema, table.decimal)[0])
    assert len(numbers) == 5
    for one in numbers:
        np.testing.assert_array_equal(one, numbers[0])


# ---- Texts of all kinds ----


@pytest.mark.parametrize(
    ("good", "bad", "plain"),
    [
        ("好吃", "难吃", "我今天在这家店吃了午饭"),
        (
            "\u0e2d\u0e23\u0e48\u0e2d\u0e22",
            "\u0e41\u0e22\u0e48",
            "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49",
        ),
        ("\U0001f60d", "\U0001f621", "parcel of monday box then came here again today"),
        ("köstlich", "scheußlich", "das essen heute mittag war"),
        ("вкусно", "ужасно", "сегодня на обед было"),
    ],
)
def test_texts_of_any_language_are_learnt_alone(good: str, bad: str, plain: str) -> None:
    draw = np.random.default_rng(0)
    liked = draw.integers(0, 2, ROWS)
    space = " " if " " in plain else ""
    parts = plain.split() if space else list(plain)
    texts = [
        space.join([*draw.permutation(parts)[: len(parts) - 1], good if one else bad])
        for one in liked
    ]
    frame = pd.DataFrame({"text": texts, "kind": np.where(liked, "good", "bad")})
    options = {"out": None, "audit": "off", "kinds": {"text": "text"}}
    found = tenfold.train(frame, **asked(folds=3, quality="fast", **options))
    assert found.results.scores["accuracy"].mean > 0.8
    odd = pd.DataFrame({"text": [None, "", "another language", "x" * 100_000, "\U0001f642"]})
    assert np.isfinite(found.predict(odd).filter(like="probability").to_numpy()).all()


def test_titles_that_share_words_are_text_and_no_identifier() -> None:
    draw = np.random.default_rng(0)
    starts, ends = ("Red", "Old", "Grim", "Fair"), ("wood", "stone", "lake")
    words = [f"{a}{b}" for a in starts for b in ends]
    titles = [" ".join(draw.choice(words, 4)) for _ in range(ROWS)]
    frame = pd.DataFrame({"title": titles, "y": [1.0 * ("Redwood" in t) for t in titles]})
    frame["y"] += draw.normal(0, 0.1, ROWS)
    found = tenfold.train(frame, folds=3, quality="fast", out=None, audit="off")
    assert [c.kind for c in found.model.schema.used] == ["text"]
    assert found.results.scores["r2"].mean > 0.5


def test_a_text_that_hides_the_target_is_named_by_the_audit() -> None:
    frame = reviews()
    hidden = [f"it came {'well' if y > 1.5 else 'gone'} and then" for y in frame["y"]]
    texts = [f"{a} {b}" for a, b in zip(frame["remark"], hidden, strict=True)]
    kinds = np.where(frame["y"] > 1.5, "here", "left")
    found = tenfold.audit(frame.assign(remark=texts, y=kinds))
    assert [f for f in found.findings if f.place.get("column") == "remark"]


def test_a_column_of_an_older_model_keeps_its_places() -> None:
    options = RunOptions()
    schema = infer_schema(read_table(reviews()), "y", options.schema, options.split)
    told = {c["name"]: c for c in schema.to_dict()["columns"]}
    assert (told["remark"]["places"], told["tags"]["places"]) == (1024, 32)
    older = {key: value for key, value in told["remark"].items() if key != "places"}
    assert Column.from_dict(older).places == 128
    numbers = to_bags(reviews()["remark"], "text", "", places=128)
    assert set(np.unique(numbers[:, 1:])) == {0.0, 1.0}


def test_text_of_very_many_rows_takes_less_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenfold.data.cells.bags.MOST_ROWS", ROWS - 1)
    found = tenfold.train(reviews(), "y", **asked(folds=3, quality="fast"))
    places = {column.name: column.places for column in found.model.schema.used}
    assert (places["remark"], places["tags"]) == (128, 32)
    assert np.isfinite(found.predict(reviews().head(3))["prediction"]).all()
