"""The two parts of a model file, read without trust: no size is believed unbounded.

Never more is unpacked than was asked for, whatever the archive claims. Nothing is written, and
other parts are not looked at.
"""

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final, final

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from tenfold.errors import StoreError

MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "weights.safetensors"
MAX_MANIFEST_BYTES: Final = 24 * 2**20
MOST_VALUES: Final = 1_000_000  # of the manifest; each takes some 70 bytes of memory
MAX_DIRECTORY_BYTES: Final = 128 * 2**10  # of the archive, whose directory lists two parts
MAX_HEADER_BYTES: Final = 4 * 2**20  # of the weights, where each tensor has its name and shape
# The other ways to pack have no limit to what they unpack at once.
PACKED: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What zipfile and json raise on damaged bytes; RuntimeError for encryption and deep nesting.
UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
)


@final
class _Frugal(io.FileIO):
    """A file that gives no more than ``most`` bytes at once.

    An archive says itself how long its directory is, and zipfile believes it.
    """

    most = MAX_DIRECTORY_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes.

        Raises
        ------
        ValueError
            If they would be more than ``most``.
        """
        wanted = self.most + 1 if size is None or size < 0 else size
        found = b"" if wanted > self.most + 1 else super().read(wanted) or b""
        if wanted > self.most + 1 or len(found) > self.most:
            raise ValueError("the directory of the archive is too long")
        return found


def read_parts(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the manifest of a model file and its tensors.

    Raises
    ------
    StoreError
        M01, if the file is no model file; M04, if a part is damaged or larger than it may be;
        M07, if it cannot be read.
    """
    try:
        with _Frugal(path) as file:
            return _parts_of(path, file)
    except OSError as error:
        place = {"file": str(path)}
        raise StoreError("M07", f"it cannot be read: {error.strerror}", place=place) from error


def _parts_of(path: Path, file: _Frugal) -> tuple[dict[str, Any], dict[str, Tensor]]:
    archive = _open(path, file)
    try:
        manifest = _parsed(_unpacked(archive, MANIFEST))
    except UNREADABLE as error:
        raise damaged(path, "its manifest cannot be read") from error
    try:
        weights = _unpacked(archive, WEIGHTS)
        if int.from_bytes(weights[:8], "little") > MAX_HEADER_BYTES:
            raise ValueError("the header of the weights is too long")
        return manifest, safetensors.torch.load(weights)
    except (*UNREADABLE, SafetensorError) as error:
        raise damaged(path, "its weights cannot be read") from error


def _open(path: Path, file: _Frugal) -> zipfile.ZipFile:
    """Open an archive that holds the parts of a model once each, none larger than it may be."""
    place = {"file": str(path)}
    size = file.seek(0, io.SEEK_END)
    try:
        archive = zipfile.ZipFile(file)
        infos = [info for info in archive.infolist() if info.filename in (MANIFEST, WEIGHTS)]
    except UNREADABLE as error:
        raise StoreError("M01", "the file is not a model file", place=place) from error
    names = [info.filename for info in infos]
    if not {MANIFEST, WEIGHTS} <= set(names):
        raise StoreError("M01", "the archive lacks the parts of a model", place=place)
    # Weights are not compressed, so they cannot be larger than the file that holds them.
    limits = {MANIFEST: MAX_MANIFEST_BYTES, WEIGHTS: size}
    for info in infos:
        if info.file_size > limits[info.filename]:
            raise damaged(path, f"its part {info.filename} claims {info.file_size:,} bytes")
        if info.compress_type not in PACKED:
            raise damaged(path, f"its part {info.filename} uses another compression")
        if names.count(info.filename) > 1:
            raise damaged(path, f"its part {info.filename} occurs twice")
    file.most = size
    return archive


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a part, which ends where its checksum is compared."""
    size = archive.getinfo(name).file_size
    with archive.open(name) as part:
        # With a number: without one, a part that is longer than it claims is unpacked whole.
        found = part.read(max(1, size))
    if len(found) != size:
        raise ValueError("the part is shorter than it claims")
    return found


def _parsed(text: bytes) -> dict[str, Any]:
    # Every value is followed by a comma or lies in brackets of its own, so this counts them
    # before one is made. Files of Tenfold are ASCII: other letters would take four bytes each.
    values = sum(map(text.count, (b",", b"[", b"{")))
    if values > MOST_VALUES or not text.isascii():
        raise ValueError("the manifest is too large")
    # As text, since of bytes Python would guess the encoding, and load a codec for it.
    manifest = json.loads(text.decode("ascii"))
    if not isinstance(manifest, dict):
        raise TypeError("the manifest is no object")
    if b"\\u" in text:  # half of a pair of surrogates is no letter that could be printed
        json.dumps(manifest, ensure_ascii=False).encode()
    return manifest


def damaged(path: Path, what: str) -> StoreError:
    """Return the error that a damaged model file is."""
    return StoreError(
        "M04",
        f"the model file is damaged: {what}",
        place={"file": str(path)},
        fix=["copy it again, or train the model again"],
    )
