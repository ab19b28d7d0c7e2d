"""The letters of a text file: unpacked if it is packed, and in the encoding it was written in.

Nothing in a file of plain text names its encoding. UTF-8 can be told from any other, since its
bytes form a pattern that no other text keeps to. What is left is told by the words that come
out: Western European words are looked for first, since most such files hold them and no
detector knows them surely from a few; all others are left to chardet.
"""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from tenfold.config import Decision
from tenfold.errors import ReadError
from tenfold.machine import memory_bytes

# What packed files begin with.
GZIP: Final = b"\x1f\x8b"
PACKED: Final = {
    "gzip": re.compile(re.escape(GZIP)),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
    "zip": re.compile(rb"PK\x03\x04"),
}
_DAMAGED: Final = (zlib.error, lzma.LZMAError, zipfile.BadZipFile)
MEMORY_PART: Final = 16  # of the machine's memory, one part, that packed text may take

MARKS: Final = {  # the longer ones first: one of UTF-32 begins as one of UTF-16 does
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
UNREADABLE: Final = "\ufffd"
# Of the bytes above 127, the share that may form no letter in a file that is text.
MOST_UNREADABLE: Final = 0.1
# Letters in UTF-8 for each byte that is none: a file of another encoding has hardly any.
ENOUGH_UTF8: Final = 4
# Bytes of a file of 16 bits that must be zero, all at even or all at odd places.
ENOUGH_ZEROS: Final = 0.15
SAMPLE_BYTES: Final = 100_000  # of lines that are not plain ASCII
LINES_SHOWN: Final = 5

# What chardet may answer, in its names; it knows many more, which hardly a table is written in.
ENCODINGS: Final = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859-2", "iso8859-7", "iso8859-9", "iso8859-15", "koi8-r", "koi8-u", "mac-roman"),
    *("cp437", "cp850", "cp866", "tis-620", "cp874"),
    *("cp932", "euc_jis_2004", "gb18030", "big5", "cp949", "johab"),
)
OF_TWO_BYTES: Final = 6  # the last of these
_TWO: Final = re.compile(rb"[\x80-\xff]{2}")
# What Windows writes in Western Europe; its letters for Czech and the like are no sign of it.
_WINDOWS: Final = bytes(range(128, 256)).decode("cp1252", "replace")
LETTERS: Final = "".join(filter(str.isalpha, _WINDOWS)).translate(
    dict.fromkeys(map(ord, "ŠšŽžƒˆ"))
)
SIGNS: Final = "".join(c for c in _WINDOWS if not c.isalpha() and c != UNREADABLE)
_BETWEEN: Final = re.compile(r"[\s,;|\"]+")
_WESTERN: Final = re.compile(rf"[\x00-\x7f{LETTERS}{re.escape(SIGNS)}]*")
# A small letter before a large one, or a sign between two letters that is no apostrophe or dot,
# is of another encoding.
_INNER: Final = SIGNS.replace("\u2019", "").replace("\u00b7", "")
_TORN: Final = re.compile(
    rf"[a-z\u00df-\u00f6\u00f8-\u00ff][\u00c0-\u00d6\u00d8-\u00de\u0152]"
    rf"|[^\W\d_][{re.escape(_INNER)}][^\W\d_]"
)
# So is a capital letter within a word of small ones, and a byte without a letter.
_TORN_WORD: Final = re.compile(
    rf"[^\W\d_][\u00c0-\u00de\u0152\u0178](?=[a-z\u00df-\u00ff])|[\u0192{UNREADABLE}]"
    r"|[^\W\d_](?![\u2019\u00b7])[^\x00-\x7f\w](?=[^\W\d_])"
)
# Tried where what chardet says tears words apart: it knows no language by a word or two.
WESTERN_BEFORE_WINDOWS: Final = ("cp850", "mac-roman")
# Lone surrogates that Python puts where a byte is no UTF-8, and what Windows means by the byte.
_NO_UTF8: Final = re.compile("[\udc80-\udcff]")
_OF_BYTE: Final = {0xDC80 + at: letter for at, letter in enumerate(_WINDOWS)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """In which encoding a file of text was read, and what shows it."""

    codec: str
    decision: Decision

    @classmethod
    def by(cls, codec: str, why: str) -> Self:
        """Return an encoding and the decision for it."""
        what = f"encoding {codec}"
        return cls(codec=codec, decision=Decision(what=what, why=why, change_with="--encoding"))


def read_text(path: Path, encoding: str | None, known: str | None = None) -> tuple[str, Opened]:
    """Read a file as text, unpacked if it is gzip, bzip2, xz, or a zip file of one file.

    Parameters
    ----------
    path : Path
    encoding : str or None
        What the user says.
    known : str, optional
        The encoding of training, for a file that does not show its own.

    Returns
    -------
    text : str
    opened : Opened

    Raises
    ------
    ReadError
        D03 if the bytes are not text, D07 if a zip file holds several files, D08 if a packed
        one is damaged, D10 if it holds too much.
    """
    data, filled_up = _without_zeros(_unpack(path, path.read_bytes()))
    if encoding is not None:
        text, why = _decode(path, data, encoding), "as asked"
        codec = encoding
    else:
        text, codec, why = look_for(path, data, known)
    if "\0" in text:
        raise zero_bytes(path, byte=f"{data.index(0):,}")
    text = text.removeprefix("\ufeff")
    if filled_up:
        why += f"; the {filled_up:,} zero bytes at its end are left out"
    return text, Opened.by(codec, why)


def zero_bytes(path: Path, **place: str) -> ReadError:
    """Return D03: a file holds zero bytes where text has none."""
    fact, fix = "the file holds zero bytes, so it is not text", ["export it again as CSV"]
    return ReadError("D03", fact, place={"file": str(path), **place}, fix=fix)


def _without_zeros(data: bytes) -> tuple[bytes, int]:
    """Return the bytes of a file without the zeros that fill it up at its end, and their count.

    Text of 16 bits has zeros elsewhere, too, and may end with one.
    """
    text = data.rstrip(b"\0")
    return (data, 0) if b"\0" in text or not text else (text, len(data) - len(text))


def packing_of(data: bytes) -> str | None:
    """Return how a file is packed that begins with such bytes, None if it is not."""
    return next((kind for kind, mark in PACKED.items() if mark.match(data)), None)


@contextmanager
def unpacking(path: Path, kind: str) -> Iterator[None]:
    """Say of a packed file that it is damaged, if reading it fails within."""
    try:
        yield
    except ReadError:
        raise
    except (OSError, EOFError, ValueError, RuntimeError, *_DAMAGED) as error:
        raise ReadError(
            "D08",
            f"the {kind} file cannot be decompressed: {error}",
            place={"file": str(path)},
            fix=["copy or download it again"],
        ) from error


def _unpack(path: Path, data: bytes) -> bytes:
    kind = packing_of(data)
    if kind is None:
        return data
    most = memory_bytes() // MEMORY_PART
    with unpacking(path, kind), unpacked(kind, path, io.BytesIO(data)) as file:
        found: bytes = file.read(most + 1)
    if len(found) > most:
        fact = f"the {kind} file decompresses to more than {most / 1e9:.1f} GB"
        raise ReadError("D10", fact, place={"file": str(path)}, fix=["split it"])
    return found


def unpacked(kind: str, path: Path, data: IO[bytes]) -> IO[bytes]:
    """Return what a packed file holds, as a file."""
    if kind != "zip":
        module: Any = {"gzip": gzip, "bzip2": bz2, "xz": lzma}[kind]
        opened: IO[bytes] = module.open(data)
        return opened
    archive = zipfile.ZipFile(data)
    held = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    if len(held) != 1:
        raise ReadError(
            "D07",
            f"the zip file holds {len(held):,} files, but a table is a single file",
            place={"file": str(path), "files": ", ".join(held[:LINES_SHOWN])},
            fix=["unpack it, and name the file with the table"],
        )
    return archive.open(held[0])


def _decode(path: Path, data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except (ValueError, LookupError) as error:  # of UnicodeError, and of odd names
        place = {"file": str(path)}
        if isinstance(error, UnicodeDecodeError):
            line = data.count(b"\n", 0, error.start) + 1
            place["line"] = f"{line:,}"
        raise ReadError(
            "D03",
            f"the file cannot be read as {codec}: {error}",
            place=place,
            fix=["save it as UTF-8", "let the encoding be detected: leave out --encoding"],
        ) from error


def look_for(path: Path, data: bytes, known: str | None) -> tuple[str, str, str]:
    """Return the text of a file, its encoding, and what shows it."""
    shown = _marked(path, data)
    if shown is not None:
        return shown
    as_known = None if known is None else _decoded(data, known)
    if as_known is not None and b"\0" in data:
        return as_known, str(known), "the training data had it, and the file holds zero bytes"
    text = data.decode("utf-8", "surrogateescape")
    wrong = [] if text.isascii() else _NO_UTF8.findall(text)
    if not wrong:
        return text, "utf-8", "all bytes are valid UTF-8"
    if ENOUGH_UTF8 * len(wrong) <= _letters(text) - len(wrong):
        which = "one byte" if len(wrong) == 1 else f"{len(wrong):,} bytes"
        why = f"all but {which} are valid UTF-8; {_lines(text, _NO_UTF8)}, Windows' letters"
        return windows_letters(text), "utf-8", f"{why} are used instead"
    if as_known is not None:
        return (
            as_known,
            str(known),
            ("the training data had it, and the bytes are not valid UTF-8"),
        )
    return _older(path, data)


def windows_letters(text: str) -> str:
    """Return a text with Windows' letters where ``surrogateescape`` put what is no UTF-8."""
    return text.translate(_OF_BYTE) if _NO_UTF8.search(text) else text


def _marked(path: Path, data: bytes) -> tuple[str, str, str] | None:
    """Return the text of a file that shows its encoding by a mark, or by its zero bytes."""
    for mark, codec in MARKS.items():
        if data.startswith(mark):
            return _decode(path, data, codec), codec, "the file starts with a byte order mark"
    wide = of_16_bits(data)
    return None if wide is None else (*wide, "every second byte of its plain letters is zero")


def _decoded(data: bytes, codec: str) -> str | None:
    """Return the text that bytes are in an encoding, if they are one and may well be."""
    if codec.lower().startswith("utf") and b"\0" not in data:
        return None  # two bytes of any kind are a letter of 16 bits
    try:
        return data.decode(codec)
    except (ValueError, LookupError):
        return None


def _letters(text: str) -> int:
    """Return how many characters are not plain ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _lines(text: str, sign: re.Pattern[str]) -> str:
    """Return on which lines a sign stands, the first few."""
    seen: list[int] = []
    for match in sign.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if line not in seen:
            if len(seen) == LINES_SHOWN:
                return f"on lines {', '.join(map(str, seen))} and more"
            seen.append(line)
    return f"on line{'s' if len(seen) > 1 else ''} {', '.join(map(str, seen))}"


def of_16_bits(data: bytes) -> tuple[str, str] | None:
    """Return the text and the encoding of a file of 16 bits a letter without its mark."""
    if len(data) % 2 or b"\0" not in data:
        return None
    even, odd = data[::2].count(0), data[1::2].count(0)
    codec = "utf-16-be" if even > odd else "utf-16-le"
    # One of each hundred zeros may be half of another letter.
    if max(even, odd) < ENOUGH_ZEROS * len(data) or min(even, odd) * 100 > max(even, odd):
        return None
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    return text, codec


def _older(path: Path, data: bytes) -> tuple[str, str, str]:
    """Return the text of a file in one of the encodings before UTF-8.

    Raises
    ------
    ReadError
        D03, if its bytes form no letters in any of them.
    """
    odd = [line for line in data.splitlines(keepends=True) if not line.isascii()]
    sample = b"".join(odd)[:SAMPLE_BYTES]
    codec = _before_windows(sample, "cp1252" if _is_western(sample) else _detected(sample))
    why = "the bytes are not valid UTF-8, and form words in it"
    if codec == "cp1252":
        why = "the bytes are not valid UTF-8, and form Western words"
        if not re.search(rb"[\x80-\x9f]", data):
            codec = "latin-1"
    text = data.decode(codec, "replace")
    wrong = text.count(UNREADABLE)
    if wrong > MOST_UNREADABLE * _letters(text):
        _decode(path, data, codec)
    if wrong:
        where = _lines(text, re.compile(UNREADABLE))
        which = "a byte" if wrong == 1 else f"{wrong:,} bytes"
        why += f"; {which} {where} that it has no letter for, read as {UNREADABLE}"
    return text, codec, why


def _is_western(sample: bytes) -> bool:
    """Tell whether bytes form words of Western Europe, as Windows writes them.

    Examples
    --------
    >>> _is_western("Zürich,1".encode("cp1252")), _is_western("Łódź,1".encode("cp1250"))
    (True, False)
    """
    text = sample.decode("cp1252", "replace").replace(UNREADABLE, "")
    words = "\n".join(word for word in set(_BETWEEN.split(text)) if not word.isascii())
    letters = [letter for letter in words if letter.isalpha()]
    odd = sum(not letter.isascii() for letter in letters)
    # Greek or Russian words are odd in nearly every letter.
    torn = _TORN.search(words) or _TORN_WORD.search(words)
    western = _WESTERN.fullmatch(words) is not None and torn is None
    return western and 2 * odd <= max(len(letters), 2)


def _detected(sample: bytes) -> str:
    """Return the likeliest encoding of bytes that are neither UTF-8 nor Western words."""
    import chardet  # noqa: PLC0415 - hardly any file needs it

    # Where no two such bytes stand together, none is half of a letter.
    known = ENCODINGS if _TWO.search(sample) else ENCODINGS[:-OF_TWO_BYTES]
    found = chardet.detect(sample, include_encodings=known, compat_names=False)
    return found["encoding"] or "cp1252"


def _before_windows(sample: bytes, codec: str) -> str:
    """Return the Western encoding that leaves words whole that another one tears."""
    for other in WESTERN_BEFORE_WINDOWS if _tears(sample, codec) else ():
        odd = {letter for letter in sample.decode(other) if not letter.isascii()}
        if odd <= set(LETTERS) and not _tears(sample, other):
            return other
    return codec


def _tears(sample: bytes, codec: str) -> bool:
    r"""Tell whether bytes are torn words in an encoding.

    Examples
    --------
    >>> [_tears(b"S\x81d,1", codec) for codec in ("mac-roman", "cp1252", "cp850")]
    [True, True, False]
    """
    return _TORN_WORD.search(sample.decode(codec, "replace")) is not None
