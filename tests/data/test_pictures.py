"""Pictures are read once, whole and in order; what cannot be read is named with its reason."""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures.cache import _reserve, read_squares
from tenfold.data.pictures.decode import Framing, Unreadable, decode
from tenfold.data.pictures.picture_schema import PictureSchema, infer_picture_schema
from tenfold.data.pictures.pictures import (
    Pictures,
    RejectedFile,
    pictures_of,
    read_pictures,
    read_unlabelled,
)
from tenfold.errors import InputError, PictureError, SchemaError, UsageError
from tenfold.read_options import PictureOptions
from tenfold.wording import COMMAND

AUTO: Final = PictureOptions()
SMALL: Final = Framing(size=24)
LIMIT: Final = AUTO.max_pixels


def noise(seed: int, height: int = 40, width: int = 56) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cells.repeat(8, axis=0).repeat(8, axis=1)


def save(path: Path, picture: NDArray[Any] | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = noise(len(str(path))) if picture is None else picture
    Image.fromarray(picture).save(path, **options)
    return path


def pets(root: Path, count: int = 12) -> Path:
    for i in range(count):
        suffix = ("jpg", "png", "webp", "bmp", "gif", "tif")[i % 6]
        save(root / ("cats" if i % 2 else "dogs") / f"{i:02}.{suffix}", noise(i))
    return root


def said(pictures: Pictures) -> list[str]:
    return [decision.what for decision in pictures.decisions]


def squares(pictures: Pictures) -> NDArray[np.uint8]:
    return pictures.cache[pictures.at]


def fingerprints(root: Path) -> dict[str, tuple[str, int]]:
    """Return what every file holds and when it was changed, folders too."""
    return {
        str(path): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.lstat().st_mtime_ns,
        )
        for path in [root, *root.rglob("*")]
    }


def test_every_picture_of_a_folder_is_there_with_its_class_and_name(tmp_path: Path) -> None:
    pictures, test = read_pictures(pets(tmp_path), SMALL, AUTO)
    names = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*"))
    assert list(pictures.files) == names
    assert pictures.labels is not None
    assert pictures.labels.tolist() == ["cats"] * 6 + ["dogs"] * 6
    assert pictures.labels.dtype == object
    for name, square in zip(pictures.files, squares(pictures), strict=True):
        np.testing.assert_array_equal(square, decode(tmp_path / name, SMALL, LIMIT))
    assert len({square.tobytes() for square in squares(pictures)}) == 12
    assert pictures.thumbs.shape == (12, 256)
    assert (pictures.framing, pictures.source) == (SMALL, str(tmp_path))
    assert (test, pictures.groups, pictures.rejected) == (None, None, ())


@pytest.mark.parametrize("memory", [None, 0], ids=["memory", "file"])
def test_the_number_of_threads_changes_nothing(tmp_path: Path, memory: int | None) -> None:
    pets(tmp_path, 40)
    for name in ("cats/03.bmp", "dogs/20.webp", "cats/39.bmp"):
        (tmp_path / name).write_bytes(b"spoiled")
    one, four, many = (
        read_pictures(tmp_path, SMALL, PictureOptions(workers=n, memory_bytes=memory))[0]
        for n in (1, 4, 32)
    )
    assert len(one) == 37
    for other in (four, many):
        np.testing.assert_array_equal(one.cache, other.cache)
        np.testing.assert_array_equal(one.at, other.at)
        np.testing.assert_array_equal(one.thumbs, other.thumbs)
        assert (one.files, one.rejected) == (other.files, other.rejected)


