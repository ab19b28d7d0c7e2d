"""Every error in full, as its reader meets it: raised by wrong input, never by hand."""

import gzip
import io
import json
import pickle
import re
import resource
import shutil
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Final
from unittest import mock
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import Ridge

import tenfold
from tenfold import TrainOptions, errors, tracking
from tenfold.cli import CTRL_C, main
from tenfold.cli.backend import workers
from tenfold.cli.terminal import write_rows
from tenfold.cli.views import app
from tenfold.data.files.batches import in_batches
from tenfold.data.tables.reading import Known, Reading
from tenfold.errors import RULES, InputError, ServeError, StoreError, TenfoldError, UsageError
from tenfold.export import draft
from tenfold.exported import Exported
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_rows import Rows
from tenfold.read_options import ReadOptions
from tenfold.serve.app import app_of
from tenfold.serve.server import serve
from tenfold.serve_options import ServeOptions
from tenfold.store.held import Held
from tenfold.store.members import MANIFEST
from tenfold.training.spread import NotBegun, require_alike, required
from tenfold.training.watch import Callback
from tenfold.training.workers import bring_back
from tenfold.wording import COMMAND, PYTHON
from tests import engine_leaks as leaks
from tests.engine_options import asked
from tests.engine_pictures import write_folder
from tests.engine_served import ask_here, picture_file
from tests.keras.models import ends_for_classes, looks_up_words

QUICK: Final[dict[str, Any]] = {"quality": "fast", "folds": 3, "epochs": 2, "out": None}
EMPTY_ZIP: Final = b"PK\5\6" + bytes(18)


def houses(rows: int = 30) -> pd.DataFrame:
    at = np.arange(rows)
    rooms, town = at % 7 + at / 100, np.array(["Ulm", "Bonn", "Kiel"])[at % 3]
    return pd.DataFrame({"rooms": rooms, "town": town, "price": 3 * rooms + at % 2})


def pets() -> pd.DataFrame:
    return houses().drop(columns="price").assign(pet=["cat", "dog"] * 15)


def thirds() -> pd.DataFrame:
    return houses().sort_values("town")[["rooms", "price", "town"]]


def linear(inputs: int, outputs: int) -> torch.nn.Module:
    return torch.nn.Linear(inputs, outputs)


def train(data: Any, **options: Any) -> object:
    return tenfold.train(data, **asked(**QUICK | options))


def compare(data: Any, **options: Any) -> object:
    return tenfold.compare(data, **asked(out=None, **options))


def interrupted(home: Path) -> Path:
    """Return the folder of a run that ended in training."""
    (home / "begun").mkdir()
    (home / "begun" / "checkpoint.tenfold").write_bytes(b"")
    return home / "begun"


def text(home: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = home / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sheets(home: Path) -> Path:
    path = home / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        houses().to_excel(book, sheet_name="January")
        houses().to_excel(book, sheet_name="February")
    return path


def unpack_in_a_small_memory(home: Path) -> None:
    path = home / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 50_000))
    with mock.patch("tenfold.data.files.encoding.memory_bytes", return_value=10**6):
        train(path)


def read_signs_that_change(home: Path) -> None:
    rows = ["a;b", *(f"{at};{at}" for at in range(30)), *(f"{at},5;{at}" for at in range(30))]
    known = Known(reading=Reading(decimal="."), names=("a",), numbers=frozenset({"a"}))
    path = text(home, "\n".join(rows))
    with (
        mock.patch("tenfold.data.files.batches.LONG_BYTES", 0),
        mock.patch("tenfold.data.files.batch.BATCH_ROWS", 20),
    ):
        for one in in_batches(path, ReadOptions(missing=None), known).batches():
            one.table()


def without_memory() -> None:
    with mock.patch("tenfold.nn.mlp.FoldMLP.train_forward", side_effect=MemoryError):
        train(houses())


def in_little_room() -> None:
    with mock.patch("tenfold.training.room.free_bytes", return_value=11 * 10**6):
        train(houses(), folds=10, quality="medium")


def cut_off(home: Path) -> Path:
    """Return the folder of a run that was cut off."""
    run = model(home).parent
    (run / "metrics.json").unlink()
    return run


def go_on_beside(run: Path) -> None:
    """Go on with a run while somebody else works on it."""
    held = Held(run)
    try:
        tenfold.resume(run)
    finally:
        held.release()


def print_as_ascii(rows: pd.DataFrame) -> None:
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="ascii")):
        write_rows(rows, None, as_json=False)


def on_a_cluster_that_is_not_there() -> None:
    with mock.patch("tenfold.cli.backend.SECONDS", 1), workers("dask://127.0.0.1:1"):
        pass


def with_workers_that_end() -> None:
    error = OSError("no worker is left")
    with mock.patch("tenfold.training.workers._turn", return_value=error):
        bring_back(2, iter, int, look=print, end=print, tell=print)


def with_an_older_worker() -> None:
    with (
        mock.patch("tenfold.training.spread.version", return_value="9.9"),
        mock.patch("socket.gethostname", return_value="far-away"),
    ):
        require_alike({"numpy": "2.0"})


def ended_by_ctrl_c() -> None:
    """Raise what a command that Ctrl-C ends prints as a document."""
    said = io.StringIO()
    with (
        mock.patch("tenfold.cli.app", side_effect=SystemExit(CTRL_C)),
        mock.patch("sys.argv", ["tenfold", "--json"]),
        redirect_stdout(said),
        redirect_stderr(io.StringIO()),
        suppress(SystemExit),
    ):
        main()
    found = json.loads(said.getvalue())["error"]
    raise StoreError(found["code"], found["fact"], place=found["place"], fix=found["fix"])


def network(home: Path, code: str) -> str:
    return f"{text(home, code, 'mine.py')}:net"


def lost_on_the_way(run: tenfold.Run) -> None:
    with tracking._logging_to("MLflow", run):
        raise OSError("there is no route")


