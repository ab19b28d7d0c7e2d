"""Amounts, dates, boxes and words for nothing mean the same as JSON, as CSV and in a file."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.errors import PredictError
from tenfold.exported import Exported
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_rows import Rows


def test_cells_of_every_form_are_one_row_whatever_they_are_sent_as(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    rows = 90
    frame = pd.DataFrame(
        {
            "price": [f"${price:,.2f}" for price in generator.uniform(1, 5_000, rows)],
            "size": [str(n / 7) if n % 20 else "-" for n in range(rows)],
            "day": pd.date_range("2001-01-03", periods=rows, freq="31D").strftime("%d-%b-%y"),
            "box": ["x" if n else "" for n in generator.integers(0, 2, rows)],
            "y": generator.normal(size=rows),
        }
    )
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    run = tenfold.train(path, folds=3, training=TrainOptions(epochs=1), out=None, audit="off")
    run.export(tmp_path / "model.onnx")
    served = Rows(TableFile(Exported.open(tmp_path / "model.onnx")), most=1_000)
    sent = frame.drop(columns="y").to_dict("records")
    by_json = served.of_json(json.dumps({"rows": sent}).encode())[0]
    by_csv = served.of_csv(path.read_bytes())[0]
    assert set(by_json) == set(by_csv) == {"price", "size", "day", "box"}
    for name, cells in by_csv.items():
        np.testing.assert_array_equal(by_json[name], cells, err_msg=name)
    assert set(by_csv["box"].ravel().tolist()) == {0.0, 1.0}
    assert int(np.isnan(by_csv["size"]).sum()) == 5
    assert not np.isnan(by_csv["price"]).any()
    assert run.predict(frame).equals(run.predict(frame.replace({"box": {"x": True, "": None}})))
    for box, held in (("X", [[1.0]]), (" no ", [[0.0]]), ("", [[0.0]]), (None, [[0.0]])):
        row = sent[0] | {"box": box}
        fed = served.of_json(json.dumps({"rows": [row]}).encode())[0]["box"]
        assert fed.tolist() == held
        assert served.of_csv(pd.DataFrame([row]).to_csv(index=False).encode())[0]["box"] == fed
    row = sent[0] | {"box": "perhaps"}
    with pytest.raises(PredictError, match="P02"):
        served.of_json(json.dumps({"rows": [row]}).encode())
    with pytest.raises(PredictError, match="P02"):
        served.of_csv(pd.DataFrame([row]).to_csv(index=False).encode())
