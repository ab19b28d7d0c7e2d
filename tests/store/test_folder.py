"""A run folder holds what was promised, and no run ever takes the place of another."""

import hashlib
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import ReadOptions, Run, TrainOptions
from tenfold.errors import StoreError
from tenfold.store.folder import new_folder, read_tables

FILES = [
    "config.json",
    "history.csv",
    "metrics.json",
    "model.tenfold",
    "model_card.md",
    "predictions.csv",
    "rejected.csv",
    "report.html",
]


def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    area = rng.normal(50, 9, 60).round(1)
    town = np.array(["Ulm", "Bonn"])[rng.integers(0, 2, 60)]
    return pd.DataFrame(
        {"area": area, "town": town, "price": (2 * area + rng.normal(0, 4, 60)).round()}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return the run of a file whose lines 4 and 7 cannot be used."""
    folder = tmp_path_factory.mktemp("home")
    lines = table().to_csv(index=False).splitlines()
    lines[3] += ",too much"
    lines[6] = lines[6].rpartition(",")[0] + ","
    (folder / "my houses.v2.csv").write_text("\n".join(lines) + "\n")
    return tenfold.train(
        folder / "my houses.v2.csv",
        folds=3,
        training=TrainOptions(epochs=2),
        quality="fast",
        seed=4,
        reading=ReadOptions(max_bad=0.1),
        out=folder / "deep" / "runs",
    )


def folder_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


def test_a_run_is_named_after_its_table_and_holds_what_was_promised(run: Run) -> None:
    assert folder_of(run).name == "my-houses-1"
    assert sorted(path.name for path in folder_of(run).iterdir()) == FILES


def test_metrics_are_plain_json_with_the_promised_entries(run: Run) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    text = (folder_of(run) / "metrics.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=refuse)
    assert found == run.metrics
    promised = """format kind task target rows columns rejected network folds seed epochs
        parameters device scores baseline test seconds peak_memory_bytes decisions versions"""
    assert set(promised.split()) <= set(found)
    assert (found["rows"], found["columns"], found["rejected"]) == (58, 2, 2)
    assert (found["seed"], found["epochs"], found["test"]) == (4, 2, None)
    assert list(found["scores"]) == list(found["baseline"]) == ["mse", "rmse", "mae", "r2"]
    assert set(found["scores"]["mse"]) == {
        "mean",
        "std",
        "low",
        "high",
        "per_fold",
        "without_fold",
    }
    assert len(found["scores"]["mse"]["per_fold"]) == 3
    assert set(found["seconds"]) == {"read", "train", "total"}
    assert found["peak_memory_bytes"] > 10**7
    assert all(set(d) == {"what", "why", "change_with"} for d in found["decisions"])
    assert {"python", "tenfold", "torch"} <= set(found["versions"])


def test_metrics_that_an_older_version_wrote_are_read_by_the_names_of_today(
    run: Run, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(folder_of(run), old)
    found = json.loads((old / "metrics.json").read_text(encoding="utf-8"))
    for one in (found, *found["groups"]):
        one["constant"] = one.pop("baseline")
    (old / "metrics.json").write_text(json.dumps(found), encoding="utf-8")
    loaded = tenfold.load(old)
    assert loaded.metrics == run.metrics
    assert "baseline" in loaded.write_report().read_text(encoding="utf-8")


def test_a_history_that_an_older_version_wrote_is_read_by_the_names_of_today(
    run: Run, tmp_path: Path
) -> None:
    old = Path(shutil.copytree(folder_of(run), tmp_path / "old"))
    known = read_tables(old, ())["history.csv"]
    text = (old / "history.csv").read_text().replace("validation_loss", "watched")
    (old / "history.csv").write_text(
        text.replace("watched,lr", "watched,validation_loss,lr", 1)
    )
    lines = (old / "history.csv").read_text().splitlines()
    place = lines[0].split(",").index("watched")
    rows = [line.split(",") for line in lines[1:]]
    older = [",".join([*row[: place + 1], "0.5", *row[place + 1 :]]) for row in rows]
    (old / "history.csv").write_text("\n".join([lines[0], *older]) + "\n")
    found = read_tables(old, ())["history.csv"]
    assert (found.pop("test_loss") == 0.5).all()
    pd.testing.assert_frame_equal(found, known)


def test_predictions_are_those_of_networks_that_never_saw_the_row(run: Run) -> None:
    found = pd.read_csv(folder_of(run) / "predictions.csv")
    assert list(found) == ["line", "truth", "prediction", "low", "high"]
    lines = [line for line in range(2, 62) if line not in {4, 7}]
    assert found["line"].tolist() == lines
    assert found["truth"].tolist() == table()["price"][np.array(lines) - 2].tolist()
    assert run.study is not None
    np.testing.assert_array_equal(found["prediction"], run.study.out_of_fold()[:, 0])
    error = found["prediction"] - found["truth"]
    mse = run.metrics["scores"]["mse"]["per_fold"]
    assert min(mse) < np.mean(error**2) < max(mse)


def test_rejected_rows_are_listed_with_line_and_reason(run: Run) -> None:
    found = pd.read_csv(folder_of(run) / "rejected.csv")
    assert found.to_dict("records") == [
        {"line": 4, "reason": "it has 4 cells, but the table has 3 columns"},
        {"line": 7, "reason": "its target 'price' is empty"},
    ]


def test_history_has_a_line_for_every_epoch(run: Run) -> None:
    found = pd.read_csv(folder_of(run) / "history.csv")
    folds = [
        f"{loss}_fold_{fold}" for loss in ("loss", "validation_loss") for fold in (1, 2, 3)
    ]
    assert list(found) == ["epoch", "loss", "validation_loss", "lr", "seconds", *folds]
    for loss in ("loss", "validation_loss"):
        each = found[[name for name in folds if name.startswith(f"{loss}_")]]
        assert np.allclose(each.mean(axis=1), found[loss])
        assert (each.std(axis=1) > 0).all()
    assert found["epoch"].tolist() == [1, 2]
    assert found["seconds"].is_monotonic_increasing
    assert np.isfinite(found["loss"]).all()


def test_the_config_holds_all_that_repeats_the_run(run: Run, tmp_path: Path) -> None:
    config = json.loads((folder_of(run) / "config.json").read_text(encoding="utf-8"))
    data = Path(config["data"])
    assert config["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    again = tenfold.rerun(folder_of(run) / "config.json", out=tmp_path)
    for name in ("predictions.csv", "rejected.csv"):
        assert (tmp_path / "my-houses-1" / name).read_bytes() == (
            folder_of(run) / name
        ).read_bytes()
    assert again.metrics["scores"] == run.metrics["scores"]


def test_classes_have_a_probability_each(tmp_path: Path) -> None:
    tenfold.train(
        table(),
        target="town",
        folds=3,
        training=TrainOptions(epochs=2),
        quality="fast",
        out=tmp_path,
    )
    found = pd.read_csv(tmp_path / "table-1" / "predictions.csv")
    chances = ["probability Bonn", "probability Ulm"]
    assert list(found) == ["line", "truth", "prediction", *chances]
    np.testing.assert_allclose(found[chances].sum(axis=1), 1, rtol=1e-6)


def test_a_run_that_was_loaded_knows_its_metrics(run: Run) -> None:
    loaded = tenfold.load(folder_of(run))
    assert loaded.folder == run.folder
    assert loaded.metrics == run.metrics
    assert loaded.evaluate(table()) == run.evaluate(table())


def test_no_run_overwrites_another(tmp_path: Path) -> None:
    (tmp_path / "a-1").mkdir()
    (tmp_path / "a-1" / "precious.txt").write_text("mine")
    (tmp_path / "a-3").write_text("a file in the way")
    names = [new_folder(tmp_path, "a").name for _ in range(3)]
    assert names == ["a-2", "a-4", "a-5"]
    assert (tmp_path / "a-1" / "precious.txt").read_text() == "mine"
    assert (tmp_path / "a-3").read_text() == "a file in the way"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("my table (2)", "my-table-2-1"),
        ("größe", "größe-1"),
        ("../../etc", "etc-1"),
        ("/", "run-1"),
        ("", "run-1"),
        ("...", "run-1"),
    ],
)
def test_a_name_is_always_one_folder_inside_its_place(
    tmp_path: Path, name: str, folder: str
) -> None:
    made = new_folder(tmp_path / "runs", name)
    assert (made.parent, made.name) == (tmp_path / "runs", folder)
    assert made.is_dir()


def test_a_place_where_no_folder_can_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/dev/null")):
        with pytest.raises(StoreError) as caught:
            new_folder(place, "a")
        assert caught.value.code == "M06"


FULL_DISK = """
import sys, tenfold
from tenfold.errors import StoreError
try:
    few = tenfold.TrainOptions(epochs=2)
    tenfold.train(sys.argv[1], folds=3, training=few, quality="fast", out=sys.argv[2])
except StoreError as error:
    print(error)
"""


def test_a_disk_that_is_full_is_told_in_full(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: writing fails in the same way."""
    table().to_csv(tmp_path / "a.csv", index=False)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "a.csv", tmp_path],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.replace(str(tmp_path), "HOME") == (
        "M06: the run cannot be written: File too large.\n\n"
        "  folder  HOME/a-1\n"
        "  why     a run is saved to a new folder, which this user must be allowed to "
        "create\n"
        "  fix     free some disk space, or choose another place: out=FOLDER\n"
    )


def test_metrics_that_are_damaged_are_named(run: Run, tmp_path: Path) -> None:
    model = (folder_of(run) / "model.tenfold").read_bytes()
    (tmp_path / "model.tenfold").write_bytes(model)
    assert tenfold.load(tmp_path).metrics == {}
    for content in (b"{", b"[1]", b"\xff", b"3"):
        (tmp_path / "metrics.json").write_bytes(content)
        with pytest.raises(StoreError) as caught:
            tenfold.load(tmp_path)
        assert caught.value.code == "M04"
        assert caught.value.place == {"file": str(tmp_path / "metrics.json")}
