"""A model file gives back the same bits, runs no code, and tells when it is damaged."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

import tenfold
from tenfold import Run
from tenfold.errors import NetworkError, StoreError
from tenfold.model import Model
from tenfold.nn.conformal import LEAST_SHARE, LEAVES, NODES
from tenfold.store.archive import FORMAT, save_model
from tenfold.store.members import MANIFEST, WEIGHTS
from tests.engine_options import asked

GOLDEN: Final = Path(__file__).parent / "golden"
Parts = dict[str, bytes]
QUICK: Final[dict[str, Any]] = {"quality": "fast", "folds": 3, "epochs": 2, "out": None}


def mixed(task: str = "regression") -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.normal(size=60)
    frame = pd.DataFrame(
        {
            "x": np.where(rng.random(60) < 0.1, np.nan, x),
            "word": rng.choice(["a", "b", "ä ö", None], 60),
            "sure": rng.random(60) < 0.5,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(60), "D"),
        }
    )
    answer = 3 * x + (frame["word"] == "a")
    return frame.assign(answer=answer if task == "regression" else np.where(x > 0, "no", "yes"))


def linear(inputs: int, outputs: int) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(inputs, 4), torch.nn.Linear(4, outputs))


def wider(inputs: int, outputs: int) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(inputs, 5), torch.nn.Linear(5, outputs))


@pytest.fixture(scope="module")
def run() -> Run:
    return tenfold.train(mixed(), **asked(**QUICK))


@pytest.fixture
def path(run: Run, tmp_path: Path) -> Path:
    found = tmp_path / "model.tenfold"
    save_model(run.model, found)
    return found


@contextmanager
def refused(code: str, path: Path) -> Iterator[None]:
    with pytest.raises(StoreError) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.place["file"] == str(path)


def parts_of(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path: Path, parts: Parts) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def change_manifest(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    parts = parts_of(path)
    manifest = json.loads(parts[MANIFEST])
    change(manifest)
    write_parts(path, parts | {MANIFEST: json.dumps(manifest).encode()})


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("regression", {}),
        ("classification", {}),
        ("classification", {"quality": "best"}),
        ("regression", {"network": "tutorial"}),
        ("regression", {"network": "tutorial", "standardize": True}),
        ("regression", {"network": linear}),
    ],
)
def test_a_loaded_model_predicts_the_same_bits(
    tmp_path: Path, task: str, options: dict[str, Any]
) -> None:
    frame = mixed(task)
    trained = tenfold.train(frame, **asked(**QUICK | options))
    save_model(trained.model, tmp_path / "model.tenfold")
    make = linear if options.get("network") is linear else None
    loaded = tenfold.load(tmp_path / "model.tenfold", network=make)
    new = frame.assign(
        word=frame["word"].where(frame.index > 5, "never seen"), x=frame["x"] * 9
    )
    pd.testing.assert_frame_equal(loaded.predict(new), trained.predict(new), check_exact=True)
    assert loaded.model.decisions == trained.model.decisions


def test_a_model_saved_again_is_the_same_file_but_for_its_times(path: Path) -> None:
    again = path.with_name("again.tenfold")
    save_model(tenfold.load(path).model, again)
    assert parts_of(again) == parts_of(path)


def test_a_model_file_is_json_and_tensors_and_cannot_hold_code(path: Path) -> None:
    parts = parts_of(path)
    assert sorted(parts) == [MANIFEST, WEIGHTS]
    manifest = json.loads(parts[MANIFEST])
    assert manifest["format"] == FORMAT
    tensors = safetensors.torch.load(parts[WEIGHTS])
    assert all(tensor.isfinite().all() for tensor in tensors.values())
    for part in parts.values():
        with pytest.raises((pickle.UnpicklingError, ValueError, EOFError, KeyError)):
            pickle.loads(part)  # noqa: S301 - it is to fail


def test_no_row_of_the_table_is_kept(path: Path) -> None:
    frame = mixed()
    manifest = json.loads(parts_of(path)[MANIFEST])
    days, truths = (frame["day"] - pd.Timestamp(0)).dt.days, frame["sure"] * 1.0
    rows = set(zip(days, truths, frame["x"], strict=True))
    kept = manifest["sample"]["numbers"]
    assert len(kept) == 3
    assert not {(row[0], row[4], row[5]) for row in kept} & rows
    assert str(frame["answer"].iloc[0]) not in json.dumps(manifest)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with refused("M01", path):
        tenfold.load(path)


def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(run: Run, path: Path) -> None:
    """Checksums guard each part; what they do not guard must not change an answer."""
    data, frame = path.read_bytes(), mixed()
    wanted = run.predict(frame)
    noticed = 0
    places = np.unique(np.linspace(0, len(data) - 1, 60, dtype=int))
    for at in places:
        bad = bytearray(data)
        bad[at] ^= 0x10
        path.write_bytes(bytes(bad))
        try:
            found = tenfold.load(path)
        except StoreError as error:
            assert error.code in {"M01", "M02", "M03", "M04"}  # noqa: PT017
            noticed += 1
        else:
            pd.testing.assert_frame_equal(found.predict(frame), wanted, check_exact=True)
    assert noticed > 0.9 * len(places)


@pytest.mark.parametrize("part", [MANIFEST, WEIGHTS])
def test_a_flipped_bit_in_each_part_is_named(path: Path, part: str) -> None:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(part)
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len(part) + info.compress_size // 2] ^= 1
    path.write_bytes(bytes(data))
    with refused("M04", path):
        tenfold.load(path)


@pytest.mark.parametrize("part", [MANIFEST, WEIGHTS])
def test_a_missing_part_is_refused(path: Path, part: str) -> None:
    parts = parts_of(path)
    del parts[part]
    write_parts(path, parts)
    with refused("M01", path):
        tenfold.load(path)


@pytest.mark.parametrize("content", [b"", b"rooms,price\n1,2\n", b"PK\3\4", bytes(1000)])
def test_a_file_of_another_kind_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with refused("M01", path):
        tenfold.load(path)


def test_a_zip_of_something_else_is_refused(path: Path) -> None:
    write_parts(path, {"photo.jpg": b"...", "notes/manifest.json": b"{}"})
    with refused("M01", path):
        tenfold.load(path)


@pytest.mark.parametrize("found", [FORMAT + 1, 99, "1", None, 1.0])
def test_a_format_that_is_not_known_is_refused_with_the_way_out(
    path: Path, found: object
) -> None:
    change_manifest(path, lambda manifest: manifest.update(format=found, schema="new things"))
    with refused("M02", path):
        tenfold.load(path)


def test_changed_weights_are_noticed_by_what_the_model_predicts(path: Path) -> None:
    parts = parts_of(path)
    tensors = safetensors.torch.load(parts[WEIGHTS])
    tensors["target.mean_F"] += 1
    write_parts(path, parts | {WEIGHTS: safetensors.torch.save(tensors)})
    with refused("M03", path):
        tenfold.load(path)


def test_a_weight_that_is_no_number_is_noticed(path: Path) -> None:
    parts = parts_of(path)
    tensors = safetensors.torch.load(parts[WEIGHTS])
    tensors["target.mean_F"] *= torch.nan
    write_parts(path, parts | {WEIGHTS: safetensors.torch.save(tensors)})
    with refused("M04", path):
        tenfold.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("schema"),
        lambda m: m.pop("sample"),
        lambda m: m.update(schema=[]),
        lambda m: m.update(networks=2),
        lambda m: m.update(networks=-1),
        lambda m: m.update(outputs=3),
        lambda m: m.update(folds="three"),
        lambda m: m.update(decisions=[{"who": "me"}]),
        lambda m: m["schema"]["columns"].pop(),
        lambda m: m["schema"].update(task="dancing"),
        lambda m: m["features"].update(levels=[10**12] * len(m["features"]["levels"])),
        lambda m: m["features"]["options"].update(style="__import__"),
        lambda m: m["network"].update(kind="os.system"),
        lambda m: m["network"]["options"].update(hidden=[10**9, 10**9]),
        lambda m: m["sample"].update(numbers=[["x"]]),
    ],
    ids=range(15),
)
def test_parts_that_do_not_belong_together_are_refused(
    path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    change_manifest(path, change)
    with pytest.raises(StoreError) as caught:
        tenfold.load(path).predict(mixed())
    assert caught.value.code in {"M03", "M04", "M05"}


def test_weights_of_another_model_are_refused(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tenfold"
    save_model(tenfold.train(mixed(), **asked(**QUICK | {"network": "tutorial"})).model, other)
    write_parts(path, parts_of(path) | {WEIGHTS: parts_of(other)[WEIGHTS]})
    with refused("M04", path):
        tenfold.load(path)


@pytest.mark.parametrize("content", [b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b""])
def test_a_manifest_that_is_no_manifest_is_refused(path: Path, content: bytes) -> None:
    write_parts(path, parts_of(path) | {MANIFEST: content})
    with refused("M04", path):
        tenfold.load(path)


def test_parts_with_other_names_are_never_unpacked(run: Run, path: Path) -> None:
    write_parts(path, parts_of(path) | {"../evil.py": b"raise SystemExit", "/etc/x": b""})
    before = sorted(path.parent.parent.rglob("*"))
    found = tenfold.load(path).predict(mixed())
    pd.testing.assert_frame_equal(found, run.predict(mixed()), check_exact=True)
    assert sorted(path.parent.parent.rglob("*")) == before


def test_a_part_that_claims_to_be_huge_is_not_unpacked(path: Path) -> None:
    parts = parts_of(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, parts[MANIFEST])
        archive.writestr(WEIGHTS, bytes(100 * 2**20))
    path.write_bytes(buffer.getvalue())
    assert path.stat().st_size < 2**20
    with pytest.raises(StoreError, match=r"^M04.* part weights.safetensors claims 104,857,600"):
        tenfold.load(path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nothing", tmp_path / "no" / "where"):
        with pytest.raises(StoreError) as caught:
            tenfold.load(place)
        assert caught.value.code == "M07"


def test_a_network_of_ones_own_needs_its_function_again(tmp_path: Path) -> None:
    trained = tenfold.train(mixed(), **asked(**QUICK | {"network": linear}))
    path = tmp_path / "model.tenfold"
    save_model(trained.model, path)
    with pytest.raises(StoreError) as caught:
        tenfold.load(path)
    assert caught.value.code == "M05"
    with refused("M04", path):  # another function than the one that was trained
        tenfold.load(path, network=wider)
    with pytest.raises(NetworkError) as wrong:
        tenfold.load(path, network="nothing.py:net")
    assert wrong.value.code == "N01"
    found = tenfold.load(path, network=linear).predict(mixed())
    pd.testing.assert_frame_equal(found, trained.predict(mixed()), check_exact=True)


def test_a_file_from_before_keeps_its_intervals_when_it_is_saved_anew(tmp_path: Path) -> None:
    """Files did not say how narrow folds that differ may make an interval."""
    old = tenfold.load(GOLDEN / "format-3-regression.tenfold")
    assert isinstance(old.model, Model)
    assert old.model.conformal is not None
    assert 0 < old.model.conformal.least_share < LEAST_SHARE
    path = tmp_path / "model.tenfold"
    save_model(old.model, path)
    said, again = (one.predict(GOLDEN / "rows.csv") for one in (old, tenfold.load(path)))
    pd.testing.assert_frame_equal(said, again, check_exact=True)


@pytest.mark.parametrize(
    "fault", ["unsorted", "not a number", "a column too far", "below 0", "a share above 1"]
)
def test_scores_that_cannot_be_those_of_the_network_are_refused(
    run: Run, tmp_path: Path, fault: str
) -> None:
    model = run.model
    assert isinstance(model, Model)
    assert model.conformal is not None
    trees = np.zeros((1, NODES))
    whole = model.conformal.with_trees(
        trees.astype(np.int64), trees, np.ones((1, LEAVES)), usual=1.0
    )
    path = tmp_path / "model.tenfold"
    save_model(replace(model, conformal=whole), path)
    tenfold.load(path)
    if fault == "unsorted":
        whole.scores_S.copy_(whole.scores_S.flip(0))
    elif fault == "not a number":
        whole.value_TL[0, 3] = torch.nan
    elif fault == "a share above 1":
        whole.least_share = 1.5
    else:
        whole.feature_TI[0, 2] = 7 if fault == "a column too far" else -1
    save_model(replace(model, conformal=whole), path)
    with refused("M04", path):
        tenfold.load(path)
