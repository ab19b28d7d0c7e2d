"""The pictures of a folder or a CSV are found with their classes, or it is said why not."""

import os
import random
import unicodedata
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

from tenfold.data.pictures.folders import alike
from tenfold.data.pictures.found import PICTURE_SUFFIXES, Listing, RejectedFile
from tenfold.data.pictures.listing import (
    is_picture_source,
    list_labelled,
    list_unlabelled,
)
from tenfold.errors import InputError, PictureError, SchemaError
from tenfold.read_options import PictureOptions

AUTO: Final = PictureOptions()
PETS: Final = ("cats/1.jpg", "cats/2.jpg", "dogs/1.jpg")


def touch(root: Path, *names: str) -> Path:
    """Make files without content: nothing is decoded here."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def below(folder: str, *names: str) -> list[str]:
    return [f"{folder}/{name}" for name in names]


def pairs(listing: Listing | None) -> list[tuple[str, str]]:
    assert listing is not None
    assert listing.labels is not None
    return list(zip(listing.names, listing.labels, strict=True))


def said(listing: Listing | None) -> list[str]:
    assert listing is not None
    return [decision.what for decision in listing.decisions]


def refusal(source: Any, **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        list_labelled(source, PictureOptions(**options))
    return caught.value


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_a_class(tmp_path: Path) -> None:
    listing, test = list_labelled(touch(tmp_path, *PETS), AUTO)
    assert pairs(listing) == [
        ("cats/1.jpg", "cats"),
        ("cats/2.jpg", "cats"),
        ("dogs/1.jpg", "dogs"),
    ]
    assert listing.files == tuple(tmp_path / name for name in PETS)
    assert (listing.source, listing.groups, test) == (str(tmp_path), None, None)
    assert said(listing) == ["2 classes: cats, dogs"]


def test_a_folder_may_be_named_as_text(tmp_path: Path) -> None:
    listing, _ = list_labelled(str(touch(tmp_path, *PETS)), AUTO)
    assert listing.files[0] == tmp_path / "cats/1.jpg"


TRAIN: Final = ["train", "training", "training_set", "train_set", "Train", "TRAINING-SET"]
VALID: Final = ["val", "valid", "validation", "val_set", "Valid_Set", "validation set"]
TEST: Final = ["test", "testing", "test_set", "testing_set", "TEST", "Test Set"]


@pytest.mark.parametrize(("train", "valid", "test"), list(zip(TRAIN, VALID, TEST, strict=True)))
def test_folders_for_training_validation_and_testing_are_known_by_their_names(
    tmp_path: Path, train: str, valid: str, test: str
) -> None:
    names = [name for part in (train, valid, test) for name in below(part, *PETS)]
    training, held_out = list_labelled(touch(tmp_path, *names), AUTO)
    assert sorted(training.names) == sorted(below(train, *PETS) + below(valid, *PETS))
    assert training.labels == ("cats", "cats", "dogs") * 2
    assert pairs(held_out) == [(f"{test}/{n}", n.split("/", maxsplit=1)[0]) for n in PETS]
    assert said(training) == [
        f"{valid!r} is used for training like {train!r}",
        f"{test!r} is the test set and is not used for training",
        "2 classes: cats, dogs",
    ]
    assert said(held_out) == []


@pytest.mark.parametrize("name", VALID)
def test_a_folder_for_validation_is_tested_on_if_there_is_no_other(
    tmp_path: Path, name: str
) -> None:
    touch(tmp_path, *below("train", *PETS), *below(name, "dogs/9.jpg"))
    training, test = list_labelled(tmp_path, AUTO)
    assert training.names == tuple(below("train", *PETS))
    assert pairs(test) == [(f"{name}/dogs/9.jpg", "dogs")]
    assert training.decisions[0].why == "there is no other folder for testing"


def test_a_folder_for_training_may_stand_alone_or_among_others(tmp_path: Path) -> None:
    touch(tmp_path, *below("train", *PETS), "papers/figure.png")
    training, test = list_labelled(tmp_path, AUTO)
    assert training.names == tuple(below("train", *PETS))
    assert test is None
    assert said(training) == ["not read: papers", "2 classes: cats, dogs"]


@pytest.mark.parametrize(
    ("home", "parts"),
    [
        ("pets/", ("train", "test")),
        ("archive/pets/", ("train", "test")),
        # As the tutorial's pictures come from Kaggle.
        ("", ("training_set/training_set", "test_set/test_set")),
        ("data/", ("training_set/training_set", "test_set/test_set")),
    ],
)
def test_folders_around_the_folders_do_not_matter(
    tmp_path: Path, home: str, parts: tuple[str, str]
) -> None:
    names = [name for part in parts for name in below(home + part, *PETS)]
    training, test = list_labelled(touch(tmp_path, *names), AUTO)
    assert pairs(training) == [
        (f"{home}{parts[0]}/{name}", name.split("/", maxsplit=1)[0]) for name in PETS
    ]
    assert pairs(test) == [
        (f"{home}{parts[1]}/{name}", name.split("/", maxsplit=1)[0]) for name in PETS
    ]
    assert (f"the classes are read from {home}" in said(training)) == bool(home)


def test_one_folder_of_pictures_is_one_class_and_not_looked_into(tmp_path: Path) -> None:
    listing, _ = list_labelled(touch(tmp_path, "cats/1.jpg", "cats/old/2.jpg"), AUTO)
    assert pairs(listing) == [("cats/1.jpg", "cats"), ("cats/old/2.jpg", "cats")]


@pytest.mark.parametrize(
    "names",
    [
        [*below("test", *PETS), *below("val", *PETS)],
        [*PETS, *below("test", *PETS)],
        [*PETS, *below("valid", "dogs/2.jpg")],
    ],
)
def test_folders_for_testing_without_one_for_training_are_no_classes(
    tmp_path: Path, names: list[str]
) -> None:
    error = refusal(touch(tmp_path, *names))
    assert error.code == "I01"
    assert error.fact.endswith("but none for training")


def test_a_class_may_be_called_test(tmp_path: Path) -> None:
    listing, test = list_labelled(touch(tmp_path, "control/1.png", "test/1.png"), AUTO)
    assert listing.labels == ("control", "test")
    assert test is None


def test_two_folders_for_training_are_refused(tmp_path: Path) -> None:
    names = [*below("train", *PETS), *below("training_set", *PETS)]
    assert str(refusal(touch(tmp_path, *names))) == (
        "I01: several folders have the same purpose: train, training_set.\n\n"
        f"  source  {tmp_path}\n"
        "  why     images must come as one folder per class, as a CSV of files and labels, "
        "or as arrays\n"
        "  fix     keep only one of them"
    )


def test_pictures_deep_in_a_class_belong_to_it(tmp_path: Path) -> None:
    names = ["cats/1.jpg", "cats/2020/may/2.jpg", "dogs/2020/may/1.jpg", "dogs/3.jpg"]
    listing, _ = list_labelled(touch(tmp_path, *names), AUTO)
    assert listing.names == tuple(sorted(names))
    assert listing.labels == ("cats", "cats", "dogs", "dogs")


def test_folders_of_one_name_in_different_places_are_not_merged(tmp_path: Path) -> None:
    touch(tmp_path, "home/cat/1.jpg", "home/dog/1.jpg", "street/cat/1.jpg", "street/bus/1.jpg")
    assert str(refusal(tmp_path)) == (
        "I03: there is a folder 'cat' in 'home' and another in 'street'.\n\n"
        f"  source  {tmp_path}\n"
        "  why     folders with the same name may be one class or several, and only you can "
        "know which\n"
        f"  fix     name the one that contains the class folders: {tmp_path}/home\n"
        "          or list each image and its class in a CSV of files and labels"
    )
    # The control: without the second folder of that name, 'home' and 'street' are classes.
    (tmp_path / "street/cat/1.jpg").unlink()
    listing, _ = list_labelled(tmp_path, AUTO)
    assert listing.labels == ("home", "home", "street")


def test_classes_with_folders_for_training_in_them_are_refused(tmp_path: Path) -> None:
    names = ["cats/train/1.jpg", "cats/test/2.jpg", "dogs/train/1.jpg", "dogs/test/2.jpg"]
    assert refusal(touch(tmp_path, *names)).code == "I03"


def test_files_of_other_kinds_are_skipped_and_counted(tmp_path: Path) -> None:
    touch(tmp_path, *PETS, "cats/a.TXT", "dogs/b.txt", "notes.xml", "README", "cats/.DS_Store")
    touch(tmp_path, ".git/x.png", "cats/Thumbs.db", "__MACOSX/cats/._1.jpg", "cats/._2.jpg")
    touch(tmp_path, ".ipynb_checkpoints/1.jpg", "dogs/desktop.ini")
    listing, _ = list_labelled(tmp_path, AUTO)
    assert listing.names == PETS
    assert listing.skipped == {".txt": 2, ".xml": 1, "": 1}
    assert said(listing)[0] == (
        "4 files of other types are skipped: .txt (2), no suffix (1), .xml (1)"
    )


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_a_picture_is_known_by_its_suffix_in_any_case(tmp_path: Path, suffix: str) -> None:
    names = [f"a/1{suffix}", f"a/2{suffix.upper()}", f"b/3.x{suffix}"]
    listing, _ = list_labelled(touch(tmp_path, *names), AUTO)
    assert listing.names == tuple(names)


def test_pictures_beside_the_classes_are_left_out_and_told(tmp_path: Path) -> None:
    listing, _ = list_labelled(touch(tmp_path, *PETS, "x.jpg", "y.jpg"), AUTO)
    assert listing.names == PETS
    assert said(listing)[0] == "2 images are left out: x.jpg, y.jpg"


def test_a_class_without_pictures_is_told_and_is_none(tmp_path: Path) -> None:
    touch(tmp_path, *PETS, "birds/notes.txt")
    (tmp_path / "fish").mkdir()
    listing, _ = list_labelled(tmp_path, AUTO)
    assert listing.empty_classes == ("birds", "fish")
    assert "2 folders are not classes: birds, fish" in said(listing)
    assert set(listing.labels or ()) == {"cats", "dogs"}


def test_many_classes_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    touch(tmp_path, *(f"class {i}/{i}.jpg" for i in range(37)))
    listing, _ = list_labelled(tmp_path, AUTO)
    assert sorted(set(listing.labels or ())) == sorted(f"class {i}" for i in range(37))
    assert said(listing)[-1].startswith("37 classes: class 0, class 1, class 10, class 11,")
    assert said(listing)[-1].endswith("and 27 more")


def test_names_may_hold_any_letters_and_spaces(tmp_path: Path) -> None:
    names = ["Füchse/ein Fuchs.jpg", "Łosie/ł 1.png", "猫/猫 の 写真.jpg", "🐶/a'b\"c.gif"]
    listing, _ = list_labelled(touch(tmp_path, *names), AUTO)
    assert sorted(pairs(listing)) == sorted((n, n.split("/", maxsplit=1)[0]) for n in names)
    assert all(file.exists() for file in listing.files)


def test_a_class_has_one_name_however_its_accents_are_stored(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Füchse")
    touch(tmp_path, "train/Füchse/1.jpg", "train/b/1.jpg", f"test/{decomposed}/1.jpg")
    training, test = list_labelled(tmp_path, AUTO)
    assert decomposed != "Füchse"
    assert (training.labels, pairs(test)[0][1]) == (("Füchse", "b"), "Füchse")


def test_a_name_that_is_no_text_can_be_printed_and_opened(tmp_path: Path) -> None:
    touch(tmp_path, *PETS)
    raw = os.fsencode(tmp_path) + b"/cats/caf\xe9.jpg"
    try:
        Path(os.fsdecode(raw)).touch()
    except OSError:
        pytest.skip("this file system takes only text")
    listing, _ = list_labelled(tmp_path, AUTO)
    assert listing.names[2].encode() == b"cats/caf\\udce9.jpg"
    assert listing.files[2].exists()


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "1.jpg", "2.jpg")
    root = touch(tmp_path / "pets", "dogs/1.jpg", "cats/0.jpg")
    (root / "birds").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "cats" / "all").symlink_to(root, target_is_directory=True)
    (root / "dogs" / "me").symlink_to(root / "dogs", target_is_directory=True)
    (root / "dogs" / "gone.jpg").symlink_to(root / "nowhere.jpg")
    listing, _ = list_labelled(root, AUTO)
    names = [name for name in listing.names if not name.startswith("cats/all")]
    assert names == ["birds/1.jpg", "birds/2.jpg", "cats/0.jpg", "dogs/1.jpg", "dogs/gone.jpg"]
    assert len(listing.names) < 20


def test_a_folder_that_may_not_be_opened_is_told(tmp_path: Path) -> None:
    touch(tmp_path, *PETS, "dogs/closed/1.jpg")
    closed = tmp_path / "dogs/closed"
    closed.chmod(0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("this user may open anything")
        listing, _ = list_labelled(tmp_path, AUTO)
    finally:
        closed.chmod(0o700)
    assert "1 folder is left out: dogs/closed/" in said(listing)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    assert str(refusal(touch(tmp_path, "cats/1.txt", "2.psd"))) == (
        "I02: there are no images.\n\n"
        f"  source  {tmp_path}\n"
        "  files   .psd (1), .txt (1)\n"
        "  why     there must be images to read, and each class needs its own folder\n"
        "  fix     image files must end in .avif, .bmp, .gif, .heic, .heif, .j2k, .jfif, .jp2, "
        ".jpe, .jpeg, .jpg, .pbm, .pgm, .png, .pnm, .ppm, .tga, .tif, .tiff, .webp"
    )


@pytest.mark.parametrize("home", ["", "train/"])
def test_pictures_without_the_folders_of_classes_are_refused(tmp_path: Path, home: str) -> None:
    touch(tmp_path, f"{home}cat.1.jpg", f"{home}dog.1.jpg", *below("test", *PETS))
    if not home:
        (tmp_path / "test").rename(tmp_path / ".test")
    error = refusal(tmp_path)
    assert (error.code, error.fact) == (
        "I02",
        "2 images are there, outside the class folders",
    )
    assert Path(error.place["source"]) == tmp_path / home


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("absent", "there is no such folder or file"),
        ("cats/1.jpg", "this is neither a folder nor a CSV"),
        ("n" * 300, "it cannot be opened: File name too long"),
    ],
)
def test_what_is_neither_folder_nor_csv_is_refused(
    tmp_path: Path, name: str, fact: str
) -> None:
    error = refusal(touch(tmp_path, *PETS) / name)
    assert (error.code, error.fact) == ("I01", fact)
    assert isinstance(error, PictureError)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["label", "class", "Target", "CATEGORY"])
def test_a_csv_names_files_beside_it_and_their_classes(
    tmp_path: Path, separator: str, name: str
) -> None:
    lines = [f"n,{name},file,size", "1,cat,a b.jpg,5", "2,dog,deep/ü.png,6"]
    text = "\n".join(lines).replace(",", separator)
    path = table(tmp_path / ("t.tsv" if separator == "\t" else "t.csv"), text)
    listing, test = list_labelled(path, AUTO)
    assert pairs(listing) == [("a b.jpg", "cat"), ("deep/ü.png", "dog")]
    assert listing.files == (tmp_path / "a b.jpg", tmp_path / "deep/ü.png")
    assert (listing.groups, test) == (None, None)
    assert said(listing)[-3:] == [
        "column 'file' holds the image files",
        f"the label is column {name!r}",
        "not used: 'n', 'size'",
    ]


def test_the_label_is_the_last_other_column_unless_one_is_named(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "photo,who,pet\na.jpg,Ann,cat\nb.jpg,Bob,dog\n")
    assert list_labelled(path, AUTO)[0].labels == ("cat", "dog")
    listing, _ = list_labelled(path, PictureOptions(target="who", group_column="pet"))
    assert (listing.labels, listing.groups) == (("Ann", "Bob"), ("cat", "dog"))
    # A column of groups is no label, wherever it stands.
    assert list_labelled(path, PictureOptions(group_column="pet"))[0].labels == ("Ann", "Bob")


def test_the_column_of_files_may_be_named_and_hold_any_names(tmp_path: Path) -> None:
    text = "small,large,pet\na.jpg,A.jpg,cat\nb.jpg,B,dog\n"
    path = table(tmp_path / "t.csv", text)
    assert list_labelled(path, AUTO)[0].names == ("a.jpg", "b.jpg")
    assert list_labelled(path, PictureOptions(file_column="large"))[0].names == ("A.jpg", "B")


def test_a_csv_needs_no_header(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "a.jpg,cat\nb.jpg,dog\nc.jpg,cat\n")
    assert pairs(list_labelled(path, AUTO)[0]) == [
        ("a.jpg", "cat"),
        ("b.jpg", "dog"),
        ("c.jpg", "cat"),
    ]


def test_paths_in_a_csv_may_be_absolute_or_written_on_windows(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", f"file,label\n{tmp_path}/a.jpg,cat\ndogs\\b.jpg,dog\n")
    listing, _ = list_labelled(path, AUTO)
    assert listing.files == (tmp_path / "a.jpg", tmp_path / "dogs/b.jpg")


def test_rows_of_a_csv_that_cannot_be_used_are_rejected_with_their_reason(
    tmp_path: Path,
) -> None:
    text = "file,label,who\na.jpg,cat,Ann\n,dog,Ann\nc.jpg,,Bob\nd.jpg,cat\ne.jpg,dog,\n"
    path = table(tmp_path / "t.csv", text)
    listing, _ = list_labelled(path, PictureOptions(group_column="who"))
    assert pairs(listing) == [("a.jpg", "cat"), ("e.jpg", "dog")]
    assert listing.groups == ("Ann", "e.jpg")
    assert listing.rejected == (
        RejectedFile(file="line 5", reason="it has 2 cells, but the table has 3 columns"),
        RejectedFile(file="line 3", reason="it does not name a file"),
    )
    assert listing.unlabelled == (RejectedFile(file="c.jpg", reason="it has no label"),)


def test_a_csv_that_names_no_pictures_is_refused(tmp_path: Path) -> None:
    error = refusal(table(tmp_path / "t.csv", "a,b\n1,x\n2,y\n"))
    assert (error.code, error.fact) == ("I01", "no column of the table holds image files")
    assert error.place["columns"] == "'a', 'b'"
    error = refusal(table(tmp_path / "u.csv", "file,label\na.jpg,\nb.jpg,\n"))
    assert (error.code, error.fact) == ("I02", "no row has a file and a label")


@pytest.mark.parametrize(
    ("option", "code"),
    [("file_column", "S04"), ("target", "S01"), ("group_column", "S04")],
)
def test_a_column_that_is_named_must_be_there(tmp_path: Path, option: str, code: str) -> None:
    path = table(tmp_path / "t.csv", "file,label\na.jpg,cat\nb.jpg,dog\n")
    error = refusal(path, **{option: "lable"})
    assert isinstance(error, SchemaError)
    assert error.code == code
    assert error.fix == ("did you mean 'label'?",)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("file,label\na.jpg,cat\nb.PNG,dog\n", True),
        ("1,cats/1.webp,cat\n2,cats/2.webp,dog\n", True),
        ("file;label\n" + "a.jpg;cat\n" * 5000, True),
        ('file,label\n"a, b.jpg",cat\n"c.jpg",dog\n', True),
        ("file,label\na.jpg,cat\nb,dog\nc,dog\n", False),
        ("a,b\n1,2\n3,4\n", False),
        ("a,b\n1,2.jpg\n3,4\n5,6\n", False),
        ("", False),
        ("\n\n", False),
        ("one\ncolumn\n", False),
        ('"', False),
        ("\0" * 50, False),
    ],
)
def test_a_csv_is_a_source_of_pictures_if_a_column_names_some(
    tmp_path: Path, text: str, wanted: bool
) -> None:
    assert is_picture_source(table(tmp_path / "t.csv", text)) is wanted


def test_a_folder_is_a_source_of_pictures_and_other_files_are_not(tmp_path: Path) -> None:
    text = "file,label\na.jpg,cat\nb.jpg,dog\n"
    assert is_picture_source(tmp_path)
    assert is_picture_source(str(table(tmp_path / "t.TSV", text.replace(",", "\t"))))
    assert is_picture_source(table(tmp_path / "t.txt", text))
    assert is_picture_source(table(tmp_path / "t", text))
    for name in ("t.data", "a.jpg"):
        assert not is_picture_source(table(tmp_path / name, text))
    for name in ("absent.csv", "absent", "n" * 300 + ".csv", "a\0.csv"):
        assert not is_picture_source(tmp_path / name)


def test_any_bytes_are_looked_at_without_an_error(tmp_path: Path) -> None:
    draw = random.Random(5)
    for size in (1, 10, 1000, 70_000):
        path = tmp_path / f"{size}.csv"
        path.write_bytes(draw.randbytes(size))
        assert not is_picture_source(path)
    frame = pd.DataFrame({"file": ["ä.jpg", "b.jpg"], "label": [1, 2]})
    frame.to_csv(tmp_path / "latin.csv", index=False, encoding="latin-1")
    assert is_picture_source(tmp_path / "latin.csv")


def test_pictures_without_classes_are_files_as_named_and_folders_with_all_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.jpg", "new/2.png", "new/deep/1.gif", "new/3.txt", "odd.dat")
    monkeypatch.chdir(tmp_path)
    listing = list_unlabelled(["odd.dat", "new", Path("a.jpg"), "absent.jpg"])
    assert listing.names == ("odd.dat", "new/2.png", "new/deep/1.gif", "a.jpg", "absent.jpg")
    assert listing.files == tuple(map(Path, listing.names))
    assert (listing.labels, listing.skipped) == (None, {".txt": 1})
    assert said(listing) == ["1 file of another type is skipped: .txt (1)"]
    assert list_unlabelled(".").names == ("a.jpg", "new/2.png", "new/deep/1.gif")
    assert list_unlabelled("a.jpg").names == ("a.jpg",)


def test_folders_without_any_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError) as caught:
        list_unlabelled([touch(tmp_path, "a.txt")])
    assert (caught.value.code, caught.value.place["files"]) == ("I02", ".txt (1)")


def test_links_to_themselves_and_names_that_are_none_stop_nothing(tmp_path: Path) -> None:
    touch(tmp_path, *PETS, "cats/new\nline.png")
    (tmp_path / "cats" / "self.png").symlink_to("self.png")
    (tmp_path / "cats" / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "cats" / "all").symlink_to(tmp_path)
    os.close(os.open(os.fsencode(tmp_path / "dogs") + b"/\xff.png", os.O_CREAT))
    listing, _ = list_labelled(tmp_path, AUTO)
    assert {"cats/self.png", "cats/gone.png", "cats/new\nline.png"} <= set(listing.names)
    assert r"dogs/\udcff.png" in listing.names


def test_a_folder_of_the_same_name_in_each_class_is_a_part_of_the_class(tmp_path: Path) -> None:
    touch(tmp_path, "cats/Imgs/1.jpg", "cats/Imgs/2.jpg", "dogs/Imgs/1.jpg")
    listing, _ = list_labelled(tmp_path, AUTO)
    assert listing.labels == ("cats", "cats", "dogs")
    touch(tmp_path, "dogs/others/1.jpg")  # then one of them may be a class
    assert refusal(tmp_path).code == "I03"


def test_ids_without_a_suffix_name_the_pictures_that_are_called_so(tmp_path: Path) -> None:
    touch(tmp_path, "pets/a1.jpg", "pets/b2.PNG", "x/twice.jpg", "y/twice.jpg")
    list_of = tmp_path / "labels.csv"
    list_of.write_text("id,kind,part\na1,cat,1\npets/b2,dog,1\ntwice,dog,1\nnone,cat,1\n")
    options = PictureOptions(file_column="id", target="kind")
    listing, _ = list_labelled(list_of, options)
    assert listing.names == ("pets/a1.jpg", "pets/b2.PNG", "twice", "none")
    assert "not used: 'part'" in said(listing)


def test_the_label_is_the_last_column_that_varies(tmp_path: Path) -> None:
    list_of = tmp_path / "labels.csv"
    list_of.write_text("file,kind,part\n1.jpg,cat,train\n2.jpg,dog,train\n3.jpg,cat,train\n")
    listing, _ = list_labelled(list_of, AUTO)
    assert listing.labels == ("cat", "dog", "cat")
    assert "not used: 'part'" in said(listing)


def test_masks_beside_pictures_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, *below("cats", "1.jpg", "1_mask.png", "2.jpg", "2_MASK.png"), "dogs/3.jpg")
    listing, _ = list_labelled(tmp_path, AUTO)
    assert listing.names == ("cats/1.jpg", "cats/2.jpg", "dogs/3.jpg")
    assert "2 files are masks: cats/1_mask.png, cats/2_MASK.png" in said(listing)


def test_pictures_of_masks_are_pictures(tmp_path: Path) -> None:
    """Most of them stand alone, whatever they are called."""
    touch(
        tmp_path, "with_mask/1.jpg", "with_mask/2_mask.jpg", "with_mask/3_mask.jpg", "no/1.jpg"
    )
    touch(tmp_path, "with_mask/3.jpg")
    assert len(list_labelled(tmp_path, AUTO)[0].names) == 5


def test_a_sheet_that_lists_pictures_is_a_source_of_them(tmp_path: Path) -> None:
    list_of = tmp_path / "list.xlsx"
    pd.DataFrame({"file": ["a.jpg", "b.jpg"], "label": ["cat", "dog"]}).to_excel(
        list_of, index=False
    )
    assert is_picture_source(list_of)
    assert list_labelled(list_of, AUTO)[0].labels == ("cat", "dog")
    pd.DataFrame({"size": [1, 2], "label": ["cat", "dog"]}).to_excel(list_of, index=False)
    assert not is_picture_source(list_of)
    list_of.write_bytes(b"no sheet")
    assert not is_picture_source(list_of)


def test_classes_that_differ_in_capital_letters_alone_are_told() -> None:
    (decision,) = alike(["Daisy", "rose", "daisy ", "rose"])
    assert decision.what.endswith("are kept apart: 'Daisy' and 'daisy '")
    assert not list(alike(["Daisy", "rose"]))


def test_a_list_names_what_is_to_be_answered(tmp_path: Path) -> None:
    """Beside files and folders, with or without labels; a row without a file is told."""
    touch(tmp_path, "b/1.jpg", "b/2.jpg", "c/3.jpg")
    path = table(tmp_path / "t.csv", "age,file\n3,b\\1.jpg\n,b/2.jpg\n5,\n7,no.jpg\n")
    listing = list_unlabelled([tmp_path / "c", path])
    assert [file.relative_to(tmp_path).as_posix() for file in listing.files] == [
        "c/3.jpg", "b/1.jpg", "b/2.jpg", "no.jpg",
    ]  # fmt: skip
    assert [str(one) for one in listing.rejected] == ["line 4: it does not name a file"]
    ids = table(tmp_path / "ids.csv", "id,age\n1,3\n3,4\n")
    assert list_unlabelled(ids).files == (ids,)  # ids look like no files
    listing = list_unlabelled(ids, PictureOptions(file_column="id"))
    assert [file.name for file in listing.files] == ["1.jpg", "3.jpg"]
