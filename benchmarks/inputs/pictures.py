"""Pictures spoiled at random, with a seed; a kind says whether one must be read, or named."""

import io
import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

Draw = random.Random
Good = dict[str, bytes]
HEAD: Final = 64  # bytes at the beginning of a file that say what it is
ZEROS: Final = 300_000_000  # bytes that a note unpacks to
PNG: Final = b"\x89PNG\r\n\x1a\n"


def good_pictures() -> Good:
    """Return whole files of one picture, by their formats."""
    noise = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    notes = Image.Exif()
    notes[0x0112], notes[0x010E] = 6, "a picture"
    frames = {"save_all": True, "append_images": [picture] * 4}
    return {
        "jpg": packed(picture, "JPEG"),
        "progressive.jpg": packed(picture, "JPEG", progressive=True),
        "exif.jpg": packed(picture, "JPEG", exif=notes),
        "png": packed(picture, "PNG"),
        "palette.png": packed(picture.convert("P"), "PNG"),
        "gif": packed(picture, "GIF"),
        "bmp": packed(picture, "BMP"),
        "tif": packed(picture, "TIFF"),
        "lzw.tif": packed(picture, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": packed(picture, "TIFF", compression="jpeg"),
        "webp": packed(picture, "WEBP"),
        "moving.gif": packed(picture, "GIF", **frames),
        "moving.webp": packed(picture, "WEBP", **frames),
        "cmyk.jpg": packed(picture.convert("CMYK"), "JPEG"),
        "16 bit.png": packed(Image.fromarray(noise[..., 0].astype(np.uint16) * 257), "PNG"),
    }


def packed(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a part of a PNG with its checksum right."""
    return (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    )


def png(width: int, height: int, pixels: bytes, notes: bytes = b"") -> bytes:
    """Return a PNG that claims a size, whatever its pixels are."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG + head + notes + chunk(b"IDAT", zlib.compress(pixels, 1)) + chunk(b"IEND", b"")


def one_of(good: Good, draw: Draw, *names: str) -> tuple[str, bytes]:
    """Return a whole file, of those names if there are any."""
    name = draw.choice(names or list(good))
    return name, good[name]


def truncated(good: Good, draw: Draw) -> tuple[str, bytes]:
    name, data = one_of(
        good, draw, "jpg", "png", "bmp", "tif", "webp", "lzw.tif", "palette.png"
    )
    return name, data[: draw.randrange(1, len(data) * 9 // 10)]


def header_only(good: Good, draw: Draw) -> tuple[str, bytes]:
    name, data = one_of(good, draw, "jpg", "png", "gif", "bmp", "tif", "webp")
    return name, data[: draw.choice([2, 4, 8, 12, 16, 24])]


def flipped(good: Good, draw: Draw, *, head: bool) -> tuple[str, bytes]:
    name, data = one_of(good, draw)
    found = bytearray(data)
    start, end = (0, HEAD) if head else (HEAD, len(found))
    for _ in range(draw.choice([1, 2, 8])):
        at = draw.randrange(start, min(end, len(found)))
        found[at] ^= 1 << draw.randrange(8)
    return name, bytes(found)


def shifted(good: Good, draw: Draw) -> tuple[str, bytes]:
    name, data = one_of(good, draw)
    at, length = draw.randrange(len(data)), draw.choice([1, 4, 60, 500])
    more = draw.choice([b"", data[at:][: 2 * length], draw.randbytes(length), b"\xff" * 4])
    return name, data[:at] + more + data[at + length * draw.randrange(2) :]


def numbers(good: Good, draw: Draw) -> tuple[str, bytes]:
    name, data = one_of(good, draw)
    found, odd = bytearray(data), [0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000]
    for _ in range(draw.choice([1, 2, 4])):
        at, size = draw.randrange(4, min(len(found), 4 * HEAD) - 4), draw.choice([1, 2, 4])
        number = draw.choice(odd).to_bytes(4, draw.choice(["little", "big"]))
        found[at : at + size] = number[:size]
    return name, bytes(found)


def sized(good: Good, draw: Draw, sizes: list[int]) -> tuple[str, bytes]:
    width, height = draw.sample(sizes, 2)
    name, way = draw.choice([("png", 0), ("gif", 1), ("bmp", 2)])
    if way == 0:
        return name, png(width, height, b"\0")
    small = [min(side, 65_535) for side in (width, height)]
    if way == 1:
        return name, good["gif"][:6] + struct.pack("<HH", *small) + good["gif"][10:]
    return name, good["bmp"][:18] + struct.pack("<ii", width, height) + good["bmp"][26:]


def zero_size(good: Good, draw: Draw) -> tuple[str, bytes]:
    name, way = draw.choice([("png", 0), ("bmp", 1)])
    size = draw.choice([(0, 0), (0, 9), (9, 0)])
    if way == 0:
        return name, png(*size, b"\0")
    return name, good["bmp"][:18] + struct.pack("<ii", *size) + good["bmp"][26:]


def bomb(good: Good, draw: Draw) -> tuple[str, bytes]:
    """Return a few bytes that claim, or unpack to, thousands of millions of pixels."""
    tall = draw.randrange(40_000, 60_000)
    screen = struct.pack("<HH", tall, tall)
    found = {
        "png": png(tall, tall, bytes(10**6)),
        "gif": b"GIF89a" + screen + b"\0\0\0,\0\0\0\0" + screen + b"\0\x08\0;",
        "bmp": good["bmp"][:18] + struct.pack("<ii", tall, -tall) + good["bmp"][26:],
        "tif": tiff_of(tall),
        "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10)
        + b"\x02\0\0\0" + b"\xff\xff\0" * 2,
        "jpg": good["jpg"].replace(b"\0\x28\0\x32", struct.pack(">HH", tall, tall), 1),
    }  # fmt: skip
    name = draw.choice(list(found))
    return name, found[name]


def tiff_of(side: int) -> bytes:
    """Return a TIFF that claims a size."""
    tags = [
        (256, side),
        (257, side),
        (258, 8),
        (259, 5),
        (262, 1),
        (273, 8),
        (278, side),
        (279, 9),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(32)


def notes_bomb(_: Good, draw: Draw) -> tuple[str, bytes]:
    """Return a small picture whose notes unpack to hundreds of megabytes."""
    return "png", png(5, 5, bytes(5 * 16), draw.choice(NOTES))


def edge(_: Good, draw: Draw) -> tuple[str, bytes]:
    """Return a whole picture of nearly as many pixels as may be decoded, in little."""
    side = draw.choice([9_700, 9_999])
    return "png", png(side, side, bytes(side * (3 * side + 1)))


def loop(good: Good, draw: Draw) -> tuple[str, bytes]:
    """Return a TIFF whose list of tags is followed by itself, or by nothing."""
    if draw.random() < 0.5:
        return "tif", b"II*\0\x08\0\0\0" + bytes(2) + struct.pack("<I", draw.choice([8, 0, 4]))
    data = bytearray(good["tif"])
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    end = start + 2 + 12 * count
    data[end : end + 4] = data[4:8]
    return "tif", bytes(data)


def odd_notes(good: Good, draw: Draw) -> tuple[str, bytes]:
    """Return a JPEG whose notes of its camera are noise."""
    data = good["exif.jpg"]
    at = data.index(b"Exif\0\0") + 6
    length = int.from_bytes(data[at - 8 : at - 6], "big") - 8
    noise = bytearray(data[at : at + length])
    for _ in range(draw.choice([1, 4, 30])):
        noise[draw.randrange(length)] = draw.randrange(256)
    return "jpg", data[:at] + bytes(noise) + data[at + length :]


def odd_profile(good: Good, draw: Draw) -> tuple[str, bytes]:
    """Return a picture whose colour profile is noise."""
    picture = Image.open(io.BytesIO(good["png"]))
    kind = draw.choice(["JPEG", "PNG", "TIFF", "WEBP"])
    profile = draw.randbytes(draw.choice([1, 128, 3_000]))
    return {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower()), packed(
        picture, kind, icc_profile=profile
    )


def text(_: Good, draw: Draw) -> tuple[str, bytes]:
    lines = [b"not a picture\n", b"<html></html>", b"%PDF-1.4\n", b"PK\3\4", draw.randbytes(9)]
    return "jpg", b" " + draw.choice(lines) * draw.choice([1, 9, 5_000])


def film(_: Good, draw: Draw) -> tuple[str, bytes]:
    brand = draw.choice([b"heic", b"avif", b"mp42", b"mif1"])
    return "jpg", b"\0\0\0\x18ftyp" + brand + draw.randbytes(200)


def other_name(good: Good, draw: Draw) -> tuple[str, bytes]:
    return draw.choice(["jpg", "gif", "bmp", "webp"]), good[draw.choice(["png", "tif"])]


def odd_file(path: Path, draw: Draw) -> None:
    """Make what has the name of a picture, and is no file that can be read."""
    way = draw.randrange(6)
    if way == 0:
        path.symlink_to(path.name)
    elif way == 1:
        path.symlink_to("gone.png")
    elif way == 2:
        path.symlink_to("/dev/zero")
    elif way == 3:
        os.mkfifo(path)
    elif way == 4:
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xd8\xff")
        path.chmod(0)


NOTES: Final = [
    chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(ZEROS), 9)),
    chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(ZEROS), 9)),
    chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(ZEROS), 9)),
]
HUGE: Final = [30_000, 60_000, 65_535, 2**30, 2**31 - 1]
Way = Callable[[Good, Draw], tuple[str, bytes]]
# How each kind must end; a number says how often it is drawn: those that take long are few.
KINDS: Final[dict[str, tuple[str, float, Way]]] = {
    "truncated": ("named", 4, truncated),
    "empty": ("named", 0.3, lambda g, d: (one_of(g, d)[0], b"")),
    "other name": ("read", 0.3, other_name),
    "text": ("named", 1, text),
    "HEIC or film": ("named", 0.3, film),
    "header only": ("named", 1, header_only),
    "bits flipped in the header": ("either", 6, lambda g, d: flipped(g, d, head=True)),
    "bits flipped in the body": ("either", 6, lambda g, d: flipped(g, d, head=False)),
    "bytes lost or inserted": ("either", 6, shifted),
    "odd numbers": ("either", 6, numbers),
    "zero width or height": ("named", 0.5, zero_size),
    "huge width and height": ("named", 1, lambda g, d: sized(g, d, HUGE)),
    "decompression bomb": ("named", 2, bomb),
    "bomb in the notes": ("either", 0.1, notes_bomb),
    "as large as may be": ("read", 0.05, edge),
    "loop of TIFF tags": ("either", 1, loop),
    "animated": ("read", 0.3, lambda g, d: one_of(g, d, "moving.gif", "moving.webp")),
    "CMYK": ("read", 0.3, lambda g, d: one_of(g, d, "cmyk.jpg")),
    "16 bit": ("read", 0.3, lambda g, d: one_of(g, d, "16 bit.png")),
    "odd EXIF": ("read", 2, odd_notes),
    "odd colour profile": ("read", 1, odd_profile),
    "link, folder, pipe, closed": ("named", 1, lambda g, d: one_of(g, d, "png")),
}


def make(good: Good, folder: Path, kind: str, draw: Draw) -> Path:
    """Write a spoiled picture, named after its format."""
    name, data = KINDS[kind][2](good, draw)
    path = folder / f"{kind}.{name.rpartition('.')[2]}"
    if kind.startswith("link"):
        odd_file(path, draw)
    else:
        path.write_bytes(data)
    return path
