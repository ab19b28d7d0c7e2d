"""The same table in many costumes is the same table: its schema, its code and its answers.

``TENFOLD_TEST_TABLES`` sets how many tables are made up; a few hundred take minutes.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from numpy.typing import NDArray

import tenfold
from tenfold import ReadOptions, TrainOptions
from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.encode import encode_inputs, encode_target
from tenfold.data.columns.labelled import with_targets
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.tables.table import Table
from tenfold.errors import SchemaError
from tenfold.exported import Exported
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_rows import Rows
from tenfold.run import Run
from tests.engine_costumes import COSTUMES, Made, dressed, houses, options_for, records, tables

TABLES: Final = int(os.environ.get("TENFOLD_TEST_TABLES", "15"))


def described(table: Table, made: Made) -> Schema | str:
    options = SchemaOptions(kinds=dict.fromkeys(made.categories, "category"))
    try:
        return infer_schema(table, "y", options, SplitOptions())
    except SchemaError as error:
        return error.code


def bits(table: Table, schema: Schema) -> tuple[bytes, bytes]:
    """Return coded rows as bytes, any "not a number" as one."""
    numbers, codes = encode_inputs(table.frame, schema, table.decimal)
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes(), codes.tobytes()


@settings(
    max_examples=TABLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(made=tables())
@example(made=houses(24))
def test_a_table_is_described_and_coded_alike_in_every_costume(
    made: Made, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.getbasetemp()
    wanted: Schema | str | None = None
    for name, source, options in dressed(made, home):
        table = with_targets(read_table(source, options), "y", None, 1.0)[0]
        schema = described(table, made)
        if wanted is None:
            wanted = schema
            if isinstance(schema, Schema):
                known, truth = bits(table, schema), encode_target(table, schema)
        assert schema == wanted, name
        if not isinstance(wanted, Schema):
            continue
        assert bits(table, wanted) == known, name
        assert encode_target(table, wanted).tolist() == truth.tolist(), name
        # As new rows, of which training tells how they are read.
        new = with_targets(read_table(source, options, like=wanted.known), "y", None, 1.0)[0]
        assert bits(new, wanted) == known, f"{name}, read as training was"


def trained(costume: str, home: Path) -> Run:
    made = houses(90)
    options = options_for(costume)
    return tenfold.train(
        COSTUMES[costume](made, home),
        target="y",
        schema=SchemaOptions(kinds=dict.fromkeys(made.categories, "category")),
        reading=ReadOptions(separator=options.separator, decimal=options.decimal),
        folds=2,
        training=TrainOptions(epochs=2),
        quality="fast",
        audit="off",
        out=None,
    )


@pytest.fixture(scope="module", params=["CSV with commas", "JSON"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(request.param, tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float64]:
    """Return what a model that was trained on one costume says of rows in it."""
    rows = COSTUMES["CSV"](houses(40, seed=1), tmp_path_factory.mktemp("rows"))
    run = trained("CSV", tmp_path_factory.mktemp("answers"))
    return np.asarray(run.predict(rows)["prediction"])


def test_a_model_of_any_costume_gives_the_same_answers_to_rows_in_any_other(
    run: Run, answers: NDArray[np.float64], tmp_path: Path
) -> None:
    assert np.ptp(answers) > 1  # the control: they differ from row to row
    for name, source, _ in dressed(houses(40, seed=1), tmp_path):
        found = run.predict(source)["prediction"].to_numpy()
        np.testing.assert_array_equal(found, answers, err_msg=name)


def _check_label(exported: Exported) -> None:
    """Check that a label of an older Tenfold, which knew of no reading, is read."""
    label = json.loads(json.dumps(exported.label.to_dict()))
    del label["schema"]["reading"], label["schema"]["target_form"]
    plain = [column for column in label["schema"]["columns"] if column["form"] == "number"]
    for column in plain:
        del column["form"]
    assert len(plain) > 5
    older = TableFile(exported).schema.from_dict(label["schema"])
    assert older == TableFile(exported).schema


def test_a_file_that_was_exported_gives_them_too_and_so_does_its_server(
    run: Run, answers: NDArray[np.float64], tmp_path: Path
) -> None:
    exported = Exported.open(run.export(tmp_path / "model.onnx").path)
    _check_label(exported)
    table_file = TableFile(exported)
    made, same = houses(40, seed=1), 1e-6 * np.abs(answers).max()
    feeds: dict[str, Any] | None = None
    for name, source, _ in dressed(made, tmp_path):
        if isinstance(source, pd.DataFrame):
            found = table_file.feeds(source)
            feeds = feeds or found
            for column, cells in found.items():
                np.testing.assert_array_equal(cells, feeds[column], err_msg=f"{name}, {column}")
            np.testing.assert_allclose(table_file.answers(source)[:, 0], answers, atol=same)
    assert feeds is not None
    rows = Rows(table_file, 100)
    body = json.dumps({"rows": records(made)}).encode()
    served = {
        "JSON": rows.of_json(body)[0],
        "CSV": rows.of_csv(COSTUMES["CSV"](made, tmp_path).read_bytes())[0],
        "CSV with commas": rows.of_csv(
            COSTUMES["CSV with commas"](made, tmp_path).read_bytes()
        )[0],
    }
    for name, asked in served.items():
        for column, cells in asked.items():
            np.testing.assert_array_equal(cells, feeds[column], err_msg=f"{name}, {column}")
