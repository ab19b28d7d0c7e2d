"""A file says of rows what the model says, cell by cell, without Tenfold or torch."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from torch import nn

import tenfold
from tenfold import TrainOptions
from tenfold.config import Task
from tenfold.data.cells.parse import to_truth
from tenfold.data.columns.encode import number_names
from tenfold.errors import ExportError, PredictError, StoreError
from tenfold.exported import Exported
from tenfold.kinds.tables.table_file import TableFile
from tenfold.loading import load
from tenfold.model import Model
from tenfold.run import Run
from tests.engine_options import asked
from tests.export.alone import run_alone

ROWS: Final = 1_100
SAME: Final = 1e-4


def frame_of_all_kinds(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Return a table with every kind of column, and names that a graph has inside."""
    rng = np.random.default_rng([seed, rows])
    days = pd.Timestamp("1899-12-25") + pd.to_timedelta(rng.integers(0, 60_000, rows), "D")
    frame = pd.DataFrame(
        {
            "numbers": rng.normal(50, 10, rows),
            "clock": 1.6e9 + rng.integers(0, 600, rows),  # float would round it to 128 s
            "price": rng.choice(np.arange(34.0) ** 2 / 10, rows),
            "owned": rng.choice(["Yes", "No"], rows),
            "flag": rng.integers(0, 2, rows),
            "day": days.astype(str),
            "words": rng.choice(["red", "green", "blue", "light grün"], rows),
            "town / (place)": rng.choice([f"town {i:02}" for i in range(12)], rows),
        }
    )
    frame["y"] = (
        0.1 * frame["numbers"]
        + (frame["clock"] - 1.6e9) / 100
        + 2.0 * (frame["words"] == "red")
        + days.month
        + days.day_of_week
        + rng.normal(0, 0.2, rows)
    )
    for name in ("numbers", "words", "owned", "day", "town / (place)"):
        frame.loc[rng.choice(rows, rows // 12, replace=False), name] = None
    return frame


def trained(task: Task, frame: pd.DataFrame, **options: Any) -> Run:
    if task == "classification":
        frame = frame.assign(
            y=pd.qcut(frame["y"], 3, labels=["low", "mid", "high"]).astype(str)
        )
    options = {"folds": 3, "epochs": 3, "quality": "fast", "out": None} | options
    return tenfold.train(frame, **asked(target="y", **options))


@pytest.fixture(scope="module", params=["regression", "classification"])
def run(request: pytest.FixtureRequest) -> Run:
    return trained(request.param, frame_of_all_kinds())


@pytest.fixture(scope="module")
def file(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.export(tmp_path_factory.mktemp("export") / "model.onnx").path


def test_the_file_says_what_the_model_says_of_rows_that_it_never_saw(
    run: Run, file: Path
) -> None:
    assert isinstance(run.model, Model)
    new = frame_of_all_kinds(500, seed=1)
    new.loc[:20, "town / (place)"] = "nowhere"
    new.loc[:40, "price"] = 3.3
    known = run.model.answers(new)
    said = TableFile(Exported.open(file)).answers(new)
    assert np.abs(said - known).max() <= SAME * np.abs(known).max() / 10
    assert np.ptp(known[:, 0]) > 0.01  # the control: answers differ from row to row
    values = run.model.network.features.values
    assert [number_names(run.model.schema)[p] for p, _ in values] == ["price"]


def test_each_column_is_an_input_of_its_own_name_and_one_number_wide(
    run: Run, file: Path
) -> None:
    inputs = onnxruntime.InferenceSession(file).get_inputs()
    assert {one.name: one.type for one in inputs} == {
        "numbers": "tensor(float)",
        "clock": "tensor(double)",
        "price": "tensor(float)",
        "owned": "tensor(string)",
        "flag": "tensor(float)",
        "day": "tensor(double)",
        "words": "tensor(string)",
        "town / (place)": "tensor(string)",
    }
    assert {tuple(one.shape) for one in inputs} == {("N", 1)}
    names = [one.name for one in onnxruntime.InferenceSession(file).get_outputs()]
    regression = run.model.schema.task == "regression"
    assert names == (["prediction", "lower", "upper"] if regression else ["probabilities"])


def test_classes_and_the_comparison_are_in_the_metadata(run: Run, file: Path) -> None:
    found = {one.key: json.loads(one.value) for one in onnx.load(file).metadata_props}
    assert found.get("classes", []) == list(run.model.schema.classes)
    assert found["tenfold"]["equality"]["inputs"] > ROWS  # all rows and some odd ones
    assert 0 <= found["tenfold"]["equality"]["difference"] < SAME
    assert json.loads(json.dumps(Exported.open(file).label.to_dict())) == found["tenfold"]


def test_no_row_of_the_table_is_in_the_file(file: Path) -> None:
    table = TableFile(Exported.open(file))
    assert table.background is not None
    kept = pd.DataFrame(table.background.rows, columns=[one.name for one in table.inputs])
    frame = frame_of_all_kinds()
    both = kept.merge(frame.assign(numbers=frame["numbers"]), on=["numbers", "price", "clock"])
    assert len(kept) > 5
    assert len(both) == 0


def test_the_band_tells_what_held_out_rows_showed() -> None:
    run = trained("regression", frame_of_all_kinds())
    study, band = run.study, run._findings().about.band
    assert study is not None
    ends = study.ends()
    assert band is not None
    assert ends is not None
    truth = frame_of_all_kinds()["y"].to_numpy()
    held = np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    assert (band.coverage, band.rows) == (0.9, len(truth))
    assert band.measured == pytest.approx(held, abs=0.01)  # a mean over folds


ASK: Final = """
cells = {
    "tensor(string)": numpy.array(["", "red"], dtype=object),
    "tensor(float)": numpy.array([numpy.nan, 1], dtype=numpy.float32),
    "tensor(double)": numpy.array([numpy.nan, 1e9]),
}
feeds = {one.name: cells[one.type][:, None] for one in session.get_inputs()}
print(json.dumps(session.run(None, feeds)[0].tolist()))
"""


def test_the_file_answers_where_there_is_neither_torch_nor_tenfold(
    run: Run, file: Path, tmp_path: Path
) -> None:
    """ONNX Runtime, NumPy and Pillow, with what they need, in a folder of their own."""
    said = np.array(json.loads(run_alone(ASK, tmp_path, file)))
    empty = dict.fromkeys(frame_of_all_kinds().columns.drop("y"))
    known = TableFile(Exported.open(file)).answers(pd.DataFrame([empty]))
    np.testing.assert_allclose(said[:1], known, rtol=SAME / 10)


@pytest.mark.parametrize("word", ["yes", "YES", "t", "False", "n", "1", "maybe", None])
def test_truth_is_told_in_any_spelling(file: Path, word: str | None) -> None:
    frame = frame_of_all_kinds(1, seed=3)
    frame["owned"] = pd.Series([word], dtype=object)
    meaning = to_truth(np.array([word], dtype=object))[0]
    plain = {1.0: "Yes", 0.0: "No"}.get(meaning)
    exported = TableFile(Exported.open(file))
    other = frame.assign(owned=pd.Series([plain], dtype=object))
    feeds = exported.feeds(other) | {"owned": np.array([[word or ""]], dtype=object)}
    answer = exported.file.label.answer
    said = exported.file.ask(feeds, [answer])[answer]
    np.testing.assert_array_equal(said, exported.answers(other))


def test_a_torch_file_says_the_same(run: Run, tmp_path: Path) -> None:
    written = run.export(tmp_path / "model.pt2", form="torch")
    held: dict[str, str] = {"tenfold.json": ""}
    program = torch.export.load(written.path, extra_files=held)
    names = [one["name"] for one in json.loads(held["tenfold.json"])["inputs"]]
    assert names == sorted(names)
    numbers_NC = torch.full((5, 6), torch.nan, dtype=torch.float64)
    words_NK = torch.ones((5, 2), dtype=torch.int64)
    with torch.no_grad():
        said = program.module()(numbers_NC=numbers_NC, words_NK=words_NK)[0]
    empty = dict.fromkeys(frame_of_all_kinds().columns.drop("y"))
    assert isinstance(run.model, Model)
    known = run.model.answers(pd.DataFrame([empty] * 5))
    np.testing.assert_allclose(said.double().numpy(), known, rtol=SAME, atol=1e-6)


def network(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, 7), nn.BatchNorm1d(7), nn.GELU(), nn.Linear(7, outputs)
    )


def columns(*names: str) -> pd.DataFrame:
    return frame_of_all_kinds()[[*names, "y"]]


@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (columns("numbers", "flag"), {}),
        (columns("numbers", "price"), {}),
        (columns("words", "town / (place)"), {}),
        (columns("day"), {}),
        (columns("owned"), {"network": "tutorial", "standardize": True}),
        (columns("numbers", "words"), {"network": network}),
    ],
    ids=[
        "numbers",
        "values that come back",
        "words",
        "a date",
        "a truth value",
        "a network of one's own",
    ],
)
def test_tables_of_one_kind_and_other_networks_are_exported(
    frame: pd.DataFrame, options: dict[str, Any], tmp_path: Path
) -> None:
    written = trained("regression", frame, **options).export(tmp_path / "model.onnx")
    assert written.equality.difference < SAME / 10


