"""The letters of a file are those that were meant, whatever encoding it is in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tenfold.data.files.read import read_table
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

Write = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def cells(table: Table) -> list[list[Any]]:
    return [list(table.frame.columns), *table.frame.to_numpy().tolist()]


def said(table: Table) -> dict[str, str]:
    return {decision.change_with: decision.what for decision in table.decisions}


CITIES: Final = {
    "cp1252": ["Zürich", "Genève", "Málaga", "São Paulo", "Århus", "Besançon"],
    "cp1250": ["Łódź", "Kraków", "Gdańsk", "Wrocław", "Częstochowa", "Toruń"],
    "mac_roman": ["Zürich", "Genève", "Málaga", "München", "Köln", "Düsseldorf"],
    "cp850": ["Zürich", "Genève", "Málaga", "München", "Köln", "Düsseldorf"],
    "cp1251": ["Москва", "Казань", "Самара", "Омск", "Тверь", "Сочи"],
    "koi8_r": ["Москва", "Казань", "Самара", "Омск", "Тверь", "Сочи"],
    "cp932": ["東京", "大阪", "名古屋", "札幌", "さいたま", "ナゴヤ"],
    "gb18030": ["北京", "上海", "广州", "深圳", "成都", "武汉"],
    "big5": ["臺北", "高雄", "臺中", "臺南", "新竹", "基隆"],
    "cp949": ["서울", "부산", "인천", "대구", "대전", "광주"],
    "cp1253": ["Αθήνα", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο", "Λάρισα", "Βόλος"],
    "utf-16-le": ["Zürich", "Łódź", "Москва", "東京", "서울", "Αθήνα"],
    "utf-16-be": ["Zürich", "Łódź", "Москва", "東京", "서울", "Αθήνα"],
    "utf-32": ["Zürich", "Łódź", "Москва", "東京", "서울", "Αθήνα"],
    "utf-8": ["Zürich", "Łódź", "Москва", "東京", "서울", "Αθήνα"],
}


@pytest.mark.parametrize("codec", CITIES)
@pytest.mark.parametrize("times", [1, 5])
def test_towns_are_read_in_the_encoding_that_they_are_written_in(
    written: Write, codec: str, times: int
) -> None:
    rows = [["town", "n"], *([town, str(i)] for i, town in enumerate(CITIES[codec] * times))]
    content = "".join(",".join(row) + "\n" for row in rows)
    table = read_table(written(content.encode(codec)))
    assert cells(table) == rows
    assert said(table)["--encoding"].startswith("encoding ")


@pytest.mark.parametrize("codec", ["cp1252", "cp850", "mac_roman"])
def test_a_single_word_is_not_torn(written: Write, codec: str) -> None:
    """One word is too little for statistics, and enough to see a sign or capital within it."""
    rows = [["side", "n"], *(["Nord" if i % 2 else "Süd", str(i)] for i in range(9))]
    content = "".join(",".join(row) + "\n" for row in rows)
    assert cells(read_table(written(content.encode(codec)))) == rows


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_zeros_that_fill_up_a_file_are_no_part_of_it(written: Write, codec: str) -> None:
    content = "side,n\nSüd,1\nNord,2\n".encode(codec)
    table = read_table(written(content + bytes(4_096)))
    assert cells(table) == [["side", "n"], ["Süd", "1"], ["Nord", "2"]]
    (decision,) = (d for d in table.decisions if d.change_with == "--encoding")
    assert decision.why.endswith("the 4,096 zero bytes at its end are left out")
    # The control: zeros within it are not.
    with pytest.raises(ReadError, match="D03"):
        read_table(written(content + bytes(3) + b"Ost,3\n"))


def test_a_byte_that_no_letter_is_does_not_hide_the_others(written: Write) -> None:
    rows = "".join(f"n{i};Zürich;{i % 7}\n" for i in range(100))
    data = ("name;city;y\n" + rows).encode("cp1252") + b"odd\x90one;Bern;3\n"
    path = written(data)
    table = read_table(path)
    assert set(table.frame["city"]) == {"Zürich", "Bern"}
    assert table.frame["name"].iloc[-1] == "odd\ufffdone"
    (decision,) = (d for d in table.decisions if d.change_with == "--encoding")
    assert decision.what == "encoding cp1252"
    assert decision.why == (
        "the bytes are not valid UTF-8, and form Western words; a byte on line 102 that it has "
        "no letter for, read as \ufffd"
    )
    # What is asked for is not bent, and the way out is named.
    with pytest.raises(ReadError) as caught:
        read_table(path, ReadOptions(encoding="cp1252"))
    assert (caught.value.code, caught.value.place["line"]) == ("D03", "102")
    assert "leave out --encoding" in caught.value.fix[1]


def test_a_few_bytes_of_windows_among_letters_in_utf_8_are_read_as_meant(
    written: Write,
) -> None:
    good = "".join(f"Genève,{i}\n" for i in range(10)).encode()
    table = read_table(written(b"town,n\n" + good + "Zürich,3\n".encode("cp1252")))
    assert table.frame["town"].iloc[-1] == "Zürich"
    (decision,) = (d for d in table.decisions if d.change_with == "--encoding")
    assert "one byte" in decision.why
    assert "line 12" in decision.why