class Unwritable(torch.nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if torch.compiler.is_exporting():
            raise ValueError("it reads a file")
        return super().forward(x)


class Off:
    """A file that says 3 where the model says 2."""

    def answers(self, of: object) -> Iterator[tuple[Any, Any]]:
        yield np.array([[3.0]]), np.array([[2.0]])


def write_down(home: Path, data: pd.DataFrame, network: Any = "tutorial") -> None:
    tenfold.train(data, **asked(network=network, **QUICK)).export(home / "x.onnx")


def refused(
    home: Path,
    body: bytes | None = b"GIF89a",
    kind: str = "image/gif",
    path: str = "/predict",
    host: str = "localhost",
    others: int = 0,
    **options: Any,
) -> None:
    """Ask a server that answers others, too, and raise what it answers."""
    app = app_of(Exported.open(picture_file(home)), ServeOptions(**options))
    app._open = others
    answer = ask_here(app, path, body, kind, host).json
    found = answer["error"] if "error" in answer else answer["predictions"][0]["error"]
    raise ServeError(found["code"], found["fact"], place=found["place"], fix=found["fix"])


def form_of(files: int) -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n'
    return part * files + b"--x--\r\n"


def rows_of(home: Path, body: bytes) -> None:
    file = tenfold.load(home / "runs" / "houses-1").export(home / "rows.onnx", data=houses())
    Rows(TableFile(Exported.open(file.path)), 10).of_json(body)


def on_a_taken_port(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        try:
            serve(picture_file(home), ServeOptions(port=port), print)
        except ServeError as error:
            error.place["port"] = "PORT"
            raise


FORM: Final = "multipart/form-data; boundary=x"
BMP: Final = b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 40, 30, 1, 24, *[0] * 6)


def model(home: Path, name: str = "houses-1") -> Path:
    return home / "runs" / name / "model.tenfold"


def repacked(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Write a model file anew, its manifest changed."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts[MANIFEST])
    change(manifest)
    with ZipFile(path, "w") as archive:
        for name, part in (parts | {MANIFEST: json.dumps(manifest)}).items():
            archive.writestr(name, part)
    return path


def dented(path: Path) -> Path:
    """Spoil the bytes of the first part of a model file."""
    data = path.read_bytes()
    path.write_bytes(data[:60] + b"\xff" * 20 + data[80:])
    return path


@contextmanager
def without(library: str) -> Iterator[None]:
    """Let an import fail as it does where the library is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, library, None)
        yield


def command(*words: object) -> object:
    return app([str(word) for word in words], standalone_mode=False)


def predict_to(home: Path, out: Path) -> object:
    return command("predict", model(home), text(home, houses().to_csv()), "--out", out)


def answers_otherwise(manifest: dict[str, Any]) -> None:
    manifest["sample"]["answers"] = [[9e9]] * 3


def read_without_pyarrow(home: Path) -> None:
    with without("pyarrow"):
        train(text(home, "PAR1", "a.parquet"))


def returns_none(inputs: int, outputs: int) -> None:
    return None


def refuses(inputs: int, outputs: int) -> torch.nn.Module:
    raise KeyError("width")


def empty_folder(home: Path) -> Path:
    (home / "empty").mkdir()
    return home / "empty"


def twice(home: Path) -> Path:
    for part in ("x", "y"):
        write_folder(home / "twice" / part, 4)
    return home / "twice"


def broken(home: Path) -> Path:
    folder = write_folder(home / "broken", 8)
    text(folder / "flat", "", "bad.png")
    text(folder / "steep", "hello", "worse.jpg")
    return folder


def read_without_room(home: Path) -> None:
    """Let the system refuse files above a size, as it does where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(home))
        patch.setattr(tempfile, "tempdir", None)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            train(home / "pictures", memory_bytes=0, img_size=10)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Broken(torch.nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError("not today")


CASES: Final[list[tuple[Callable[[Path], object], str]]] = [
    (
        lambda home: train(leaks.copied()),
        """\
A01: column 'in_pounds' contains the target 'price'.

  column    in_pounds
  evidence  it is the target in other units, except for rounding, in 240 rows
  why       a column that contains the target leaks the answer
  fix       leave the column out: --kind 'in_pounds'=constant
            train anyway: --audit warn""",
    ),
    (
        lambda home: train(leaks.before(leaks.filled(), outcome=leaks.pets()["pet"])),
        """\
A01: column 'outcome' contains the target 'pet'.

  column    outcome
  evidence  each of its 2 values belongs to one class, in 240 rows
  also      A03: whether column 'bark' is filled depends on the target 'pet'
  why       a column that contains the target leaks the answer
  fix       leave the column out: --kind 'outcome'=constant
            train anyway: --audit warn""",
    ),
    (
        lambda home: train(leaks.filled()),
        """\
A03: whether column 'bark' is filled depends on the target 'pet'.

  column    bark
  evidence  all 125 rows where it is empty have the same target
  why       whether a cell is empty must not depend on the target
  fix       leave the column out: --kind 'bark'=constant
            fill its cells for all rows, as they will be for new ones
            train anyway: --audit warn""",
    ),
    (
        lambda home: train(leaks.summed()),
        """\
A04: 2 columns add up to the target 'price', in every row.

  columns  'building' + 'land'
  rows     240 checked
  why      if columns add up or multiply to the target, there is nothing to learn
  fix      leave one of them out: --kind 'building'=constant
           use the formula instead, if its parts are known beforehand
           train anyway: --audit warn""",
    ),
    (
        lambda home: train(leaks.oversampled()),
        """\
A06: 60 of 301 rows are duplicates of another.

  evidence  19.9 % have the same cells and target as an earlier row
  why       a duplicate of a test row among the training rows leaks its answer
  fix       keep one of each
            name the column that says what they are copies of: --group-column NAME
            train anyway: --audit warn""",
    ),
    (
        lambda home: train(leaks.with_test(0.1)[0], test=leaks.with_test(0.1)[1]),
        """\
A07: 6 of 60 test rows are also in the training data.

  usual  0.0 % of rows equal another one in the training data
  why    test rows must not be part of the training data
  fix    remove these rows from one of the two
         hold out a test set automatically: --test-size 0.2
         train anyway: --audit warn""",
    ),
    (
        lambda home: train(home / "no.csv"),
        """\
D01: there is no such file.

  file  HOME/no.csv
  why   the data must be a file that this user may read
  fix   check the name""",
    ),
    (
        lambda home: (text(home, "", "b.csv"), train(home / "no.csv")),
        """\
D01: there is no such file.

  file  HOME/no.csv
  why   the data must be a file that this user may read
  fix   check the name; its folder holds b.csv""",
    ),
    (
        lambda home: train(houses(), test=home),
        (
            """\
D01: this is a folder, but a table is a single file.

  file  HOME
  why   the data must be a file that this user may read"""
        ),
    ),
    (
        lambda home: train(text(home, "")),
        """\
D02: the file is empty.

  file  HOME/a.csv
  why   a table needs at least one row of data below its header""",
    ),
    (
        lambda home: train(text(home, "\n \n")),
        """\
D02: the file has no rows.

  file  HOME/a.csv
  why   a table needs at least one row of data below its header""",
    ),
    (
        lambda home: train(text(home, "a,b\n")),
        """\
D02: the table has no rows.

  file  HOME/a.csv
  why   a table needs at least one row of data below its header""",
    ),
    (
        lambda home: train(houses(0)),
        """\
D02: the table has no rows.

  file  DataFrame
  why   a table needs at least one row of data below its header""",
    ),
    (
        lambda home: train(text(home, "a,b\n1,\xe9\n".encode("latin-1")), encoding="ascii"),
        (
            """\
D03: the file cannot be read as ascii: 'ascii' codec can't decode byte 0xe9 in position 6: \
ordinal not in range(128).

  file  HOME/a.csv
  line  2
  why   the whole of a text file must be in one encoding
  fix   save it as UTF-8
        let the encoding be detected: leave out --encoding"""
        ),
    ),
    (
        lambda home: train(text(home, "a,b\n1,2\n"), encoding="klingon"),
        (
            """\
D03: the file cannot be read as klingon: unknown encoding: klingon.

  file  HOME/a.csv
  why   the whole of a text file must be in one encoding
  fix   save it as UTF-8
        let the encoding be detected: leave out --encoding"""
        ),
    ),
    (
        lambda home: train(text(home, b"a,b\n1,\0\n")),
        """\
D03: the file holds zero bytes, so it is not text.

  file  HOME/a.csv
  byte  6
  why   the whole of a text file must be in one encoding
  fix   export it again as CSV""",
    ),
    (
        lambda home: train(text(home, "a\n1\n2\n")),
        (
            """\
D04: the table has one column.

  file  HOME/a.csv
  why   a table needs at least two columns: one to learn from and the target
  fix   set the separator, if it was detected wrongly: --separator ';'"""
        ),
    ),
    (
        lambda home: train(text(home, "a,b\n" + "1\n1,2,3\n" * 9)),
        (
            """\
D04: no comma, semicolon, tab, bar or space splits all rows into the same number of columns.

  file  HOME/a.csv
  why   a table needs at least two columns: one to learn from and the target
  fix   name the separator: --separator ','
        if there is only one column, name a character that does not occur: --separator '^'"""
        ),
    ),
    (
        lambda home: train(pd.DataFrame(index=range(3))),
        """\
D04: the table has no columns.

  file  DataFrame
  why   a table needs at least two columns: one to learn from and the target""",
    ),
    (
        lambda home: train(text(home, "a,b\n1,2\n3,4\n5\n6,\n")),
        (
            """\
D05: 1 of 3 rows cannot be used, but the limit is 0.01 of them.

  file     HOME/a.csv
  rows     line 4: it has 1 cells, but the table has 2 columns
  besides  one row has no target
  why      leaving out many rows would change what the score means
  fix      correct these rows
           leave them out: --max-bad 0.34"""
        ),
    ),
    (
        lambda home: train(text(home, "a,b\n1,EU\n3,AS\n5,EU\n6,NA\n")),
        (
            """\
D05: 1 of 4 rows cannot be used, but the limit is 0.01 of them.

  file  HOME/a.csv
  rows  line 5: its target 'b' is empty, or the class 'NA'
  why   leaving out many rows would change what the score means
  fix   correct these rows
        if 'NA' is a class, name the values that mean missing: --missing
        leave them out: --max-bad 0.25"""
        ),
    ),
    (
        lambda home: train(houses().set_axis(["a", "b", "a"], axis=1)),
        """\
D06: 1 column name(s) occur more than once.

  file     DataFrame
  columns  'a'
  why      options refer to columns by name, so every name must be unique
  fix      rename the columns""",
    ),
    (
        lambda home: train(text(home, "{}", "a.json")),
        (
            """\
D07: .json files are not supported.

  file  HOME/a.json
  why   a table must be CSV, TSV or other delimited text, Parquet, Excel or a DataFrame
  fix   save the table as .csv, .parquet or .xlsx"""
        ),
    ),
    (
        lambda home: train(text(home, gzip.compress(b"a,b\n" * 99)[:-9], "a.csv.gz")),
        (
            """\
D08: the gzip file cannot be decompressed: Compressed file ended before the end-of-stream \
marker was reached.

  file  HOME/a.csv.gz
  why   a file must be complete and in the format that its name says
  fix   copy or download it again"""
        ),
    ),
    (
        lambda home: train(text(home, "PK", "a.xlsx")),
        (
            """\
D08: the Excel file cannot be read: File is not a zip file.

  file  HOME/a.xlsx
  why   a file must be complete and in the format that its name says
  fix   save or copy it again"""
        ),
    ),
    (
        lambda home: train(text(home, 'a,b\n1,"2\n3,4\n')),
        (
            """\
D09: the quotation mark that opens on line 2 is never closed.

  file  HOME/a.csv
  line  2
  why   a cell that begins with a quotation mark must end with one
  fix   close it, or remove it"""
        ),
    ),
    (
        unpack_in_a_small_memory,
        (
            """\
D10: the gzip file decompresses to more than 0.0 GB.

  file  HOME/a.csv.gz
  why   a table must fit into this machine's memory once it is decompressed
  fix   split it"""
        ),
    ),
    (
        lambda home: train(text(home, ("," * 100_000 + "\n").replace(",", "1,") * 2)),
        (
            """\
D11: the table has 100,001 columns.

  file  HOME/a.csv
  why   a table may have at most 100,000 columns
  fix   name its separator, or transpose it"""
        ),
    ),
    (
        lambda home: train(sheets(home), sheet="May"),
        """\
D12: there is no sheet 'May'.

  file    HOME/a.xlsx
  sheets  'January', 'February'
  why     --sheet must name a sheet of the Excel file
  fix     name one of them, or its number: --sheet 1""",
    ),
    (
        read_signs_that_change,
        """\
D13: numbers have a decimal comma in lines 21 to 40, but a decimal point above.

  file  HOME/a.csv
  why   the numbers of a large file must be written as in its first rows
  fix   if it is the same everywhere, name it: --decimal ","
        split the file""",
    ),
    (
        lambda home: train(houses(), target="prize"),
        (
            """\
S01: --target names the column 'prize', which the table does not have.

  file     DataFrame
  columns  'rooms', 'town', 'price'
  why      the target must be a column of the table
  fix      did you mean 'price'?"""
        ),
    ),
    (
        lambda home: train(houses(), target="?"),
        (
            """\
S01: --target names the column '?', which the table does not have.

  file     DataFrame
  columns  'rooms', 'town', 'price'
  why      the target must be a column of the table"""
        ),
    ),
    (
        lambda home: train(houses(), target="town", task="regression"),
        (
            """\
S02: 30 cells of the target 'town' are not numbers.

  file   DataFrame
  lines  1 ('Ulm'), 2 ('Bonn'), 3 ('Kiel'), 4 ('Ulm'), 5 ('Bonn')
  why    regression needs a numeric target
  fix    correct these cells
         predict classes: --task classification"""
        ),
    ),
    (
        lambda home: train(houses()[["price"]].assign(name="x", y=range(30))[["name", "y"]]),
        (
            """\
S03: no column is left to learn from.

  file           DataFrame
  column 'name'  constant: every filled cell is 'x'
  why            a network needs at least one column whose values vary
  fix            set the type of a column: --kind NAME=category
                 if a column names images, say which: --file-column NAME"""
        ),
    ),
    (
        lambda home: train(houses(), weight_column="weight"),
        (
            """\
S04: --weight-column names the column 'weight', which the table does not have.

  file     DataFrame
  columns  'rooms', 'town', 'price'
  why      an option may only name columns that the table has"""
        ),
    ),
    (
        lambda home: train(houses(), kinds={"roms": "number"}),
        (
            """\
S04: --kind names the column 'roms', which the table does not have.

  file     DataFrame
  columns  'rooms', 'town', 'price'
  why      an option may only name columns that the table has
  fix      did you mean 'rooms'?"""
        ),
    ),
    (
        lambda home: train(houses(), kinds={"town": "number"}),
        (
            """\
S05: no cell of column 'town' can be read as number.

  file   DataFrame
  cells  'Ulm', 'Bonn', 'Kiel', 'Ulm', 'Bonn'
  why    a column can only be read as a type that its cells allow
  fix    let the type be detected, or set --kind town=category"""
        ),
    ),
    (
        lambda home: train(houses().assign(price=1)),
        (
            """\
S06: the target 'price' is '1' in every row: there is only one class.

  file  DataFrame
  why   there is nothing to learn if the target is the same in every row
  fix   choose another target: --target NAME"""
        ),
    ),
    (
        lambda home: train(houses().assign(price=np.where(np.arange(30) % 2, "sold", None))),
        (
            """\
S06: the target 'price' is 'sold' in every row that has a target: there is only one class.

  file              DataFrame
  without a target  15 of 30 rows
  why               there is nothing to learn if the target is the same in every row
  fix               choose another target: --target NAME
                    if an empty cell is a class, fill it with a value, such as 'no'"""
        ),
    ),
    (
        lambda home: train(houses().assign(price=None)),
        """\
S06: no row has a target.

  file  DataFrame
  why   there is nothing to learn if the target is the same in every row
  fix   choose another target: --target NAME""",
    ),
    (
        lambda home: train(houses(1001).assign(price=lambda f: f.index), task="classification"),
        """\
S07: the target 'price' has 1,001 classes in 1,001 rows.

  file  DataFrame
  why   a class needs more than one row, to be both learnt and tested
  fix   choose another target
        predict a number: --task regression""",
    ),
    (
        lambda home: train(houses().assign(w=-1), target="price", weight_column="w"),
        (
            """\
S08: 30 cells of the weight column 'w' are not valid weights.

  file   DataFrame
  lines  1, 2, 3, 4, 5
  why    row weights must be numbers of zero or more, and at least one must be above zero
  fix    correct these cells"""
        ),
    ),
    (
        lambda home: train(houses().assign(w=0), target="price", weight_column="w"),
        """\
S08: the weights in column 'w' are all zero.

  file  DataFrame
  why   row weights must be numbers of zero or more, and at least one must be above zero
  fix   choose another column, or none""",
    ),
    (
        lambda home: train(houses().assign(price=pd.date_range("2024-01-01", periods=30))),
        (
            """\
S09: the target 'price' holds 30 dates.

  file   DataFrame
  cells  '2024-01-01', '2024-01-02', '2024-01-03'
  why    a network predicts numbers or classes, and dates are neither
  fix    replace it by a number, such as the days since another date in the row
         predict classes: --task classification"""
        ),
    ),
    (
        lambda home: train(pets().sort_values("pet"), folds=2, shuffle=False),
        (
            """\
F06: fold 1 would train on 15 rows with the same target.

  why  the training rows of a fold must hold more than one target value
  fix  shuffle the rows: --shuffle
       use fewer folds: --folds 3"""
        ),
    ),
    (
        lambda home: train(thirds(), folds=3, shuffle=False),
        (
            """\
F01: fold 1 would have no training row of class 'Bonn'.

  why  each fold needs rows of every class for both training and testing
  fix  shuffle the rows: --shuffle
       use fewer folds: --folds 3"""
        ),
    ),
    (
        lambda home: train(houses(2)),
        (
            """\
F02: there are only 2 rows for 3 folds.

  why  each fold needs at least one test row and two training rows
  fix  use more rows"""
        ),
    ),
    (
        lambda home: train(houses().assign(price=[2.5, 4.5, *[np.nan] * 28])),
        (
            """\
F02: there are only 2 rows for 3 folds.

  without a target  28 of 30 rows, which are left out
  why               each fold needs at least one test row and two training rows
  fix               use more rows"""
        ),
    ),
    (
        lambda home: train(houses(), folds=31),
        (
            """\
F02: there are only 30 rows for 31 folds.

  why  each fold needs at least one test row and two training rows
  fix  use more rows
       use fewer folds: --folds 30"""
        ),
    ),
    (
        lambda home: train(houses(), test_size=0.001),
        (
            """\
F02: --test-size 0.001 would hold out 0 of 30 rows.

  why  each fold needs at least one test row and two training rows
  fix  choose another fraction, or use more rows"""
        ),
    ),
    (
        lambda home: train(houses(), group_column="town", folds=5),
        (
            """\
F03: there are only 3 groups for 5 folds.

  why  rows of one group stay in one fold, so there must be at least as many groups as folds
  fix  use fewer folds: --folds 3"""
        ),
    ),
    (
        lambda home: train(houses(), folds=[(range(20), range(19, 30))]),
        (
            """\
F04: fold 1 trains on 20 rows and is tested on 11, 1 of them the same.

  why  a splitter must give each fold training rows and separate test rows
  fix  choose another splitter or another number of folds"""
        ),
    ),
    (
        lambda home: train(houses(), folds=[(range(20), range(20, 31))]),
        (
            """\
F04: fold 1 contains positions that a table of 30 rows does not have.

  why  a splitter must give each fold training rows and separate test rows
  fix  make the splits for this table"""
        ),
    ),
    (
        lambda home: train(houses(), time_column="town"),
        (
            """\
F05: 30 cells of the time column 'town' are not times.

  file   DataFrame
  lines  1, 2, 3, 4, 5
  why    time folds train on the past and test on the future, so rows need an order in time
  fix    correct these cells
         choose another column: --time-column NAME"""
        ),
    ),
    (
        lambda home: train(houses().assign(price=[1.5] * 20 + list(range(10))), shuffle=False),
        (
            """\
F06: fold 3 would train on 20 rows with the same target.

  why  the training rows of a fold must hold more than one target value
  fix  shuffle the rows: --shuffle
       use fewer folds: --folds 3"""
        ),
    ),
    (
        lambda home: train(houses(), network="huge"),
        """\
N01: 'huge' is neither a known network nor FILE.py:FUNCTION.

  why  a custom network is given as a Python file and the name of a function in it
  fix  --network auto, tutorial, pretrained, scratch, or my_network.py:network""",
    ),
    (
        lambda home: train(houses(), network="no.py:net"),
        """\
N01: there is no file no.py.

  network  no.py:net
  why      a custom network is given as a Python file and the name of a function in it
  fix      check its name""",
    ),
    (
        lambda home: train(houses(), network=network(home, "def nett(i, o): ...")),
        """\
N01: HOME/mine.py has no function 'net'.

  network  HOME/mine.py:net
  it has   nett
  why      a custom network is given as a Python file and the name of a function in it
  fix      check the name after the colon""",
    ),
    (
        lambda home: train(houses(), network=network(home, "1 / 0")),
        """\
N02: running HOME/mine.py raised ZeroDivisionError: division by zero.

  network  HOME/mine.py:net
  why      a network function takes (inputs, outputs) and returns a torch or Keras model""",
    ),
    (
        lambda home: train(houses(), network=returns_none),
        """\
N02: network(4, 1) returned a NoneType.

  why  a network function takes (inputs, outputs) and returns a torch or Keras model
  fix  def network(inputs, outputs): return torch.nn.Linear(inputs, outputs)""",
    ),
    (
        lambda home: train(houses(), network=refuses),
        """\
N02: network(4, 1) raised KeyError: 'width'.

  why  a network function takes (inputs, outputs) and returns a torch or Keras model
  fix  def network(inputs, outputs): return torch.nn.Linear(inputs, outputs)""",
    ),
    (
        lambda home: train(houses(), network=lambda i, o: torch.nn.ReLU()),
        (
            """\
N03: the network turned 4 rows of 4 numbers into shape (4, 4), but (4, 1) was expected.

  why  a network must map an array of shape (rows, inputs) to one of shape (rows, outputs)
  fix  end it with torch.nn.Linear(..., 1)"""
        ),
    ),
    (
        lambda home: train(houses(), network=lambda i, o: torch.nn.Linear(i, o + 1)),
        (
            """\
N03: the network turned 4 rows of 4 numbers into shape (4, 2), but (4, 1) was expected.

  why  a network must map an array of shape (rows, inputs) to one of shape (rows, outputs)
  fix  end it with torch.nn.Linear(..., 1)"""
        ),
    ),
    (
        lambda home: train(houses(), network=Broken),
        """\
N03: the network raised ValueError on 4 rows: not today.

  why  a network must map an array of shape (rows, inputs) to one of shape (rows, outputs)""",
    ),
    (
        lambda home: train(pets(), network="tutorial"),
        (
            """\
N04: the target has classes.

  why  the tutorial's network only does regression, with one output
  fix  --network auto"""
        ),
    ),
    (
        lambda home: train(houses(), network="tutorial", lr=1e30, epochs=5),
        (
            """\
N05: the loss stopped being finite in epoch 1.

  folds  1, 2, 3
  why    training stops if the loss is not a finite number
  fix    use a lower learning rate: --lr 1e+29"""
        ),
    ),
    (
        lambda home: without_memory(),
        (
            """\
N08: the memory ran out.

  why  a training step must fit into memory, at the least with one row at a time
  fix  use a smaller network or a larger device"""
        ),
    ),
    (
        lambda home: in_little_room(),
        (
            """\
N09: training needs at least 28 MB of memory, but only 11 MB are free.

  networks  50, 5 for each of 10 folds
  weights   5,329 in each
  why       all folds train at once, so all of their networks must fit into memory
  fix       train fewer networks: --folds 3
            --quality fast
            leave out columns that are not informative: --kind NAME=constant
            train on a machine with more memory"""
        ),
    ),
    (
        lambda home: train(houses(), network=ends_for_classes),
        """\
N10: the loss binary_crossentropy does not fit a model with 1 output whose target is a number.

  why  the loss that a Keras model is compiled with must fit the target and the outputs
  fix  model.compile(loss="mean_squared_error")
       if the numbers are classes: --task classification""",
    ),
    (
        lambda home: train(houses(), network=looks_up_words),
        """\
N11: Layer StringLookup requires TensorFlow. Install it via `pip install tensorflow`.

  why  a Keras layer must run on the backend that Keras has
  fix  KERAS_BACKEND=tensorflow, or do without that layer""",
    ),
    (
        lambda home: command("train", "--resume", cut_off(home), "--lr", 0.5),
        (
            """\
M12: lr changed since the run began.

  lr   None then, 0.5 now
  why  a run is resumed or repeated with the data and options that it began with
  fix  restore the original
       train again: tenfold train DATA"""
        ),
    ),
    (
        lambda home: tenfold.resume(model(home).parent),
        (
            """\
M13: the run at HOME/runs/houses-1 is finished.

  why  only an interrupted run that still has its config.json can be resumed
  fix  see its report: tenfold report HOME/runs/houses-1
       train again: tenfold train DATA"""
        ),
    ),
    (
        lambda home: go_on_beside(cut_off(home)),
        (
            """\
M14: another program is working on the run.

  folder  HOME/runs/houses-1
  why     only one program at a time may work on a run
  fix     wait until it has finished, or stop it"""
        ),
    ),
    (
        lambda home: print_as_ascii(pd.DataFrame({"town": ["K\u00f6ln"]})),
        """\
M15: standard output is ascii, which does not have the letter '\\xf6'.

  why  a command needs access to the files that it reads and writes, and enough disk space
  fix  write to a file, in UTF-8: --out FILE
       set PYTHONIOENCODING=utf-8""",
    ),
    (
        lambda home: on_a_cluster_that_is_not_there(),
        """\
K01: there is no cluster at dask://127.0.0.1:1.

  error  Timed out trying to connect to tcp://127.0.0.1:1 after 1 s
  why    --backend must name workers that can be reached and started from here
  fix    see that its address is right, and that it can be reached from here""",
    ),
    (
        lambda home: with_workers_that_end(),
        """\
K02: workers ended 3 times before they brought back a piece of work.

  left   2
  error  OSError: no worker is left
  why    what a worker does not bring back is done by another one, a few times
  fix    give the workers more memory, or use fewer: --backend loky:2
         train here: leave --backend out""",
    ),
    (
        lambda home: with_an_older_worker(),
        """\
K03: a worker has numpy 9.9.

  worker  far-away
  why     workers need the versions of Tenfold, torch and numpy that the asking program has
  fix     install there what is installed here: pip install numpy==2.0""",
    ),
    (
        lambda home: required(NotBegun("five epochs"), Callback()),
        """\
K04: training was to end (five epochs) before each fold had begun.

  why  a training that is ended early has a model once each fold has begun
  fix  use as many workers as there are folds
       train all folds at once: leave --backend out""",
    ),
    (
        lambda home: ended_by_ctrl_c(),
        """\
M16: Ctrl-C was pressed.

  why  a command that is interrupted prints no result""",
    ),
    (
        lambda home: train(houses(), device="gpu"),
        """\
N06: 'gpu' is not a device.

  why  training needs a device that this machine has
  fix  --device auto, cpu, cuda, cuda:1 or mps""",
    ),
    (
        lambda home: train(houses(), device="cuda:99"),
        (
            """\
N06: device 'cuda:99' was requested, but this machine has GPUS of the kind cuda.

  why  training needs a device that this machine has
  fix  --device auto"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).predict(houses()[["town", "price"]]),
        (
            """\
P01: 1 of 2 columns are missing.

  missing  'rooms'
  why      new rows need every column that the network was trained on
  fix      rename or add the columns
           leave their cells empty if the values are unknown"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).predict(
            houses()[["price", "town"]].assign(size=1)
        ),
        (
            """\
P01: 1 of 2 columns are missing.

  missing    'rooms'
  not known  'size'
  why        new rows need every column that the network was trained on
  fix        rename or add the columns
             leave their cells empty if the values are unknown"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).predict(houses().assign(rooms="many")),
        (
            """\
P02: column 'rooms' held numbers in training, but now holds none.

  cells  'many', 'many', 'many', 'many', 'many'
  why    a cell must have the type that its column had in training
  fix    convert the cells to the format that they had in training"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).evaluate(houses()[["rooms", "town"]]),
        """\
P03: there is no column 'price' to compare with.

  file  DataFrame
  why   scoring needs the true target of each row
  fix   add the column, or predict without scoring: tenfold predict""",
    ),
    (
        lambda home: tenfold.load(model(home, "pets-1")).evaluate(pets().replace("dog", "emu")),
        (
            """\
P04: 15 rows are of classes that were not in the training data.

  file     DataFrame
  classes  'emu'
  why      only classes that the network was trained on can be scored
  fix      leave these rows out, or train with rows of these classes"""
        ),
    ),
    (
        lambda home: command("train", "a.csv", "--kind", "town"),
        """\
U01: kind must be NAME=KIND, but it is 'town'.

  why  an option only takes the values that its help text lists""",
    ),
    (
        lambda home: predict_to(home, home),
        """\
U01: --out must be a file that can be written (Is a directory), but it is 'HOME'.

  why  an option only takes the values that its help text lists""",
    ),
    (
        lambda home: tenfold.load(text(home, "not a model")),
        (
            """\
M01: the file is not a model file.

  file  HOME/a.csv
  why   a model file must be a zip archive written by Tenfold"""
        ),
    ),
    (
        lambda home: tenfold.load(text(home, EMPTY_ZIP, "a.zip")),
        """\
M01: the archive lacks the parts of a model.

  file  HOME/a.zip
  why   a model file must be a zip archive written by Tenfold""",
    ),
    (
        lambda home: tenfold.load(repacked(model(home), lambda m: m.update(format=4))),
        (
            """\
M02: the model has format 4, but this version of Tenfold reads formats up to 3.

  file  HOME/runs/houses-1/model.tenfold
  why   a model file can only be read by the version of Tenfold that wrote it, or a later one
  fix   pip install --upgrade tenfold"""
        ),
    ),
    (
        lambda home: tenfold.load(repacked(model(home), answers_otherwise)),
        (
            """\
M03: the model's predictions for its sample rows differ from those when it was saved.

  file  HOME/runs/houses-1/model.tenfold
  why   a loaded model must predict for its stored sample rows what it predicted when saved
  fix   copy or train it again"""
        ),
    ),
    (
        lambda home: tenfold.load(dented(model(home))),
        """\
M04: the model file is damaged: its manifest cannot be read.

  file  HOME/runs/houses-1/model.tenfold
  why   every part of a model file must be intact
  fix   copy it again, or train the model again""",
    ),
    (
        lambda home: tenfold.load(repacked(model(home), lambda m: m.pop("schema"))),
        (
            """\
M04: the model file is damaged: its parts do not match (KeyError).

  file  HOME/runs/houses-1/model.tenfold
  why   every part of a model file must be intact
  fix   copy it again, or train the model again"""
        ),
    ),
    (
        lambda home: (text(home, "{", "runs/houses-1/metrics.json"), tenfold.load(model(home))),
        (
            """\
M04: metrics.json cannot be read.

  file  HOME/runs/houses-1/metrics.json
  why   every part of a model file must be intact
  fix   delete it: the model can predict without it"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home, "own-1")),
        (
            """\
M05: the model was trained with a custom network.

  why  model files contain no code, so a custom network needs its function again
  fix  name its function: --network FILE.py:FUNCTION
       load(..., network=function)"""
        ),
    ),
    (
        lambda home: train(houses(), out=text(home, "")),
        (
            """\
M06: the folder cannot be created: Not a directory.

  folder  HOME/a.csv/table-1
  why     a run is saved to a new folder, which this user must be allowed to create
  fix     choose another place: --out FOLDER"""
        ),
    ),
    (
        lambda home: tenfold.load(home / "runs" / "horses-1"),
        (
            """\
M07: there is no model at HOME/runs/horses-1.

  why  a run is the folder that tenfold train printed, or the model file in it
  fix  HOME/runs contains the runs flags-1, houses-1, own-1, pets-1"""
        ),
    ),
    (
        lambda home: tenfold.load(interrupted(home)),
        """\
M07: the run at HOME/begun was interrupted before its model was written.

  why  a run is the folder that tenfold train printed, or the model file in it
  fix  tenfold train --resume HOME/begun""",
    ),
    (
        lambda home: tenfold.load(home / "lost"),
        """\
M07: there is no model at HOME/lost.

  why  a run is the folder that tenfold train printed, or the model file in it
  fix  tenfold train DATA""",
    ),
    (
        read_without_pyarrow,
        """\
E01: pyarrow is needed to read .parquet files, but it is not installed.

  why  some features of Tenfold need an optional library
  fix  pip install 'tenfold[parquet]'""",
    ),
    (
        lambda home: train(home / "lost", network="tutorial"),
        """\
D01: there is no such file.

  file  HOME/lost
  why   the data must be a file that this user may read
  fix   check the name; its folder holds pictures, runs""",
    ),
    (
        lambda home: train(empty_folder(home)),
        (
            """\
I02: there are no images.

  source  HOME/empty
  why     there must be images to read, and each class needs its own folder
  fix     image files must end in \
.avif, .bmp, .gif, .heic, .heif, .j2k, .jfif, .jp2, .jpe, .jpeg, .jpg, .pbm, .pgm, .png, .pnm, \
.ppm, .tga, .tif, .tiff, .webp"""
        ),
    ),
    (
        lambda home: train(home / "pictures", test=home / "lost"),
        """\
I01: there is no such folder or file.

  source  HOME/lost
  why     images must come as one folder per class, as a CSV of files and labels, or as arrays
  fix     name the folder of the classes""",
    ),
    (
        lambda home: train(twice(home)),
        (
            """\
I03: there is a folder 'flat' in 'x' and another in 'y'.

  source  HOME/twice
  why     folders with the same name may be one class or several, and only you can know which
  fix     name the one that contains the class folders: HOME/twice/x
          or list each image and its class in a CSV of files and labels"""
        ),
    ),
    (
        lambda home: train(broken(home)),
        (
            """\
I04: 2 of 10 images cannot be read, but the limit is 0.01 of them.

  source  HOME/broken
  files   flat/bad.png: it is empty (0 bytes); steep/worse.jpg: it is not an image
  why     leaving out many images would change what the score means
  fix     fix or remove these files
          leave them out: --max-bad 0.2"""
        ),
    ),
    (
        lambda home: tenfold.ImageClassifier(folds=2).fit(np.zeros((4, 3)), [0, 1, 0, 1]),
        """\
I05: X has the shape (4, 3).

  why  images from Python must be files, PIL images, or arrays of one shape and known range
  fix  give each image its height and width: X.reshape(len(X), H, W)""",
    ),
    (
        read_without_room,
        (
            """\
I06: a file of 0.0 MB cannot be created: File too large.

  folder  HOME
  why     images that do not fit into memory are stored in a temporary file
  fix     free some disk space there, or set the variable TMPDIR to another folder
          allow 0.0 MB of memory: --memory 0.1
          use smaller images: --img-size"""
        ),
    ),
    (
        lambda home: train(home / "pictures", weights=str(text(home, "nope", "w.pth"))),
        (
            """\
N07: the file does not contain weights.

  file  HOME/w.pth
  why   weights must belong to the network that they are loaded into
  fix   name another file: --weights FILE
        train without pretrained weights: --network scratch"""
        ),
    ),
    (
        lambda home: train(home / "pictures", standardize=True),
        (
            """\
U02: --standardize was given, but it does not apply to images.

  why  options must not contradict each other"""
        ),
    ),
    (
        lambda home: train(houses(), img_size=9),
        (
            """\
U02: --img-size was given, but it does not apply to a table.

  why  options must not contradict each other
  fix  if a column names images, say which: --file-column NAME"""
        ),
    ),
    (
        lambda home: compare(houses(), contenders=["mine.txt"]),
        """\
C01: 'mine.txt' is not of the form FILE.py:FUNCTION.

  why  a custom model is an unfitted estimator, or a function that returns one
  fix  --with mine.py:make_model""",
    ),
    (
        lambda home: compare(houses(), contenders=[Ridge]),
        """\
C01: this is not an estimator: the class Ridge.

  why  a custom model is an unfitted estimator, or a function that returns one
  fix  return an unfitted estimator, such as sklearn.svm.SVR()""",
    ),
    (
        lambda home: compare(
            houses(), contenders=[f"{text(home, 'def make(): 1 / 0', 'mine.py')}:make"]
        ),
        """\
C02: the function raised ZeroDivisionError: division by zero.

  contender  HOME/mine.py:make
  why        the function of a custom model takes no arguments and returns an estimator""",
    ),
    (
        lambda home: compare(houses(), folds=1),
        """\
C03: there is one fold.

  why  the uncertainty of a difference needs at least two folds
  fix  --folds 5""",
    ),
    (
        lambda home: tenfold.load(model(home, "flags-1")).predict(houses()),
        (
            """\
P05: the model was trained on images, but a table was given.

  why  a model predicts the kind of data that it was trained on: rows of a table, or images
  fix  pass images"""
        ),
    ),
    (
        lambda home: tenfold.load(home / "runs" / "houses-1").explain(data=houses().head(20)),
        (
            """\
P06: this is not the table that the run was trained on.

  why  feature importance is measured on the held-out rows of each fold
  fix  name the same file: --data FILE
       train again, and explain from Python in the same process"""
        ),
    ),
    (
        lambda home: tenfold.load(home / "runs" / "houses-1").predict(houses(), coverage=0.99),
        (
            """\
P07: a coverage of 0.99 cannot be guaranteed.

  held-out rows  30, enough for 96.7 %
  why            the number of held-out rows limits the coverage of intervals and sets
  fix            ask for less: --coverage 0.9
                 train with more rows"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).predict(
            houses().drop(columns="rooms").assign(**{"Rooms ": 1.0})
        ),
        (
            """\
P01: 1 of 2 columns are missing.

  missing    'rooms'
  not known  'Rooms '
  why        new rows need every column that the network was trained on
  fix        is 'Rooms ' the column 'rooms'? rename it
             rename or add the columns
             leave their cells empty if the values are unknown"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).predict(
            houses().assign(rooms=["1,5", "2,25", "3"] * 10)
        ),
        (
            """\
P02: column 'rooms' held numbers in training, but now holds 20 cells that are not.

  cells           '1,5', '2,25', '1,5', '2,25', '1,5'
  they look like  numbers with a decimal comma
  why             a cell must have the type that its column had in training
  fix             convert the cells to the format that they had in training"""
        ),
    ),
    (
        lambda home: tenfold.load(model(home)).predict_proba(houses()),
        """\
P09: probabilities were asked for, and the run predicts numbers.

  why  classes and labels have probabilities, classes have sets, and numbers intervals
  fix  run.predict(DATA)""",
    ),
    (
        lambda home: tenfold.load(model(home, "pets-1")).predict_interval(pets()),
        """\
P09: intervals were asked for, and the run predicts classes.

  why  classes and labels have probabilities, classes have sets, and numbers intervals
  fix  run.predict(DATA, coverage=0.9) gives sets of classes""",
    ),
    (
        lambda home: tenfold.load(model(home)).predict(
            houses().assign(rooms=99, town="ulm"), schema="strict"
        ),
        (
            """\
P08: 2 columns differ from the training data.

  file     DataFrame
  'rooms'  above the range of the training data (0 to 6.27): 30 of 30 cells, line 1 (99), ...
  'town'   categories not seen in training: 30 of 30 cells, line 1 ('ulm', is it 'Ulm'?), ...
  why      --strict predicts only rows that match the training data, and images that can be read
  fix      correct these cells
           predict all rows, and only warn about these: --warn"""
        ),
    ),
    (
        lambda home: command("predict", model(home), home / "new.csv", "--strict", "--warn"),
        """\
U02: --strict and --warn contradict each other.

  why  options must not contradict each other
  fix  leave one of them out""",
    ),
    (
        lambda home: Exported.open(text(home, "not a graph", "x.onnx")),
        (
            """\
M09: it is not an ONNX file written by Tenfold.

  file  HOME/x.onnx
  why   an exported model must be an ONNX file written by tenfold export
  fix   export it again: tenfold export RUN"""
        ),
    ),
    (
        lambda home: write_down(home, houses(), Unwritable),
        (
            """\
X02: the network cannot be exported: ValueError: it reads a file.

  why  a custom network can only be exported if ONNX has all of its operations
  fix  do not let forward branch on the values of its tensors"""
        ),
    ),
    (
        lambda home: write_down(home, houses().rename(columns={"rooms": "lower"})),
        (
            """\
X03: column 'lower' cannot be an input, because an output has the same name.

  why  the inputs and outputs of an exported file need unique names that are not empty
  fix  rename the column, and train again"""
        ),
    ),
    (
        lambda home: draft._compared(Off(), home),
        (
            """\
X01: a prediction of the file differs by 0.5 of the largest one, more than 0.0001.

  file says   [3.0]
  model says  [2.0]
  why         an exported file must make the same predictions as its model
  fix         please report this, with the network and a description of the columns"""
        ),
    ),
    (
        lambda home: refused(home, max_bytes=3),
        """\
V01: the body has more than 3 bytes.

  why  the size of a request body is limited (--max-bytes)""",
    ),
    (
        lambda home: rows_of(home, b'{"rows": [%s]}' % b",".join([b"{}"] * 11)),
        """\
V02: there are 11 rows.

  why  the number of rows or images in a request is limited (--max-rows, --max-pictures)
  fix  send 10 at a time""",
    ),
    (
        lambda home: refused(home, None, timeout=0.05),
        (
            """\
V03: the time limit of 0.05 seconds was exceeded.

  why  the time for a request is limited, including its upload (--timeout)"""
        ),
    ),
    (
        lambda home: refused(home, max_requests=1, others=1),
        (
            """\
V04: 1 other requests are being processed.

  why  the number of concurrent requests is limited (--max-requests)
  fix  try again in a second"""
        ),
    ),
    (
        lambda home: refused(home, token="secret"),  # noqa: S106
        """\
V05: the request has no token.

  why  a server with a token only answers requests that send it
  fix  Authorization: Bearer TOKEN""",
    ),
    (
        lambda home: refused(home, kind="text/csv"),
        """\
V06: the Content-Type is 'text/csv'.

  why  a request body must be JSON rows, CSV or images, and its Content-Type must say which
  fix  this model takes multipart/form-data or image/*""",
    ),
    (
        lambda home: rows_of(home, b"[1, 2]"),
        (
            """\
V07: the body does not contain a list of rows.

  why  JSON must hold a list of rows, each with a value or null for every column
  fix  {"rows": [{"COLUMN": VALUE, ...}, ...]}; GET /schema names the columns"""
        ),
    ),
    (
        refused,
        """\
V08: it ends too early.

  why  an image must be a file that can be read""",
    ),
    (
        lambda home: refused(home, host="example.org"),
        (
            """\
V09: the request names another host.

  why  a server that only listens on this machine must be addressed by this machine's name
  fix  use 127.0.0.1, or serve with --host"""
        ),
    ),
    (
        lambda home: refused(home, path="/predictions"),
        """\
V10: POST /predictions: not found.

  why  the server only has the paths that /openapi.json lists""",
    ),
    (
        on_a_taken_port,
        (
            """\
V11: the server cannot listen: Address already in use.

  host  127.0.0.1
  port  PORT
  why   a server needs a port that no other program uses
  fix   choose another port: --port N, or 0 for any free one"""
        ),
    ),
    (
        lambda home: refused(home, path="/predict?heat=maybe"),
        """\
V12: heat is maybe.

  why  this parameter must be true or false, and the model must support it
  fix  heat=true""",
    ),
    (
        lambda home: refused(home, BMP, "image/bmp", max_pixels=1_000),
        """\
V13: its header claims 40 x 30 pixels, more than 1,000.

  why  the number of pixels in an image is limited (--max-pixels)""",
    ),
    (
        lambda home: lost_on_the_way(tenfold.load(home / "runs" / "houses-1")),
        (
            """\
M08: MLflow did not accept the run: there is no route.

  saved in  HOME/runs/houses-1
  why       a run is saved before it is logged elsewhere, so it is kept if logging fails
  fix       train without --track"""
        ),
    ),
]
# What an option takes; the rest of the message is the same for all.
OPTIONS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"quality": "great"}, "quality must be 'fast', 'medium', 'best', but it is 'great'"),
    ({"folds": 0}, "folds must be a whole number, 1 or more, but it is 0"),
    (
        {"task": "clustering"},
        "task must be 'regression' or 'classification' or 'multilabel', but it is 'clustering'",
    ),
    ({"test_size": 1.0}, "test_size must be a fraction above 0 and below 1, but it is 1.0"),
    ({"epochs": 0}, "epochs must be a whole number, 1 or more, but it is 0"),
    ({"batch_size": 0}, "batch_size must be a whole number, 1 or more, but it is 0"),
    ({"lr": 0.0}, "lr must be a number above 0, but it is 0.0"),
    ({"seed": -1}, "seed must be a whole number from 0 to 4294967295, but it is -1"),
    ({"time_limit": 0.0}, "time_limit must be a number of seconds above 0, but it is 0.0"),
    ({"max_bad": 2.0}, "max_bad must be a fraction from 0 to 1, but it is 2.0"),
    ({"separator": ", "}, "separator must be one character or 'whitespace', but it is ', '"),
    ({"audit": "no"}, "audit must be 'stop', 'warn', 'off', but it is 'no'"),
    ({"decimal": ";"}, "decimal must be '.' or ',', but it is ';'"),
    (
        {"kinds": {"town": "place"}},
        (
            "the type of column 'town' must be 'number', 'boolean', 'category', 'date', "
            "'text', 'list', 'identifier', 'constant', but it is 'place'"
        ),
    ),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, frame, net in (
        ("houses", houses(), "auto"),
        ("pets", pets(), "auto"),
        ("own", houses(), linear),
    ):
        run = tenfold.train(frame, **asked(**QUICK | {"out": folder, "network": net}))
        assert run.folder is not None
        run.folder.rename(folder / f"{name}-1")
    flags = write_folder(folder.parent / "flags", 24)
    tenfold.train(flags, folds=2, training=TrainOptions(img_size=32), out=folder)
    return folder


@pytest.fixture
def home(runs: Path, tmp_path: Path) -> Path:
    shutil.copytree(runs, tmp_path / "runs")
    write_folder(tmp_path / "pictures", 24)
    return tmp_path


@pytest.mark.parametrize(("do", "message"), CASES, ids=[m.split("\n")[0] for _, m in CASES])
def test_an_error_says_what_where_why_and_what_to_do(
    home: Path, do: Callable[[Path], object], message: str
) -> None:
    with pytest.raises(TenfoldError) as caught:
        do(home)
    said = caught.value.said(COMMAND)
    assert said.replace(str(home), "HOME") == message.replace(
        "GPUS", str(torch.cuda.device_count())
    )
    # In Python's words there is no option, and nothing else is another.
    python = str(caught.value).replace("pip install --upgrade", "")
    assert "--" not in python
    if not re.search(r"--|tenfold (train|report|export) ", said):
        assert python == said


@pytest.mark.parametrize(("options", "fact"), OPTIONS, ids=[fact for _, fact in OPTIONS])
def test_an_option_that_is_out_of_range_is_named_with_what_it_takes(
    options: dict[str, Any], fact: str
) -> None:
    with pytest.raises(UsageError) as caught:
        train(houses(), **options)
    rule = "an option only takes the values that its help text lists"
    assert str(caught.value) == f"U01: {fact}.\n\n  why  {rule}"
    (name,) = options
    if fact.startswith(name):  # it is about the parameter, and not about what is in it
        option = f"--{name.replace('_', '-')}"
        message = f"U01: {fact.replace(name, option, 1)}.\n\n  why  {rule}"
        assert caught.value.said(COMMAND) == message


@pytest.mark.parametrize(
    ("command", "python"),
    [
        ("use fewer folds: --folds 3", "use fewer folds: folds=3"),
        (
            "use a lower learning rate: --lr 1e-05",
            "use a lower learning rate: TrainOptions(lr=1e-05)",
        ),
        ("choose another target: --target NAME", "choose another target: target=NAME"),
        ("predict a number: --task regression", 'predict a number: task="regression"'),
        ("--network tutorial is for tables", 'network="tutorial" is for tables'),
        ("--network auto, tutorial, or mine.py:net", "network: auto, tutorial, or mine.py:net"),
        ("--with mine.py:make_model", "contenders='mine.py:make_model'"),
        (
            "name the separator: --separator ';'",
            "name the separator: ReadOptions(separator=';')",
        ),
        ("read it so: --encoding cp1250", "read it so: ReadOptions(encoding='cp1250')"),
        ("--kind 'a b'=constant", "SchemaOptions(kinds={'a b': 'constant'})"),
        ("--kind NAME=category", "SchemaOptions(kinds={NAME: 'category'})"),
        ('--kind "it\'s"=number', "SchemaOptions(kinds={\"it's\": 'number'})"),
        ("--memory 1.5", "PictureOptions(memory_bytes=1_500_000_000)"),
        ("--strict or --warn", 'schema="strict" or schema="warn"'),
        ("say so: --no-header", "say so: ReadOptions(header=False)"),
        (
            "--shuffle or --no-shuffle",
            "SplitOptions(shuffle=True) or SplitOptions(shuffle=False)",
        ),
        ("which --group-column names", "which group_column names"),
        ("--time-column and --test-size", "time_column and test_size"),
        ("go on: tenfold train --resume runs/a-1", "go on: tenfold.resume('runs/a-1')"),
        ("train again: tenfold train DATA", "train again: tenfold.train(DATA)"),
        ("tenfold report runs/a-1", "tenfold.load('runs/a-1').write_report()"),
        ("pip install --upgrade tenfold", "pip install --upgrade tenfold"),
        ("a column -- or none --, x--y", "a column -- or none --, x--y"),
    ],
)
def test_options_are_said_in_the_words_of_who_reads(command: str, python: str) -> None:
    assert PYTHON.say(command) == python
    assert COMMAND.say(command) == command


def test_no_code_is_without_a_case_and_no_case_without_a_code() -> None:
    assert {message[:3] for _, message in CASES} | leaks.WARNED == set(RULES)


def test_a_long_list_of_rows_is_cut_short(tmp_path: Path) -> None:
    path = text(tmp_path, "a,b\n" + "1,2\n" * 20 + "3\n" * 12)
    with pytest.raises(InputError) as caught:
        train(path, max_bad=0.3)
    rows = [f"line {n}: it has 1 cells, but the table has 2 columns" for n in range(22, 32)]
    assert caught.value.place["rows"] == "; ".join([*rows, "and 2 more"])


def known(kind: type[TenfoldError], code: str = "D04") -> TenfoldError:
    return kind(code, "a fact", place={"file": "a.csv"}, fix=["one", "two"])


KINDS: Final = [
    getattr(errors, name) for name in dir(errors) if name.endswith("Error") and name != "Error"
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_to_another_process(kind: type[TenfoldError]) -> None:
    error = known(kind)
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - written in this line
    assert type(twin) is kind
    assert (str(twin), twin.to_dict()) == (str(error), error.to_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_a_json_object_of_five_entries(kind: type[TenfoldError]) -> None:
    found = json.loads(json.dumps(known(kind).to_dict()))
    assert found == {
        "code": "D04",
        "fact": "a fact",
        "rule": RULES["D04"],
        "place": {"file": "a.csv"},
        "fix": ["one", "two"],
    }


def test_errors_are_caught_by_the_names_that_python_users_expect() -> None:
    assert len(KINDS) == 16
    for kind in KINDS:
        assert issubclass(kind, TenfoldError)
        assert issubclass(kind, ValueError) == issubclass(kind, InputError)
        assert issubclass(kind, ImportError) == (kind is errors.MissingExtraError)
    assert not issubclass(errors.StoreError, InputError)
    assert tenfold.TenfoldError is TenfoldError


def test_a_code_that_has_no_rule_cannot_be_raised() -> None:
    with pytest.raises(KeyError, match="X99"):
        TenfoldError("X99", "a fact")
