"""Text of any size, line by line: unpacked and decoded on the way, never held as a whole.

In which encoding it is written is looked for in its first lines that are not plain ASCII,
wherever they stand; see ``encoding``.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from tenfold.data.files.encoding import (
    MARKS,
    SAMPLE_BYTES,
    Opened,
    look_for,
    of_16_bits,
    packing_of,
    unpacked,
    unpacking,
    windows_letters,
    zero_bytes,
)
from tenfold.errors import ReadError

BLOCK_BYTES: Final = 2**22
HEAD_CHARACTERS: Final = 2**22  # that show how a table lies in its file
FIRST_BYTES: Final = 16  # that show how a file is packed


@dataclass(frozen=True, kw_only=True, slots=True)
class LongText:
    """A file of text that is read line by line.

    Attributes
    ----------
    path : Path
    packing : str or None
        Such as ``"gzip"``.
    opened : Opened
    errors : str
        What becomes of bytes without a letter, by the name of a codec's error handler.
    count : int
        Of its lines.
    filled_up : bool
        Whether it ends with zero bytes, which are none of it.
    """

    path: Path
    packing: str | None
    opened: Opened
    errors: str
    count: int
    filled_up: bool

    @classmethod
    def of(cls, path: Path, encoding: str | None, known: str | None = None) -> Self:
        """Read a file once, and find how it is written; see ``read_text``.

        Raises
        ------
        ReadError
            D03 if its bytes are not text, D07 if a zip file holds several files, D08 if a
            packed one is damaged.
        """
        with path.open("rb") as file:
            packing = packing_of(file.read(FIRST_BYTES))
        sample = _Sample()
        with _bytes_of(path, packing) as file:
            while block := file.read(BLOCK_BYTES):
                sample.add(block)
        codec, errors, why = sample.codec(path, encoding, known)
        return cls(
            path=path,
            packing=packing,
            opened=Opened.by(codec, why),
            errors=errors,
            count=sample.lines + 1,
            filled_up=sample.last_zeros > 0 and not is_wide(codec),
        )

    def lines(self) -> Iterator[str]:
        """Yield its lines, with what ends them.

        Raises
        ------
        ReadError
            D03, if bytes are no letters of the encoding; D08, if a packed file is damaged.
        """
        codec, mends = self.opened.codec, self.errors == "surrogateescape"
        with _bytes_of(self.path, self.packing) as file:
            text = io.TextIOWrapper(file, codec, self.errors, newline="")
            number = 0
            try:
                for number, line in enumerate(text, start=1):
                    if number == 1:
                        line = line.removeprefix("\ufeff")  # noqa: PLW2901 - the mark is no text
                    if self.filled_up:
                        line = line.rstrip("\0")  # noqa: PLW2901 - as the mark
                    yield windows_letters(line) if mends and not line.isascii() else line
            except UnicodeError as error:
                raise ReadError(
                    "D03",
                    f"the file cannot be read as {codec}: {error}",
                    place={"file": str(self.path), "line": f"about {number:,}"},
                    fix=["save it as UTF-8", "name its encoding: --encoding NAME"],
                ) from error

    def head(self) -> str:
        """Return its first lines, some megabytes of them."""
        found, room = [], HEAD_CHARACTERS
        for line in self.lines():
            found.append(line)
            room -= len(line)
            if room <= 0:
                break
        return "".join(found)


@contextmanager
def _bytes_of(path: Path, packing: str | None) -> Iterator[IO[bytes]]:
    """Lend what a file holds, unpacked."""
    with path.open("rb") as file:
        if packing is None:
            yield file
            return
        with unpacking(path, packing), unpacked(packing, path, file) as held:
            yield held


@dataclass(slots=True)
class _Sample:
    """What the bytes of a text show of its encoding."""

    first: bytes = b""
    odd: bytes = b""  # lines that are not plain ASCII
    lines: int = 0
    zeros: int = 0
    last_zeros: int = 0

    def add(self, block: bytes) -> None:
        """Look at the next bytes."""
        if not self.first:
            self.first = block
        self.lines += max(block.count(b"\n"), block.count(b"\r"))
        self.zeros += block.count(0)
        last = len(block) - len(block.rstrip(b"\0"))
        self.last_zeros = last + (self.last_zeros if last == len(block) else 0)
        if len(self.odd) < SAMPLE_BYTES and not block.isascii():
            # Without the first and the last line, which the block may have cut.
            whole = block.splitlines(keepends=True)[1:-1] or [block]
            self.odd += b"".join(line for line in whole if not line.isascii())[:SAMPLE_BYTES]

    def codec(
        self, path: Path, encoding: str | None, known: str | None
    ) -> tuple[str, str, str]:
        """Return the encoding, what becomes of other bytes, and what shows it."""
        marked = next((c for mark, c in MARKS.items() if self.first.startswith(mark)), None)
        if encoding is not None:
            _require_codec(path, encoding)
            found = encoding, "strict", "as asked"
        elif marked is not None:
            found = marked, "strict", "the file starts with a byte order mark"
        elif self.zeros > self.last_zeros:
            return self._of_zeros(path)
        else:
            return self._of_letters(path, known)
        if self.zeros > self.last_zeros and not is_wide(found[0]):
            raise zero_bytes(path)
        return found

    def _of_letters(self, path: Path, known: str | None) -> tuple[str, str, str]:
        _, codec, why = look_for(path, self.odd, known)
        if codec == "utf-8":
            return codec, "surrogateescape", "its bytes are valid UTF-8"
        # Latin-1 is what Windows writes if none of its own signs occurs, which one yet may.
        return "cp1252" if codec == "latin-1" else codec, "replace", why

    def _of_zeros(self, path: Path) -> tuple[str, str, str]:
        wide = of_16_bits(self.first[: len(self.first) // 4 * 4])
        if wide is None:
            raise zero_bytes(path)
        return wide[1], "strict", "every second byte of its plain letters is zero"


def is_wide(codec: str) -> bool:
    """Tell whether letters of an encoding hold zero bytes."""
    return re.match("utf.?(16|32)", codec.lower()) is not None


def _require_codec(path: Path, name: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), name)  # of text, which rot13 is not
    except (LookupError, ValueError) as error:
        fact = f"the file cannot be read as {name}: {error}"
        fix = ["let the encoding be detected: leave out --encoding"]
        raise ReadError("D03", fact, place={"file": str(path)}, fix=fix) from error
