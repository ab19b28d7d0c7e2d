"""A zip of pictures is read as the folder or the list that it holds."""

import gc
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.listing import is_picture_source, list_labelled
from tenfold.data.pictures.pictures import read_pictures, read_unlabelled
from tenfold.errors import PictureError
from tenfold.read_options import PictureOptions
from tests.engine_pictures import write_folder

AUTO = PictureOptions()
FRAMING = Framing(size=32)


def packed(folder: Path, path: Path, inside: str = "") -> Path:
    """Write all files of a folder into a zip, below a folder in it."""
    with zipfile.ZipFile(path, "w") as whole:
        for file in sorted(folder.rglob("*")):
            name = f"{inside}{file.relative_to(folder).as_posix()}"
            whole.write(file, name)
            whole.writestr(f"__MACOSX/{name}", b"no picture")
    return path


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "pets", 12)


@pytest.mark.parametrize("inside", ["", "pets/", "a/b/"])
def test_folders_in_a_zip_are_classes(inside: str, pets: Path, tmp_path: Path) -> None:
    path = packed(pets, tmp_path / "pets.ZIP", inside)
    assert is_picture_source(path)
    found, _ = read_pictures(path, FRAMING, AUTO)
    wanted, _ = read_pictures(pets, FRAMING, AUTO)
    assert (found.files, found.source) == (wanted.files, str(path))
    assert found.labels is not None
    assert wanted.labels is not None
    assert found.labels.tolist() == wanted.labels.tolist()
    assert np.array_equal(found.cache, wanted.cache)


def test_parts_for_training_and_testing_may_lie_in_a_zip(tmp_path: Path) -> None:
    for part, count in (("train", 8), ("test", 4)):
        write_folder(tmp_path / "whole" / part, count)
    found, test = list_labelled(packed(tmp_path / "whole", tmp_path / "both.zip"), AUTO)
    assert test is not None
    assert (len(found.names), len(test.names)) == (8, 4)


def test_a_list_beside_pictures_is_read(pets: Path, tmp_path: Path) -> None:
    names = sorted(path.relative_to(pets).as_posix() for path in pets.glob("*/*.png"))
    ages = np.arange(12) + 0.5
    pd.DataFrame({"file": names, "age": ages}).to_csv(pets / "list.csv", index=False)
    found, _ = read_pictures(packed(pets, tmp_path / "ages.zip"), FRAMING, AUTO)
    assert found.labels is not None
    assert found.labels.tolist() == ages.tolist()


def test_new_pictures_may_come_in_a_zip(pets: Path, tmp_path: Path) -> None:
    path = packed(pets, tmp_path / "new.zip")
    found = read_unlabelled(path, FRAMING, AUTO)
    assert len(found) == 12
    assert found.files[0] == f"{path.as_posix()}/flat/000.png"


def test_what_is_unpacked_goes_once_it_is_read(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    path = packed(pets, tmp_path / "pets.zip")
    listed, _ = list_labelled(path, AUTO)
    assert len(list(aside.rglob("*.png"))) == 12
    del listed
    gc.collect()
    assert list(aside.iterdir()) == []
    read_pictures(path, FRAMING, AUTO)
    gc.collect()
    assert list(aside.iterdir()) == []


def test_names_that_lead_out_of_the_folder_stay_in_it(pets: Path, tmp_path: Path) -> None:
    picture = next(pets.glob("*/*.png")).read_bytes()
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as whole:
        for at, name in enumerate(("../../out/a.png", "/etc/b.png", "cat/c.png")):
            whole.writestr(name, picture + bytes(at))
    listed, _ = list_labelled(path, AUTO)
    home = listed.files[0].resolve().parents[1]
    assert all(home in file.resolve().parents for file in listed.files)
    assert not (tmp_path.parent / "out").exists()


@pytest.mark.parametrize("kind", ["cut", "no zip", "no pictures", "locked"])
def test_a_zip_that_is_none_is_refused(kind: str, pets: Path, tmp_path: Path) -> None:
    path = packed(pets, tmp_path / "bad.zip")
    data = bytearray(path.read_bytes())
    if kind == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "no zip":
        path.write_bytes(b"x" * 100)
    elif kind == "no pictures":
        with zipfile.ZipFile(path, "w") as whole:
            whole.writestr("notes.md", "none")
    else:  # the bit that says so, in the header of each file
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = -1
            while (at := data.find(mark, at + 1)) >= 0:
                data[at + place] |= 1
        path.write_bytes(data)
    with pytest.raises(PictureError, match=r"I01|I02"):
        list_labelled(path, AUTO)


def test_a_run_is_trained_on_a_zip_and_asked_about_one(pets: Path, tmp_path: Path) -> None:
    path = packed(pets, tmp_path / "pets.zip")
    options = TrainOptions(img_size=32, network="pretrained")
    run = tenfold.train(path, folds=3, training=options, audit="off", out=tmp_path / "runs")
    assert run.folder is not None
    assert run.folder.name == "pets-1"
    assert len(run.predict(path)) == 12
    assert run.evaluate(path)["accuracy"].value > 0.5
    again = tenfold.load(run.folder)
    assert list(again.explain([next(pets.glob("*/*.png"))]).lines())