def test_a_test_part_is_read_along_and_shares_the_cache(tmp_path: Path) -> None:
    pets(tmp_path / "train")
    pets(tmp_path / "test", 5)
    (tmp_path / "train/cats/bad.jpg").write_bytes(b"")
    (tmp_path / "test/dogs/bad.jpg").write_bytes(b"")
    training, test = read_pictures(tmp_path, SMALL, AUTO)
    assert test is not None
    assert test.cache is training.cache
    assert (len(training), len(test), len(training.cache)) == (12, 5, 17)
    for part, rest in ((training, "train"), (test, "test")):
        assert all(name.startswith(f"{rest}/") for name in part.files)
        assert [file.file.split("/")[0] for file in part.rejected] == [rest]
        for name, square in zip(part.files, squares(part), strict=True):
            np.testing.assert_array_equal(square, decode(tmp_path / name, SMALL, LIMIT))
    assert test.labels is not None
    assert test.labels.tolist() == ["cats", "cats", "dogs", "dogs", "dogs"]


def png_claiming(side: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (1, 1)).save(stream, "PNG")
    data = stream.getvalue()
    chunk = b"IHDR" + side.to_bytes(4, "big") * 2 + data[24:29]
    return data[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[33:]


def broken(root: Path) -> dict[str, str]:
    """Put one file of every broken kind into a folder; return their reasons."""
    whole = save(root / "cats/whole.jpg", noise(1, 160, 160)).read_bytes()
    kinds = {
        "cut.jpg": (whole[: len(whole) // 2], "it ends too early"),
        "empty.png": (b"", "it is empty (0 bytes)"),
        "huge.png": (
            png_claiming(60_000),
            "its header claims 60,000 x 60,000 pixels, more than 100,000,000",
        ),
        "page.jpg": (b"<html>404</html>", "it is not an image"),
        "phone.jpg": (
            b"\0\0\0\x18ftypisom" + bytes(50),
            "it is a video or another file of boxes, which is not supported",
        ),
        "spoiled.png": (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60),
            "it is damaged: broken PNG file (bad header checksum in b'IHDR')",
        ),
        "zeros.tif": (bytes(4000), "it is not an image"),
    }
    for name, (data, _) in kinds.items():
        (root / "cats" / name).write_bytes(data)
    (root / "cats/lost.jpg").symlink_to(root / "nowhere.jpg")
    return {f"cats/{name}": why for name, (_, why) in kinds.items()} | {
        "cats/lost.jpg": "there is no such file"
    }


def test_broken_files_are_named_with_their_reasons_and_nothing_is_changed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = pets(tmp_path / "pets")
    reasons = broken(root)
    before = fingerprints(root)
    pictures, _ = read_pictures(root, SMALL, AUTO)
    assert fingerprints(root) == before
    assert {file.file: file.reason for file in pictures.rejected} == reasons
    assert (len(pictures), len(pictures.rejected)) == (13, 8)
    assert not set(pictures.files) & set(reasons)
    np.testing.assert_array_equal(pictures.at, np.arange(13))
    for name, square in zip(pictures.files, squares(pictures), strict=True):
        np.testing.assert_array_equal(square, decode(root / name, SMALL, LIMIT))
    assert capfd.readouterr() == ("", "")


def test_too_many_pictures_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    pets(tmp_path)
    (tmp_path / "cats/a b.jpg").write_bytes(b"")
    pictures, _ = read_pictures(tmp_path, SMALL, AUTO)
    pictures.check_rejected(1 / 13)
    with pytest.raises(PictureError) as caught:
        pictures.check_rejected(0.05)
    assert caught.value.said(COMMAND) == (
        "I04: 1 of 13 images cannot be read, but the limit is 0.05 of them.\n\n"
        f"  source  {tmp_path}\n"
        "  files   cats/a b.jpg: it is empty (0 bytes)\n"
        "  why     leaving out many images would change what the score means\n"
        "  fix     fix or remove these files\n"
        "          leave them out: --max-bad 0.08"
    )
    pictures.check_rejected(0.08)


def test_pictures_none_of_which_can_be_read_are_refused_whatever_the_limit() -> None:
    pictures = read_unlabelled([f"{i}.jpg" for i in range(12)], SMALL, AUTO)
    assert len(pictures) == 0
    with pytest.raises(PictureError) as caught:
        pictures.check_rejected(1.0)
    assert caught.value.place["files"].endswith("9.jpg: there is no such file; and 2 more")
    assert caught.value.fix == ("fix or remove these files",)
    read_unlabelled([noise(1)], SMALL, AUTO).check_rejected(0.0)


def test_files_of_another_format_than_their_names_say_are_read_and_told(tmp_path: Path) -> None:
    pets(tmp_path)
    for i in range(12):
        save(tmp_path / f"dogs/odd {i:02}.jpg", noise(i), format="PNG" if i else "WEBP")
    pictures, _ = read_pictures(tmp_path, SMALL, AUTO)
    assert len(pictures) == 24
    assert said(pictures)[-1].startswith(
        "12 files are in a different format from what the name says: dogs/odd 00.jpg (WEBP), "
        "dogs/odd 01.jpg (PNG), "
    )
    assert said(pictures)[-1].endswith("(PNG) and 2 more")


def test_a_csv_gives_labels_groups_and_rejected_rows(tmp_path: Path) -> None:
    pets(tmp_path)
    rows = ["file,label,who", "cats/01.png,cat,Bob", "dogs/00.jpg,dog,Ann"]
    rows += ["cats/03.bmp,cat,Bob", "absent.jpg,dog,Eve", "cats/05.tif,,Bob", "dogs/02.webp"]
    path = tmp_path / "pets.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    pictures, test = read_pictures(path, SMALL, PictureOptions(group_column="who"))
    assert test is None
    assert pictures.labels is not None
    assert pictures.groups is not None
    assert pictures.files == ("cats/01.png", "dogs/00.jpg", "cats/03.bmp")
    assert pictures.labels.tolist() == ["cat", "dog", "cat"]
    one, other, same = pictures.groups
    assert (one == same, one == other) == (True, False)
    assert pictures.groups.dtype == np.int64
    assert pictures.rejected == (
        RejectedFile(file="line 7", reason="it has 1 cells, but the table has 3 columns"),
        RejectedFile(file="absent.jpg", reason="there is no such file"),
    )
    assert pictures.unlabelled == (RejectedFile(file="cats/05.tif", reason="it has no label"),)
    assert pictures.left_out == pictures.rejected + pictures.unlabelled


def test_taking_pictures_copies_no_square(tmp_path: Path) -> None:
    pictures, _ = read_pictures(pets(tmp_path), SMALL, AUTO)
    rows = np.array([7, 0, 7, 3])
    taken = pictures.take(rows)
    assert taken.cache is pictures.cache
    assert taken.files == tuple(pictures.files[row] for row in rows)
    np.testing.assert_array_equal(taken.at, pictures.at[rows])
    np.testing.assert_array_equal(taken.thumbs, pictures.thumbs[rows])
    marked = np.arange(12) % 5 == 1
    again = pictures.take(marked).take(np.array([1]))
    assert (again.files, again.labels is None) == ((pictures.files[6],), False)
    np.testing.assert_array_equal(squares(again)[0], squares(pictures)[6])
    assert pictures_of([noise(1)], None, SMALL, AUTO).take(np.array([0])).labels is None


def files_of_this_process() -> list[str]:
    """Return the open files and the mapped ones, those without a name too."""
    opened = [str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    mapped = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    return opened + [line.split(maxsplit=5)[-1] for line in mapped]


@pytest.mark.parametrize("named", [True, False], ids=["TMPDIR", "no TMPDIR"])
def test_pictures_beyond_the_memory_lie_in_a_file_that_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    root, place = pets(tmp_path / "pets"), tmp_path / "tmp"
    place.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    if named:
        monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = fingerprints(root)
    memory, _ = read_pictures(root, SMALL, AUTO)
    needed = 12 * 24 * 24 * 3
    at_limit, _ = read_pictures(root, SMALL, PictureOptions(memory_bytes=needed))
    mapped, _ = read_pictures(root, SMALL, PictureOptions(memory_bytes=needed - 1))
    assert (type(memory.cache), type(at_limit.cache)) == (np.ndarray, np.ndarray)
    assert isinstance(mapped.cache, np.memmap)
    np.testing.assert_array_equal(mapped.cache, memory.cache)
    assert said(mapped)[-1] == "the images are stored in a temporary file of 0.0 MB"
    assert mapped.decisions[-1].why == "they would take more than 0.0 MB of memory"
    assert mapped.decisions[-1].change_with == "--memory"
    assert said(mapped)[:-1] == said(memory)
    assert fingerprints(root) == before
    assert list(place.iterdir()) == []  # it has no name, so nobody needs to take it away


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells what is open")
def test_the_temporary_file_ends_with_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    options = PictureOptions(memory_bytes=0)
    pictures = pictures_of(np.zeros((4, 8, 8), np.uint8), None, SMALL, options)
    assert any(str(tmp_path) in name for name in files_of_this_process())
    assert isinstance(pictures.take(np.array([1])).cache, np.memmap)
    del pictures
    assert not any(str(tmp_path) in name for name in files_of_this_process())


def test_a_disk_without_room_is_told_before_anything_is_read(tmp_path: Path) -> None:
    pets(tmp_path)
    with pytest.raises(PictureError) as caught:
        read_pictures(tmp_path, Framing(size=2**24), PictureOptions(memory_bytes=0))
    error = caught.value
    assert error.code == "I06"
    assert error.fact == (
        "a file of 10133099.2 GB cannot be created: there is not enough disk space"
    )
    assert error.fix == (
        "free some disk space there, or set the variable TMPDIR to another folder",
        "allow 10133099.2 GB of memory: --memory 1.01331e+07",
        "use smaller images: --img-size",
    )


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no room can be taken ahead")
def test_the_room_of_a_temporary_file_is_taken_before_it_is_needed(tmp_path: Path) -> None:
    """The control is a file that only has a length."""
    with (tmp_path / "taken").open("wb") as taken, (tmp_path / "long").open("wb") as long:
        _reserve(taken.fileno(), 3_000_000, tmp_path)
        long.truncate(3_000_000)
        assert os.fstat(taken.fileno()).st_size == os.fstat(long.fileno()).st_size
        assert os.fstat(taken.fileno()).st_blocks * 512 >= 3_000_000
        assert os.fstat(long.fileno()).st_blocks * 512 < 3_000_000


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    pets(tmp_path, 40)
    (tmp_path / "cats/bad.jpg").touch()
    calls: list[tuple[int, int]] = []
    read_pictures(tmp_path, SMALL, AUTO, lambda *numbers: calls.append(numbers))
    assert calls[-1] == (41, 41)
    assert calls == sorted(calls)
    assert len(calls) > 2


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interruption_ends_reading_at_once(tmp_path: Path, workers: int) -> None:
    pets(tmp_path, 60)
    before = threading.active_count()
    calls: list[int] = []

    def interrupt(done: int, total: int) -> None:
        calls.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_pictures(tmp_path, SMALL, PictureOptions(workers=workers), interrupt)
    assert len(calls) == 1
    wait_for_threads(before)


def wait_for_threads(before: int) -> None:
    """Wait until there are no more threads than before, as long as the test may take."""
    while threading.active_count() > before:
        time.sleep(0.01)


class Waiting(Image.Image):
    """A picture that counts how often it is decoded, which waits until that is allowed."""

    allowed: threading.Event
    times = 0

    def load(self) -> Any:
        self.allowed.wait()
        self.times += 1
        return super().load()


def waiting(allowed: threading.Event) -> Waiting:
    picture = Waiting()
    picture._mode, picture._size = "RGB", (4, 4)
    picture._im = Image.new("RGB", (4, 4)).im
    picture.allowed = allowed
    return picture


def test_an_interruption_waits_for_no_more_than_one_picture_of_each_thread() -> None:
    at_once, later = threading.Event(), threading.Event()
    at_once.set()
    quick = [waiting(at_once) for _ in range(16)]
    waited_for = [waiting(later) for _ in range(112)]
    before = threading.active_count()

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_squares([*quick, *waited_for], SMALL, PictureOptions(workers=2), interrupt)
    later.set()
    wait_for_threads(before)
    assert all(picture.times for picture in quick)
    assert sum(picture.times > 0 for picture in waited_for) <= 2


WAITING: Final = """
import os, signal, sys, threading
from tenfold.read_options import PictureOptions
from tenfold.data.pictures.decode import Framing
from tenfold.data.pictures.pictures import read_pictures
def progress(done, total):
    if done == 16:
        os.kill(os.getpid(), getattr(signal, sys.argv[2]))
options = PictureOptions(workers=2, memory_bytes=0)
read_pictures(sys.argv[1], Framing(size=64), options, progress)
print("read to the end")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("signal", ["SIGINT", "SIGKILL"])
def test_a_process_that_is_ended_leaves_no_file(tmp_path: Path, signal: str) -> None:
    picture = Image.effect_noise((900, 900), 90)
    for i in range(200):
        path = tmp_path / "pets" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if i < 2:
            picture.save(path)
        else:
            path.hardlink_to(tmp_path / "pets" / "ab"[i % 2] / f"{i % 2}.png")
    place = tmp_path / "tmp"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", WAITING, str(tmp_path / "pets"), signal],
        env=os.environ | {"TMPDIR": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "read to the end" not in done.stdout
    assert ("KeyboardInterrupt" in done.stderr) == (signal == "SIGINT")
    assert list(place.iterdir()) == []


def test_thousands_of_tiny_files_are_read_in_order(tmp_path: Path) -> None:
    for i in range(3000):
        folder = tmp_path / f"class {i % 37:02}"
        folder.mkdir(exist_ok=True)
        data = b"BM" + (58).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
        data += (40).to_bytes(4, "little") + (1).to_bytes(4, "little") * 2
        data += (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24)
        (folder / f"{i}.bmp").write_bytes(data + bytes([i % 251, i % 241, i % 239, 0]))
    pictures, _ = read_pictures(tmp_path, Framing(size=1), AUTO)
    numbers = np.array([int(Path(name).stem) for name in pictures.files])
    assert sorted(numbers) == list(range(3000))
    wanted = np.stack([numbers % 239, numbers % 241, numbers % 251], axis=1)
    np.testing.assert_array_equal(squares(pictures)[:, 0, 0], wanted)
    assert pictures.labels is not None
    assert pictures.labels.tolist() == [f"class {n % 37:02}" for n in numbers]


STACK: Final = np.stack([noise(i) for i in range(5)])


@pytest.mark.parametrize(
    ("X", "wanted"),
    [
        (STACK, STACK),
        (STACK / 255, STACK),
        ((STACK / 255).astype(np.float32), STACK),
        (STACK.astype(float), STACK),
        (STACK.astype(np.int32), STACK),
        (STACK.astype(np.uint16) * 257, STACK),
        (np.concatenate([STACK, np.full_like(STACK[..., :1], 255)], axis=3), STACK),
        (STACK[..., 0], STACK[..., :1].repeat(3, axis=3)),
        (STACK[..., :1], STACK[..., :1].repeat(3, axis=3)),
        (STACK[..., 0] > 127, (STACK[..., :1] > 127).repeat(3, axis=3) * 255),
        (list(STACK), STACK),
        (tuple(STACK / 255), STACK),
        ([Image.fromarray(x) for x in STACK], STACK),
        (STACK.tolist(), STACK),
    ],
)
def test_arrays_and_images_are_pictures_of_any_type(X: Any, wanted: NDArray[Any]) -> None:
    pictures = pictures_of(X, list("abcab"), SMALL, AUTO)
    for square, picture in zip(squares(pictures), wanted, strict=True):
        np.testing.assert_array_equal(square, decode(picture.astype(np.uint8), SMALL, LIMIT))
    assert pictures.labels is not None
    assert pictures.labels.tolist() == list("abcab")
    assert pictures.files == tuple(f"X[{i}]" for i in range(5))
    assert pictures.source == type(X).__name__
    assert pictures.rejected == ()


def test_pictures_of_different_sizes_and_paths_may_come_as_a_list(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", noise(1))
    data = save(tmp_path / "b.webp", noise(2)).read_bytes()
    X = [path, str(path), data, noise(3, 16, 80), Image.fromarray(noise(4, 80, 16))]
    pictures = pictures_of(X, None, SMALL, AUTO)
    assert pictures.files == (str(path), str(path), "X[2]", "X[3]", "X[4]")
    np.testing.assert_array_equal(squares(pictures)[0], decode(path, SMALL, LIMIT))
    np.testing.assert_array_equal(squares(pictures)[3], decode(noise(3, 16, 80), SMALL, LIMIT))
    frame = pd.DataFrame({"file": [str(path), str(tmp_path / "b.webp")], "pet": ["cat", "dog"]})
    for names in (
        frame["file"],
        frame[["file"]],
        frame["file"].to_numpy(),
        list(frame["file"]),
    ):
        again = pictures_of(names, frame["pet"], SMALL, AUTO)
        assert again.files == tuple(frame["file"])
        assert again.labels is not None
        assert again.labels.tolist() == ["cat", "dog"]


def test_a_dark_picture_among_bright_ones_stays_dark() -> None:
    """The control: alone, numbers up to 1 are a picture from black to white."""
    dark = np.linspace(0, 1, 64).reshape(8, 8)
    bright = dark * 255
    for X in (np.stack([dark, bright]), [dark, bright]):
        pictures = pictures_of(X, None, SMALL, AUTO)
        assert squares(pictures)[0].max() <= 1
        assert squares(pictures)[1].max() == 255
    assert squares(pictures_of([dark], None, SMALL, AUTO)).max() == 255


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
@pytest.mark.parametrize("form", ["png", "tif", "arrays"])
def test_grey_pictures_of_few_bits_in_sixteen_keep_their_greys(
    tmp_path: Path, bits: int, form: str
) -> None:
    """Cameras and scanners write 12 bits into 16; they are as bright as with all 16."""
    rng = np.random.default_rng(bits)
    greys = [rng.integers(0, 2**bits, (48, 48), dtype=np.uint16) for _ in range(4)]
    greys[0][0, 0], greys[3] = 2**bits - 1, greys[3] // 8  # a dark one stays dark
    if form == "arrays":
        pictures = pictures_of(greys, None, SMALL, AUTO)
    else:
        files = [save(tmp_path / f"{i}.{form}", grey) for i, grey in enumerate(greys)]
        pictures = read_unlabelled(files, SMALL, AUTO)
    plain = [(grey / (2**bits - 1) * 255).round().astype(np.uint8) for grey in greys]
    np.testing.assert_array_equal(pictures.cache, pictures_of(plain, None, SMALL, AUTO).cache)
    assert pictures.framing.deep_white == 2**bits - 1
    assert said(pictures) == [f"{2**bits - 1:,} is white in images of 16 bits"]
    assert pictures.decisions[0].change_with == "--white"
    asked = pictures_of(greys, None, SMALL, PictureOptions(white=2**16 - 1))
    assert asked.cache.max() <= 2**bits / 2**8 + 1
    assert not said(asked)


def png_of(numbers: NDArray[np.uint16]) -> bytes:
    """Return a PNG of 16 bits a colour, which Pillow reads and does not write."""
    height, width, colours = numbers.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[colours]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in numbers)
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    chunks = [
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part))
        for name, part in parts.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("colours", [2, 3, 4])
def test_colours_of_few_bits_in_sixteen_are_refused_as_nothing_is_left(colours: int) -> None:
    """Pillow reads the highest 8 bits of 16; of 12 they are black, and nothing said so."""
    rng = np.random.default_rng(colours)
    for bits in (8, 10, 12, 14):
        few = png_of(rng.integers(2**bits // 2, 2**bits, (20, 20, colours), dtype=np.uint16))
        with pytest.raises(Unreadable, match=f"use at most {bits} of them"):
            decode(few, SMALL, LIMIT)
    all_bits = rng.integers(0, 2**16, (20, 20, colours), dtype=np.uint16)
    all_bits[..., -1] |= 0xFF00  # nothing shines through
    alone = all_bits if colours == 3 else all_bits[..., :-1]
    eight = (alone >> 8).astype(np.uint8).repeat(3 // alone.shape[2], axis=2)
    np.testing.assert_allclose(
        decode(png_of(all_bits), SMALL, LIMIT), decode(eight, SMALL, LIMIT), atol=1
    )


def test_what_white_was_in_training_it_is_in_prediction() -> None:
    """A dark picture alone would be taken for one of fewer bits, or of numbers up to 1."""
    rng = np.random.default_rng(0)
    bright = rng.integers(0, 4096, (5, 40, 40), dtype=np.uint16)
    bright[0, 0, 0] = 4095
    for X in (bright, bright / 4095 * 255):
        dark = (X[1] / 300).astype(X.dtype)
        known = pictures_of(X, None, SMALL, AUTO).framing
        alone = pictures_of([dark], None, known, AUTO)
        among = pictures_of([*X, dark], None, SMALL, AUTO)
        np.testing.assert_array_equal(alone.cache[0], among.cache[-1])
        assert alone.framing == known
        assert PictureSchema.from_dict(
            json.loads(json.dumps(PictureSchema(classes=("a", "b"), framing=known).to_dict()))
        ) == PictureSchema(classes=("a", "b"), framing=known)


def test_a_picture_from_python_that_cannot_be_read_takes_its_label_along() -> None:
    X = [noise(1), b"no image", noise(2), "absent.jpg", noise(3)]
    pictures = pictures_of(X, [1, 2, 3, 4, 5], SMALL, AUTO)
    assert pictures.labels is not None
    assert pictures.labels.tolist() == [1, 3, 5]
    assert pictures.files == ("X[0]", "X[2]", "X[4]")
    assert pictures.rejected == (
        RejectedFile(file="X[1]", reason="it is not an image"),
        RejectedFile(file="absent.jpg", reason="there is no such file"),
    )
    np.testing.assert_array_equal(squares(pictures)[2], decode(noise(3), SMALL, LIMIT))


@pytest.mark.parametrize(
    ("X", "y", "fact", "fix"),
    [
        (
            np.zeros((5, 64)),
            None,
            "X has the shape (5, 64)",
            "give each image its height and width: X.reshape(len(X), H, W)",
        ),
        (np.zeros((40, 50, 3)), None, "X has the shape (40, 50, 3)", "if this is one image"),
        (
            np.zeros((5, 3, 8, 8)),
            None,
            "X has the shape (5, 3, 8, 8)",
            "move the colour channels to the end: X.transpose(0, 2, 3, 1)",
        ),
        (np.zeros((5, 8, 8, 2)), None, "X has the shape (5, 8, 8, 2)", "give X the shape"),
        (np.zeros(5), None, "X has the shape (5,)", "give X the shape"),
        (
            np.array([[[-1.0, 1.0]]]),
            None,
            "X[0] is not an image: its numbers go from -1 to 1, but they must be from 0 to 1",
            "",
        ),
        (
            np.array([[[0, 999]]]),
            None,
            (
                "X[0] is not an image: its numbers go from 0 to 999, but they must be from "
                "0 to 255"
            ),
            "",
        ),
        (np.zeros((2, 0, 4)), None, "X[0] is not an image: it holds no numbers", ""),
        (
            [noise(1), np.zeros(7)],
            None,
            "X[1] is not an image: its shape is (7,), but it must be (H, W)",
            "",
        ),
        (
            [noise(1), None],
            None,
            "X[1] is not an image: its shape is (), but it must be (H, W)",
            "",
        ),
        (5, None, "X is of the type int", ""),
        (STACK, ["a"] * 4, "X holds 5 images, but y has the shape (4,)", ""),
        (STACK, [["a"]] * 5, "X holds 5 images, but y has the shape (5, 1)", ""),
    ],
)
def test_what_is_no_array_of_pictures_is_refused(X: Any, y: Any, fact: str, fix: str) -> None:
    with pytest.raises(PictureError) as caught:
        pictures_of(X, y, SMALL, AUTO)
    assert caught.value.code == "I05"
    assert caught.value.fact.startswith(fact)
    assert "".join(caught.value.fix).startswith(fix)


def test_pictures_to_predict_are_paths_folders_or_arrays(tmp_path: Path) -> None:
    root = pets(tmp_path / "new", 6)
    single = save(tmp_path / "one.png", noise(9))
    pictures = read_unlabelled([single, root], SMALL, AUTO)
    assert len(pictures) == 7
    assert pictures.labels is None
    assert pictures.files[0] == single.as_posix()
    np.testing.assert_array_equal(squares(pictures)[0], decode(single, SMALL, LIMIT))
    assert read_unlabelled(str(single), SMALL, AUTO).files == (single.as_posix(),)
    stack = read_unlabelled(STACK, SMALL, AUTO)
    np.testing.assert_array_equal(
        squares(stack), squares(pictures_of(list(STACK), None, SMALL, AUTO))
    )
    assert len(read_unlabelled(Image.fromarray(noise(1)), SMALL, AUTO)) == 1
    assert len(read_unlabelled(single.read_bytes(), SMALL, AUTO)) == 1
    with pytest.raises(PictureError, match="I02: there are no images"):
        read_unlabelled([], SMALL, AUTO)


def test_training_and_prediction_turn_a_picture_alike(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = save(tmp_path / "pets/cats/1.jpg", noise(3), exif=exif)
    save(tmp_path / "pets/dogs/1.jpg", noise(3))
    learnt, _ = read_pictures(tmp_path / "pets", SMALL, AUTO)
    asked = read_unlabelled([turned], SMALL, AUTO)
    np.testing.assert_array_equal(squares(asked)[0], squares(learnt)[0])
    assert (squares(learnt)[0] != squares(learnt)[1]).any()  # the control


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"max_bad": 1.5}, "--max-bad must be a fraction from 0 to 1, but it is 1.5"),
        ({"max_pixels": 0}, "--max-pixels must be a whole number of pixels, 1 or more"),
        ({"memory_bytes": -1}, "--memory must be a number of bytes, 0 or more, but it is -1"),
        ({"workers": 0}, "--workers must be a whole number, 1 or more, but it is 0"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], fact: str) -> None:
    with pytest.raises(UsageError) as caught:
        PictureOptions(**options)
    assert caught.value.fact.startswith(fact)


def test_errors_about_pictures_are_errors_about_the_users_data(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_pictures(tmp_path, SMALL, AUTO)


def test_classes_that_each_have_a_single_image_are_refused() -> None:
    """Such as numbers: two of them that are equal are classes again."""
    labels = [str(0.37 * i) for i in range(12)]
    with pytest.raises(SchemaError, match=r"^S07: each of the 12 classes has a single image"):
        infer_picture_schema(pictures_of([noise(i) for i in range(12)], labels, SMALL, AUTO))
    labels[1] = labels[0]
    schema = infer_picture_schema(
        pictures_of([noise(i) for i in range(12)], labels, SMALL, AUTO)
    )
    assert len(schema.classes) == 11
