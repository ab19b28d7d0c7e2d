"""Tables spoiled at random, with a seed; and whether each row of one was read or named.

Bytes are changed in the file, and inside of what is packed, which is packed again as if it were
whole. Where a change keeps the lines of a file, it is known which rows have to be read.
"""

import gzip
import io
import itertools
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

Draw = random.Random
ROWS: Final = 80
TOKENS: Final = (
    *(
        b'"',
        b'""',
        b",",
        b";",
        b"\t",
        b"|",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\x1a",
        b"\x85",
    ),
    *(b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\\", b"'"),
    *(
        b"NaN",
        b"1e999",
        b"-0",
        b"9" * 400,
        b"=cmd()",
        b"1,5",
        b"0x1f",
        b"2024-02-30",
        b"\xf0\x9f",
    ),
)
SUFFIXES: Final = (".csv", ".txt", ".tsv", ".csv.gz", ".parquet", ".xlsx", ".xls", ".json", "")
CODECS: Final = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp037")


@dataclass(frozen=True, kw_only=True)
class Spoiled:
    """A spoiled file, how it was spoiled, and the lines that nothing was done to."""

    kind: str
    name: str
    data: bytes
    untouched: frozenset[int] = frozenset()
    touched: frozenset[int] = frozenset()


def good_tables() -> dict[str, bytes]:
    """Return whole files of one table, by their names."""
    draw = np.random.default_rng(0)
    size = draw.normal(10, 3, ROWS).round(3)
    frame = pd.DataFrame(
        {
            "size": size,
            "colour": draw.choice(["red", "dark green", "blau"], ROWS),
            "day": pd.date_range("2024-01-30", periods=ROWS).astype(str),
            "note": draw.choice(["so, so", 'a "b" c', "größer", "two\nlines", ""], ROWS),
            "price": (3 * size + draw.normal(size=ROWS)).round(2),
        }
    )
    plain = frame.assign(note=[f"n{i % 7}" for i in range(ROWS)])
    files = {
        "plain.csv": plain.to_csv(index=False).encode(),
        "quoted.csv": frame.to_csv(index=False, quoting=1).encode(),
        "comma.csv": frame.to_csv(index=False, sep=";", decimal=",").encode("cp1252"),
        "tab.tsv": plain.to_csv(index=False, sep="\t", lineterminator="\r\n").encode("utf-16"),
        "bar.txt": frame.to_csv(sep="|").encode("utf-8-sig"),
        "bare.txt": plain[["size", "price", "note"]]
        .to_csv(index=False, header=False, sep=" ")
        .encode(),
        "packed.csv.gz": gzip.compress(frame.to_csv(index=False).encode()),
    }
    for name, write in {"t.parquet": frame.to_parquet, "t.xlsx": frame.to_excel}.items():
        file = io.BytesIO()
        write(file, index=False)
        files[name] = file.getvalue()
    return files


def spoiled(good: dict[str, bytes], draw: Draw) -> Spoiled:
    """Return one of the files, spoiled in one of the ways."""
    kind = draw.choice(list(WAYS))
    if kind == "rows":
        return spoiled_rows(draw.choice(["plain.csv", "tab.tsv"]), good, draw)
    name = draw.choice(list(good))
    name, data = WAYS[kind](name, good[name], draw)
    return Spoiled(kind=kind, name=name, data=data)


def changed(name: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Flip, write over, leave out or repeat some bytes."""
    found = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 5, 30])):
        at, length = draw.randrange(len(found) or 1), draw.choice([1, 1, 4, 60])
        way = draw.randrange(4)
        if way == 0 and found:
            found[at] ^= 1 << draw.randrange(8)
        elif way == 1:
            found[at : at + length] = draw.randbytes(length)
        elif way == 2:
            del found[at : at + length]
        else:
            found[at:at] = found[draw.randrange(len(found) or 1) :][: 5 * length]
    return name, bytes(found)


def cut(name: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Take the beginning away, or the end, or both."""
    start = draw.choice([0, 0, draw.randrange(len(data))])
    return name, data[start : draw.randrange(start, len(data) + 1)]


def sown(name: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Insert quotation marks, separators, ends of lines, zero bytes, odd numbers."""
    found = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 5, 30])):
        at = draw.randrange(len(found) or 1)
        found[at:at] = draw.choice(TOKENS) * draw.choice([1, 1, 2, 50])
    return name, bytes(found)


def recoded(name: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Write all of it in another encoding, or a part, which leaves two in one file."""
    text = data.decode("utf-16" if name == "tab.tsv" else "latin-1")
    codec = draw.choice(CODECS)
    other = text.encode(codec, "replace")
    if draw.random() < 0.5:
        return name, other
    half = draw.randrange(len(data))
    return name, data[:half] + text[half:].encode(codec, "replace")


def misnamed(_: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Give a file the name of another kind."""
    return "other" + draw.choice(SUFFIXES), data


def long_lines(name: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Insert a cell, a line or a row of very many cells somewhere."""
    at, many = draw.randrange(len(data)), draw.choice([500, 10_000, 150_000])
    more = draw.choice([b"x", b"x,", b'"', b"1;", b"\n", b"7", b"\xc3\xa4", b" "]) * many
    return name, data[:at] + more + data[at:]


def inside(name: str, data: bytes, draw: Draw) -> tuple[str, bytes]:
    """Spoil what is packed, and pack it again as if it were whole."""
    way = draw.choice([changed, cut, sown])
    if name.endswith(".gz"):
        return name, gzip.compress(way(name, gzip.decompress(data), draw)[1], 1)
    if name.endswith(".parquet"):  # its numbers of rows and columns stand at the end
        length = int.from_bytes(data[-8:-4], "little") + 8
        notes = changed(name, data[-length:-8], draw)[1]
        return name, data[:-length] + notes + len(notes).to_bytes(4, "little") + b"PAR1"
    if not name.endswith(".xlsx"):
        return way(name, data, draw)
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {part: old.read(part) for part in old.namelist()}
    often = [part for part in parts if "sheet" in part or "shared" in part]
    chosen = draw.choice([*parts, *often * 3])
    parts[chosen] = way(name, parts[chosen], draw)[1]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            if draw.random() > 0.02:
                new.writestr(part, content)
    return name, file.getvalue()


def spoiled_rows(name: str, good: dict[str, bytes], draw: Draw) -> Spoiled:
    """Spoil some rows, each within its line; the others must be read, these read or named."""
    codec, mark = ("utf-16", "\t") if name == "tab.tsv" else ("utf-8", ",")
    lines = good[name].decode(codec).splitlines()
    chosen = draw.sample(range(2, len(lines) + 1), draw.choice([1, 2, 8]))
    for line in chosen:
        lines[line - 1] = spoiled_row(lines[line - 1], mark, draw)
    return Spoiled(
        kind="rows",
        name=name,
        data=("\r\n".join(lines) + "\r\n").encode(codec),
        untouched=frozenset(range(2, len(lines) + 1)).difference(chosen),
        touched=frozenset(chosen),
    )


def spoiled_row(row: str, mark: str, draw: Draw) -> str:
    """Return a row with cells too many or too few, odd cells, or wrong marks in pairs."""
    cells = row.split(mark)
    at, way = draw.randrange(len(cells)), draw.randrange(6)
    if way == 0:
        del cells[at:]
        return mark.join(cells) or "lost"
    if way == 1:
        return row + mark * draw.choice([1, 3, 2_000])
    if way == 2:
        cells[at] = f'"{cells[at]}"x'
    elif way == 3:
        cells[at] = "y" * 140_000
    elif way == 4:
        cells[at] = draw.choice(["?", "1e999", "ä", "\x01", "2024-02-30", "99" * 99, "x y"])
    else:
        cells = ["\ufffd" * 20]
    return mark.join(cells)


def of_rows(row: bytes, times: int) -> bytes:
    """Return a packed table of a row again and again, 16 MB of it at a time."""
    return gzip.compress(b"a,b\n") + gzip.compress(row * (2**24 // len(row))) * times


def text_bombs() -> dict[str, Callable[[], bytes]]:
    """Return how texts are made that would fill a memory, or take very long."""
    return {
        "zeros.csv.gz": lambda: gzip.compress(bytes(2**24)) * 320,
        "rows.csv.gz": lambda: of_rows(b"1,2\n", 120),
        "few rows.csv.gz": lambda: of_rows(b"1,2\n", 20),
        "cells.csv.gz": lambda: of_rows(b"1,", 16),
        "one cell.csv": lambda: b"a,b\n1,2\n" + b"x" * 50_000_000 + b",1\n3,4\n",
        "left open.csv": lambda: b'a,b\n1,"' + b"x,1\n" * 3_000_000,
        "columns.csv": lambda: b"a," * 3_000_000 + b"b\n1,2\n",
        "ragged.csv": lambda: b"a,b\n" + b"1,2,3\n1\n" * 200_000 + b"1,2\n",
        "marks.csv": lambda: b"a,b\n" + b'"' * 5_000_001,
    }


def sheets() -> dict[str, str]:
    """Return sheets of blanks, of a cell far away, and of entities made of entities."""
    home = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    start, end = f'<worksheet xmlns="{home}"><sheetData>', "</sheetData></worksheet>"
    cell = '<row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'
    names = "abcdefghij"
    entity = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in itertools.pairwise(names)
    )
    text = '<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>'
    return {
        "far": start + cell.format(1, "A") + cell.format(1_048_576, "XFD") + end,
        "laughs": f"<!DOCTYPE l [{entity}]>" + start + text + end,
        "deep": "<a>" * 2_000_000,
        "spaces": start,
        "row of 13 digits": start + cell.format(10**12, "A") + end,
        "row of 8 digits": start + cell.format(5 * 10**7, "A") + end,
        "row as a power of ten": start + cell.format("1e9", "A") + end,
    }


def workbook(content: str) -> bytes:
    """Return a workbook whose sheet is that."""
    empty, file = io.BytesIO(), io.BytesIO()
    pd.DataFrame({"a": [1], "b": [2]}).to_excel(empty)
    with (
        zipfile.ZipFile(empty) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for part in old.namelist():
            new.writestr(part, content if "sheet1.xml" in part else old.read(part))
    return file.getvalue()


def bombs() -> dict[str, Callable[[], bytes]]:
    """Return how small files are made that would fill a memory, by their names."""
    found = text_bombs()
    for name, sheet in sheets().items():
        found[f"{name}.xlsx"] = lambda sheet=sheet: workbook(sheet)  # type: ignore[misc]
    # Repeated here, as a string of 700 MB would stay in memory.
    found["spaces.xlsx"] = lambda: workbook(sheets()["spaces"] + " " * 700_000_000)
    return found | {"rows.parquet": parquet_bomb}


def parquet_bomb() -> bytes:
    """Return a file of two columns and 1,600 million rows, all the same."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    file = io.BytesIO()
    ones = pa.array(np.ones(2**22, np.int8))
    part = pa.table({"a": ones, "b": ones})
    with pq.ParquetWriter(file, part.schema) as writer:
        for _ in range(400):
            writer.write_table(part)
    return file.getvalue()


def unnamed(of: Spoiled, table: Any) -> str:
    """Return what is wrong with how the rows of a file were accounted for, or nothing."""
    lines, rejected = table.lines.tolist(), [row.line for row in table.rejected]
    every = lines + rejected + [row.line for row in table.aside]
    if len(lines) != len(table.frame) or len(set(every)) < len(every):
        return "a line is told twice, or not"
    if any(line < 1 for line in every) or not all(row.reason for row in table.left_out):
        return "a row is rejected without a line or a reason"
    if of.touched:
        if not of.untouched <= set(lines):
            return "a good row was lost"
        if not of.touched <= set(every):
            return "a bad row was not named"
    known = rows_of(of, table)
    if known is not None and known != set(every):
        return f"{len(known.symmetric_difference(every))} rows are unaccounted for"
    return ""


def rows_of(of: Spoiled, table: Any) -> set[int] | None:
    """Return the lines that hold a row, by a count of our own; None if it cannot be told.

    It can in text without a quotation mark: each line is a row then, but for blank ones.
    """
    said = {one.what.split(" ")[0]: one.what.partition(" ")[2] for one in table.decisions}
    named = any(one.what == "the first row names the columns" for one in table.decisions)
    if of.name.endswith((".parquet", ".pq", ".xlsx", ".xlsm")) or "encoding" not in said:
        return None
    data = gzip.decompress(of.data) if of.data.startswith(b"\x1f\x8b") else of.data
    text = data.decode(said["encoding"], "replace").removeprefix("\ufeff")
    if '"' in text:
        return None
    marks = {"tab": "\t", "semicolon": ";", "bar": "|", "comma": ",", "whitespace": " "}
    mark = marks.get(said.get("separator", ""), " ")
    blank = str.maketrans("", "", mark)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = [at for at, line in enumerate(lines, start=1) if line.translate(blank).strip()]
    # The names stand in the first line that is neither a title nor a comment.
    aside = {row.line for row in table.aside}
    names = next(at for at in found if at not in aside) if named else None
    return set(found) - {names}


WAYS: Final[dict[str, Callable[[str, bytes, Draw], tuple[str, bytes]]]] = {
    "bytes changed": changed,
    "cut": cut,
    "marks sown": sown,
    "encodings": recoded,
    "other name": misnamed,
    "long lines": long_lines,
    "packed anew": inside,
    "rows": changed,  # see spoiled_rows
}


def write(of: Spoiled, folder: Path) -> Path:
    """Write a spoiled file."""
    path = folder / of.name
    path.write_bytes(of.data)
    return path
