"""Files that are answered in batches: the same answers, in little memory, and nothing lost."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions, predict_file
from tenfold.data.files import batch, batches
from tenfold.errors import PredictError, ReadError, StoreError, UsageError
from tenfold.read_options import ReadOptions
from tenfold.run import Run
from tenfold.store.held import Held
from tenfold.streaming.files import open_files
from tenfold.streaming.parts import Parts
from tenfold.streaming.scoring import score_table
from tests.engine_tables import houses

FEW: Final = 16  # rows of a batch
ROWS: Final = 100
BATCHES: Final = 6  # a short rest is none of its own


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    few = TrainOptions(epochs=2)
    out = tmp_path_factory.mktemp("runs")
    return tenfold.train(houses(), "price", folds=3, training=few, quality="fast", out=out)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run that predicts classes."""
    few = TrainOptions(epochs=2)
    out = tmp_path_factory.mktemp("towns")
    return tenfold.train(houses(), "town", folds=3, training=few, quality="fast", out=out)


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every file in batches of a few rows."""
    monkeypatch.setattr(batches, "LONG_BYTES", 0)
    monkeypatch.setattr(batches, "LONG_CELLS", 0)
    monkeypatch.setattr(batch, "BATCH_ROWS", FEW)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    houses(ROWS, seed=5).to_csv(path, index=False)
    return path


def plain(run: Run, path: Path, **asked: Any) -> pd.DataFrame:
    return run.predict(path, **asked).rename_axis("line").reset_index()


def csv_of(answers: pd.DataFrame) -> str:
    return answers.to_csv(index=False, float_format="%.7g")


@pytest.mark.parametrize("coverage", [None, 0.8])
def test_answers_are_those_of_the_whole_file(
    run: Run, towns: Run, new: Path, tmp_path: Path, coverage: float | None
) -> None:
    for one in (run, towns):
        (told,) = predict_file(one, new, tmp_path / "out.csv", coverage=coverage)
        assert (told.rows, told.rejected) == (ROWS, 0)
        wanted = plain(one, new, coverage=coverage)
        assert (tmp_path / "out.csv").read_text() == csv_of(wanted)
        predict_file(one, new, tmp_path / "out.parquet", coverage=coverage)
        found = pd.read_parquet(tmp_path / "out.parquet")
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "new.csv",
        "out.csv",
        "out.parquet",
    ]


def test_several_files_are_answered_in_their_order(run: Run, new: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    houses(40, seed=6).to_parquet(other)
    one, two = predict_file(run, [new, other], tmp_path / "out.csv")
    assert (one.rows, two.rows) == (ROWS, 40)
    wanted = [plain(run, path) for path in (new, other)]
    for table, path in zip(wanted, (new, other), strict=True):
        table.insert(0, "file", str(path))
    assert (tmp_path / "out.csv").read_text() == csv_of(pd.concat(wanted))


@pytest.mark.slow
def test_processes_side_by_side_write_the_same_bytes(
    run: Run, new: Path, tmp_path: Path
) -> None:
    for jobs in (1, 2, 3):
        predict_file(run, new, tmp_path / f"{jobs}.csv", jobs=jobs)
    with joblib.parallel_config(backend="threading"):
        predict_file(run, new, tmp_path / "threads.csv", jobs=2)
    wanted = (tmp_path / "1.csv").read_bytes()
    for name in ("2", "3", "threads"):
        assert (tmp_path / f"{name}.csv").read_bytes() == wanted


class Cut(Exception):
    """Ends the work."""


def cut_after(rows: int) -> Callable[[int, int], None]:
    def progress(done: int, _: int) -> None:
        if done >= rows:
            raise Cut

    return progress


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("kept", [1, 3, BATCHES - 1])
def test_what_was_answered_before_a_cut_is_not_answered_again(
    run: Run,
    new: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    kept: int,
) -> None:
    out, wanted = tmp_path / f"out{suffix}", tmp_path / f"wanted{suffix}"
    predict_file(run, new, wanted)
    with pytest.raises(Cut):
        predict_file(run, new, out, progress=cut_after(kept * FEW - 1))
    assert not out.exists()
    assert (tmp_path / f"out{suffix}.parts").is_dir()
    done: list[int] = []
    write = Parts.write

    def counted(self: Parts, number: int, *rest: Any) -> None:
        done.append(number)
        write(self, number, *rest)

    monkeypatch.setattr(Parts, "write", counted)
    (told,) = predict_file(run, new, out)
    assert done == [*range(kept, BATCHES)]
    assert told.rows == ROWS
    assert out.read_bytes() == wanted.read_bytes()
    assert not (tmp_path / f"out{suffix}.parts").exists()


def test_other_work_begins_anew(run: Run, towns: Run, new: Path, tmp_path: Path) -> None:
    """Rows, a run, or options that have changed since."""
    out = tmp_path / "out.csv"
    changed = new.with_name("changed.csv")
    houses(ROWS, seed=7).to_csv(changed, index=False)
    for again in [
        {"run": run, "inputs": changed},
        {"run": towns, "inputs": new},
        {"run": run, "inputs": new, "coverage": 0.5},
    ]:
        with pytest.raises(Cut):
            predict_file(run, new, out, progress=cut_after(40))
        predict_file(**again, out=out)
        asked = {"coverage": again["coverage"]} if "coverage" in again else {}
        assert out.read_text() == csv_of(plain(again["run"], again["inputs"], **asked))


KILLED: Final = """
import sys, time
from tenfold import load, predict_file
from tenfold.data.files import batch, batches
batches.LONG_BYTES, batch.BATCH_ROWS = 0, 16
def slowly(done, total):
    print(done, flush=True)
    time.sleep(0.2)