class Decides(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layer(x)
        return out if float(x.detach().sum()) > 0 else -out


def test_a_network_that_decides_by_values_is_refused(tmp_path: Path) -> None:
    run = trained("regression", columns("numbers"), network=Decides)
    with pytest.raises(ExportError, match="X02"):
        run.export(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_answers_otherwise_is_not_kept(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = tmp_path / "model.onnx"
    earlier.write_text("an earlier file")
    ask = Exported.ask
    monkeypatch.setattr(
        Exported, "ask", lambda *a: {name: said * 1.001 for name, said in ask(*a).items()}
    )
    with pytest.raises(ExportError, match="X01"):
        run.export(earlier)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["an earlier file"]


def test_a_column_that_is_called_as_an_output_is_refused(tmp_path: Path) -> None:
    run = trained("regression", columns("numbers").rename(columns={"numbers": "prediction"}))
    with pytest.raises(ExportError, match="X03"):
        run.export(tmp_path / "model.onnx")


def test_a_saved_run_is_exported_into_its_folder_while_its_data_are_there(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data.csv"
    frame_of_all_kinds().to_csv(data, index=False)
    made = tenfold.train(
        data, target="y", folds=3, training=TrainOptions(epochs=2), quality="fast", out=tmp_path
    )
    assert made.folder is not None
    written = load(made.folder).export()
    assert written.path == made.folder / "model.onnx"
    assert Exported.open(written.path).label.score.startswith("On held-out rows")
    moved = data.rename(tmp_path / "elsewhere.csv")
    with pytest.raises(PredictError, match="P06"):
        load(made.folder).export()
    assert load(made.folder).export(data=moved).equality.inputs > ROWS


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x08\x07\x12" * 9])
def test_what_is_no_exported_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="M09"):
        Exported.open(path)
    with pytest.raises(StoreError, match="M09"):
        Exported.open(tmp_path / "absent.onnx")


ORDER: Final = """
from tenfold.data.cells.words import MEANINGS
from tenfold.kinds.tables.export.graph_columns import _spellings
print(list(MEANINGS), list(_spellings()))
"""


def test_files_and_documents_are_the_same_in_every_process() -> None:
    """Sets of words have another order in each, unless they are put in one."""
    seen = {
        subprocess.run(
            [sys.executable, "-c", ORDER],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1
