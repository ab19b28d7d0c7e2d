"""Groups of pictures by the names of their files."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tenfold
from tenfold.checks.related_pictures import patterns_of
from tenfold.data.pictures.found import Listing
from tenfold.data.pictures.name_groups import in_name_order, match_in, with_name_groups
from tenfold.errors import UsageError
from tenfold.read_options import PictureOptions

TEXT = st.text(st.characters(blacklist_characters="/", blacklist_categories=["Cs"]), min_size=1)


def listing(*names: str) -> Listing:
    return Listing(source="home", files=tuple(map(Path, names)), names=names)


def groups_of(names: tuple[str, ...], **options: object) -> list[str]:
    found = with_name_groups(listing(*names), PictureOptions(**options))
    assert found.groups is not None
    return list(found.groups)


def test_a_pattern_puts_pictures_of_one_match_together() -> None:
    names = ("a/S1_1.png", "b/S1_2.png", "a/S2_1.png", "a/other.png", "a/more.png")
    groups = groups_of(names, group_pattern="S[0-9]+")
    assert groups[0] == groups[1]
    assert len(set(groups)) == 4  # those without a match are each on its own
    (told,) = with_name_groups(
        listing(*names), PictureOptions(group_pattern="S[0-9]+")
    ).decisions
    assert told.what == (
        "2 groups by the pattern S[0-9]+ in file names; 2 images whose names do not match are "
        "on their own"
    )


def test_a_pattern_looks_into_folders_if_it_has_a_slash() -> None:
    names = ("cats/ann/1.png", "dogs/ann/2.png", "dogs/bob/1.png")
    groups = groups_of(names, group_pattern="([^/]+)/[^/]+$")
    assert groups[0] == groups[1] != groups[2]


def test_a_pattern_that_matches_no_name_and_two_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"U01: .*group_pattern.* does not match the name"):
        groups_of(("1.png", "2.png"), group_pattern="x")
    with pytest.raises(
        UsageError, match=r"U02: .*group_pattern.* and .*group_block.* were both given"
    ):
        groups_of(("1.png", "2.png"), group_pattern="1", group_block=5)
    with pytest.raises(UsageError, match="a regular expression"):
        tenfold.train(tmp_path, reading=PictureOptions(group_pattern="(["))


def test_blocks_are_of_pictures_in_a_row_of_one_folder() -> None:
    names = (*(f"a/{at}.png" for at in (10, 2, 1, 9, 3)), "b/1.png", "b/2.png")
    groups = groups_of(names, group_block=2)
    by_group: dict[str, list[str]] = {}
    for name, group in zip(names, groups, strict=True):
        by_group.setdefault(group, []).append(name)
    assert sorted(map(sorted, by_group.values())) == [
        ["a/1.png", "a/2.png"],
        ["a/10.png"],
        ["a/3.png", "a/9.png"],
        ["b/1.png", "b/2.png"],
    ]


@given(st.lists(TEXT, min_size=1, max_size=8, unique=True))
def test_any_names_have_an_order_and_patterns_that_compile(names: list[str]) -> None:
    """Whatever a file system allows: digits of other scripts, line breaks, dots."""
    assert sorted(in_name_order(names)) == sorted(names)
    for pattern in patterns_of(names):
        re.compile(pattern)
        for name in names:
            match_in(pattern, name)


def test_groups_stay_in_one_fold_of_a_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for at in range(36):
        label = "no" if at % 2 else "yes"
        (tmp_path / label).mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / label / f"p{at // 3}_{at}.png")
    training = tenfold.TrainOptions(network="pretrained", img_size=32)
    reading = PictureOptions(group_pattern="p[0-9]+")
    run = tenfold.train(
        tmp_path, folds=3, training=training, reading=reading, audit="off", out=None
    )
    study = run.study
    assert study is not None
    person = np.array([re.findall("p[0-9]+", name)[0] for name in study.data.files])
    for fold in study.splits.held_out:
        assert not set(person[fold]) & set(person[~fold])
    assert any("12 groups by the pattern p[0-9]+" in one.what for one in study.decisions)


def test_mirrored_and_turned_copies_stay_in_one_fold(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for at in range(20):
        patches = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        whole = Image.fromarray(patches).resize((64, 64), Image.Resampling.BICUBIC)
        (tmp_path / str(at % 2)).mkdir(exist_ok=True)
        for turn in (0, 90, 180):
            whole.rotate(turn).save(tmp_path / str(at % 2) / f"{rng.integers(10**9)}.png")
    training = tenfold.TrainOptions(network="pretrained", img_size=32)
    run = tenfold.train(tmp_path, folds=3, training=training, audit="off", out=None)
    assert run.study is not None
    (told,) = [one for one in run.study.decisions if "mirrored or turned" in one.what]
    assert told.what == "60 images are others mirrored or turned, and stay in one fold"
    assert told.change_with == "--keep-copies"


def test_a_mirror_image_of_another_class_is_no_copy(tmp_path: Path) -> None:
    """An arrow to the left is one to the right, mirrored; augmentation keeps labels."""
    rng = np.random.default_rng(0)
    for at in range(20):
        patches = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        whole = Image.fromarray(patches).resize((64, 64), Image.Resampling.BICUBIC)
        for label, turn in (("left", 0), ("right", 180)):
            (tmp_path / label).mkdir(exist_ok=True)
            whole.rotate(turn).save(tmp_path / label / f"{at}.png")
    training = tenfold.TrainOptions(network="pretrained", img_size=32)
    run = tenfold.train(tmp_path, folds=3, training=training, audit="off", out=None)
    assert run.study is not None
    assert not [one for one in run.study.decisions if "mirrored or turned" in one.what]


def test_patterns_are_for_training_images_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part, name in (("train", "S{}_{}"), ("asked", "x{}{}")):
        for at in range(24):
            place = tmp_path / part / str(at % 2)
            place.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{name.format(at // 3, at)}.png")
    training = tenfold.TrainOptions(network="pretrained", img_size=32)
    run = tenfold.train(
        tmp_path / "train",
        folds=3,
        test=tmp_path / "asked",
        training=training,
        reading=PictureOptions(group_pattern="^S[0-9]+"),
        audit="off",
        out=None,
    )
    assert run.study is not None
    assert len(run.study.test_data) == 24
    assert len(np.unique(run.study.data.groups)) == 8


def test_a_letter_written_in_two_ways_is_one(tmp_path: Path) -> None:
    assert match_in("^Mari\u0301a", "Mar\u00eda 1.png") is not None