predict_file(load(sys.argv[1]), sys.argv[2], sys.argv[3], progress=slowly)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.slow
def test_a_killed_process_loses_at_most_a_batch(run: Run, new: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    words = [sys.executable, "-c", KILLED, str(run.folder), str(new), str(out)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert len([*(tmp_path / "out.csv.parts").glob("*[0-9].json")]) >= 2
    predict_file(run, new, out)
    assert out.read_text() == csv_of(plain(run, new))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are in /proc")
@pytest.mark.slow
def test_no_process_outlives_a_killed_one(run: Run, new: Path, tmp_path: Path) -> None:
    program = KILLED.replace("progress=slowly", "progress=slowly, jobs=2")
    words = [sys.executable, "-c", program, str(run.folder), str(new), str(tmp_path / "a.csv")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        workers = [*children(process.pid)]
        assert sum("LokyProcess" in command(pid) for pid in workers) == 2
        process.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while any("LokyProcess" in command(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.2)
    assert [pid for pid in workers if "LokyProcess" in command(pid)] == []


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for one in tasks for child in (one / "children").read_text().split()]


def command(pid: int) -> str:
    """Return the command line of a process, empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_drift_is_told_as_of_the_whole_file(run: Run, tmp_path: Path) -> None:
    odd = houses(ROWS, seed=5).astype(object).drop(columns="price")
    odd.loc[[3, 40, 77, 90], "town"] = ["ulm", "Rom", "Rom", "Oslo"]
    odd.loc[[2, 61], "rooms"] = ["many", None]
    path, out = tmp_path / "odd.csv", tmp_path / "out.csv"
    odd.assign(note="x").to_csv(path, index=False)
    (told,) = predict_file(run, path, out, departures=tmp_path / "departures.csv")
    kind, schema = run.model.kind, run.model.schema
    looked = kind.look(run.read(path), schema, None)
    assert told.drift_lines() == looked.lines
    assert (tmp_path / "departures.csv").read_text().splitlines()[0] == (
        "line,column,what,cell,training,meant"
    )
    found = pd.read_csv(tmp_path / "departures.csv", dtype=object)
    wanted = looked.drift.astype(object).where(looked.drift.notna(), None)
    cells = wanted[wanted["line"].notna()][["line", "column", "what", "cell"]].astype(str)
    kept = found[found["line"].notna()][["line", "column", "what", "cell"]]
    assert sorted(map(tuple, cells.to_numpy().tolist())) == sorted(
        map(tuple, kept.fillna("").to_numpy().tolist())
    )
    with pytest.raises(PredictError, match="P08"):
        predict_file(run, path, out, schema="strict")


def test_strict_refuses_before_anything_is_written(
    run: Run, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError

    text = new.read_text().splitlines()
    new.write_text(
        "\n".join([*text[:90], text[90].replace(text[90].split(",")[0], "?x"), *text[91:]])
    )
    monkeypatch.setattr(Parts, "write", never)
    with pytest.raises(PredictError, match="P08"):
        predict_file(run, new, tmp_path / "out.csv", schema="strict")


def test_rows_that_cannot_be_used_are_counted_over_the_file(
    run: Run, new: Path, tmp_path: Path
) -> None:
    lines = new.read_text().splitlines()
    new.write_text("\n".join([*lines[:80], "1,2", *lines[80:]]) + "\n")
    (told,) = predict_file(run, new, tmp_path / "out.csv")
    assert (told.rows, told.rejected) == (ROWS, 1)
    assert told.reading_lines() == [
        f"{new}, line 81, is left out: it has 2 cells, but the table has 4 columns"
    ]
    new.write_text("\n".join([*lines[:5], "1,2", *lines[5:]]) + "\n")
    assert predict_file(run, new, tmp_path / "out.csv")[0].rejected == 1  # of the first 16
    new.write_text("\n".join([*lines[:40], *["1,2"] * 9, *lines[40:]]) + "\n")
    with pytest.raises(ReadError, match="D05") as found:
        predict_file(run, new, tmp_path / "out.csv")
    assert "line 41" in found.value.place["rows"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("area,town\n1,Ulm\n", "P01"),
        ("", "D02"),
        ("area,rooms,town\n" + "few,1,Ulm\n" * 40, "P02"),
    ],
)
def test_rows_of_another_table_are_refused(
    run: Run, tmp_path: Path, text: str, code: str
) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises((PredictError, ReadError), match=code) as found:
        predict_file(run, path, tmp_path / "out.csv")
    assert found.value.place["file"] == str(path)
    assert [one.name for one in tmp_path.iterdir()] == ["other.csv"]


def test_a_column_may_be_empty_for_a_long_while(run: Run, tmp_path: Path) -> None:
    frame = houses(ROWS, seed=5)
    frame.loc[: ROWS - 5, "area"] = np.nan
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        (told,) = predict_file(run, tmp_path / name, tmp_path / "out.csv")
        assert told.rows == ROWS
        assert (tmp_path / "out.csv").read_text() == csv_of(plain(run, tmp_path / name))


def test_one_program_at_a_time_writes_a_file(run: Run, new: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv.parts").mkdir()
    held = Held(tmp_path / "out.csv.parts")
    try:
        with pytest.raises(StoreError, match="M14"):
            predict_file(run, new, tmp_path / "out.csv")
    finally:
        held.release()
    predict_file(run, new, tmp_path / "out.csv")


def test_files_of_others_are_left_alone(run: Run, new: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out.csv.parts" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(UsageError, match="U01"):
        predict_file(run, new, tmp_path / "out.csv")
    assert mine.read_text() == "mine"


def test_places_where_nothing_can_be_written_are_refused_at_once(
    run: Run, new: Path, tmp_path: Path
) -> None:
    text, good = new.read_text(), tmp_path / "out.csv"
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for out in (tmp_path / "nowhere" / "out.csv", tmp_path, ".", "", new, loop):
        with pytest.raises(UsageError, match="U01"):
            predict_file(run, new, out)
        with pytest.raises(UsageError, match="U01"):
            predict_file(run, new, good, departures=out)
    with pytest.raises(UsageError, match="U01"):
        predict_file(run, new, good, departures=good)
    assert {one.name for one in tmp_path.iterdir()} == {"loop", "new.csv"}
    assert new.read_text() == text


def test_what_no_call_can_mean_is_refused(run: Run, new: Path, tmp_path: Path) -> None:
    for asked in ({"jobs": 0}, {"jobs": -1}, {"jobs": 1.5}, {"schema": "loose"}):
        with pytest.raises(UsageError, match="U01"):
            predict_file(run, new, tmp_path / "out.csv", **asked)
    with pytest.raises(UsageError, match="U01"):
        predict_file(run, [], tmp_path / "out.csv")


def test_a_run_may_be_named_by_its_folder(run: Run, new: Path, tmp_path: Path) -> None:
    assert run.folder is not None
    predict_file(run.folder, new, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == csv_of(plain(run, new))


@pytest.mark.slow
def test_a_model_file_of_any_name_answers(
    run: Run, towns: Run, new: Path, tmp_path: Path
) -> None:
    """Beside another, which has the usual name."""
    for name, one in {"model.tenfold": towns, "mine.tenfold": run}.items():
        assert one.folder is not None
        (tmp_path / name).write_bytes((one.folder / "model.tenfold").read_bytes())
    mine = tenfold.load(tmp_path / "mine.tenfold")
    for jobs in (1, 2):
        predict_file(mine, new, tmp_path / "out.csv", jobs=jobs)
        assert (tmp_path / "out.csv").read_text() == csv_of(plain(run, new))


@pytest.mark.slow
def test_processes_that_go_on_see_a_model_that_has_changed(
    run: Run, towns: Run, new: Path, tmp_path: Path
) -> None:
    """Another one in the same file; and files that are named from here."""
    file = tmp_path / "model.tenfold"
    for one in (run, towns):
        assert one.folder is not None
        file.write_bytes((one.folder / "model.tenfold").read_bytes())
        predict_file(file, new, tmp_path / "out.csv", jobs=2)
        assert (tmp_path / "out.csv").read_text() == csv_of(plain(one, new))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such device")
def test_a_device_takes_the_answers(run: Run, new: Path) -> None:
    (told,) = predict_file(run, new, "/dev/null")
    assert told.rows == ROWS
    assert not Path("/dev/null.parts").exists()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("damage", ["cut", "empty", "gone"])
def test_a_damaged_part_is_done_again(
    run: Run, new: Path, tmp_path: Path, suffix: str, damage: str
) -> None:
    out, wanted = tmp_path / f"out{suffix}", tmp_path / f"wanted{suffix}"
    predict_file(run, new, wanted)
    with pytest.raises(Cut):
        predict_file(run, new, out, progress=cut_after(60))
    part = tmp_path / f"out{suffix}.parts" / f"0000001{suffix}"
    part.write_bytes({"cut": part.read_bytes()[:50]}.get(damage, b""))
    if damage == "gone":
        part.unlink()
    (part.parent / "0000002.json").write_text("[" * 100_000)
    predict_file(run, new, out)
    assert out.read_bytes() == wanted.read_bytes()


def test_what_a_kill_left_behind_is_in_nobodys_way(run: Run, new: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with pytest.raises(Cut):
        predict_file(run, new, out, progress=cut_after(60))
    for name in (".0000003.part.json", ".begun.part.json"):
        (tmp_path / "out.csv.parts" / name).write_text("{")
    predict_file(run, new, out, coverage=0.5)
    assert out.read_text() == csv_of(plain(run, new, coverage=0.5))


def test_a_column_may_be_unreadable_for_a_while(run: Run, tmp_path: Path) -> None:
    frame = houses(ROWS, seed=5).astype(object)
    frame.loc[30:70, "area"] = "off"
    path, out = tmp_path / "new.csv", tmp_path / "out.csv"
    frame.to_csv(path, index=False)
    (told,) = predict_file(run, path, out)
    assert out.read_text() == csv_of(plain(run, path))
    assert "41 of 100 cells" in told.drift_lines()[1]
    with pytest.raises(PredictError, match="P08"):
        predict_file(run, path, out, schema="strict")


def test_rows_without_a_word_are_answered(tmp_path: Path) -> None:
    """Of a text column a whole batch may hold no cell, or no row."""
    frame = houses(80).assign(
        note=[f"a fine house of {at} rooms and a view" for at in range(80)]
    )
    few = TrainOptions(epochs=2)
    run = tenfold.train(frame, "price", folds=3, training=few, quality="fast", out=None)
    assert {one.kind for one in run.model.schema.used} >= {"text"}
    path, out = tmp_path / "new.csv", tmp_path / "out.csv"
    text = frame.to_csv(index=False)
    path.write_text(text + ",,,,\n" * 70)
    predict_file(run, path, out)
    assert out.read_text() == csv_of(plain(run, path))


def test_a_file_without_rows_is_refused(run: Run, new: Path, tmp_path: Path) -> None:
    new.write_text(new.read_text().splitlines()[0] + "\n")
    empty = tmp_path / "empty.parquet"
    houses(3)[:0].to_parquet(empty)
    for path in (new, empty):
        with pytest.raises(ReadError, match="D02"):
            predict_file(run, path, tmp_path / "out.csv")


def test_whole_columns_are_listed_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    houses(ROWS).assign(more=1).drop(columns="area").to_csv(path, index=False)
    odd = tmp_path / "departures.csv"
    (told,) = predict_file(run, path, tmp_path / "out.csv", schema="warn", departures=odd)
    assert pd.read_csv(odd)["what"].tolist() == ["missing column", "extra column"]
    assert len(told.drift_lines()) == 3


def test_a_full_disk_keeps_what_is_done(
    run: Run, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, wanted = tmp_path / "out.csv", tmp_path / "wanted.csv"
    predict_file(run, new, wanted)
    to_csv = pd.DataFrame.to_csv

    def full(self: pd.DataFrame, path: Any = None, **rest: Any) -> Any:
        if path is not None and "0000003" in str(path):
            raise OSError(28, "No space left on device")
        return to_csv(self, path, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_csv", full)
        with pytest.raises(StoreError, match="M15") as found:
            predict_file(run, new, out)
    assert "No space left" in found.value.fact
    assert len([*(tmp_path / "out.csv.parts").glob("*[0-9].json")]) == 3
    predict_file(run, new, out)
    assert out.read_bytes() == wanted.read_bytes()


def test_pictures_are_not_rows(new: Path, tmp_path: Path) -> None:
    class Kind:
        whole = "images"

        def columns(self, _: Any) -> int:
            return 0

    class OfPictures:
        class model:
            kind, schema = Kind(), None

    with pytest.raises(PredictError, match="P05"):
        open_files(OfPictures(), [new], ReadOptions())


@pytest.mark.parametrize("name", ["new.csv", "new.parquet"])
def test_scores_are_those_of_the_whole_file(
    run: Run, towns: Run, tmp_path: Path, name: str
) -> None:
    frame = houses(ROWS, seed=5)
    frame.loc[[30, 80], ["price", "town"]] = None
    path = tmp_path / name
    frame.to_csv(path, index=False) if name.endswith("csv") else frame.to_parquet(path)
    for one in (run, towns):
        (table,) = open_files(one, [path], ReadOptions(missing=None))
        found = score_table(one, table, mode=None)
        with pytest.warns(UserWarning, match="no target"):
            assert found.scores == one.evaluate(path)
        assert found.told.rows == ROWS - 2
        assert "2 of 100" in found.told.reading_lines()[-1]


def test_a_file_without_targets_cannot_be_scored(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    houses(ROWS).assign(price=None).to_csv(path, index=False)
    (table,) = open_files(run, [path], ReadOptions(missing=None))
    with pytest.raises(PredictError, match="P03"):
        score_table(run, table, mode=None)


MEMORY: Final = """
import sys
from tenfold import load, predict_file
from tenfold.data.files import batch, batches
from tenfold.machine import peak_memory_bytes
batches.LONG_CELLS = 0
predict_file(load(sys.argv[1]), sys.argv[2], sys.argv[3])
print(peak_memory_bytes())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is not known")
@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_file(run: Run, tmp_path: Path, suffix: str) -> None:
    """Three times as many rows, each with a long text, take as much memory."""
    peaks = []
    for rows in (100_000, 300_000):
        frame = houses(rows).assign(note=[f"{at:0700d}" for at in range(rows)])
        path = tmp_path / f"{rows}.{suffix}"
        if suffix == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, row_group_size=50_000)
        words = [sys.executable, "-c", MEMORY, run.folder, path, tmp_path / "out.csv"]
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.1 * peaks[0]
