"""Model files of strangers: whatever they are, they are refused with a code, or predict."""

import io
import random
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import safetensors.torch
import torch

import tenfold
from tenfold.errors import StoreError, TenfoldError
from tenfold.kinds.images.image_packing import sample_answers
from tenfold.store.members import MANIFEST, MAX_MANIFEST_BYTES, WEIGHTS, read_parts
from tests.engine_mutants import WAYS, packed, parts_of

GOLDEN = Path(__file__).parent / "golden"
SEEDS = sorted(GOLDEN.glob("*.tenfold"))
ROW = pd.DataFrame([{"size": "1.5", "colour": "red", "day": "2024-02-03"}])
# What no file may bring about; benchmarks/fuzz watches more, over many more files.
WATCHED = ("exec", "os.system", "subprocess", "socket.", "os.remove", "os.rename", "os.mkdir")


class Watch:
    """What Python reports while a file is open."""

    def __init__(self) -> None:
        self.on, self.events = False, list[str]()
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event.startswith(WATCHED):
            self.events.append(event)


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_spoiled_file_is_refused_with_a_code_or_predicts(
    way: str, seed: Path, watch: Watch, tmp_path: Path
) -> None:
    path, content = tmp_path / "spoiled.tenfold", seed.read_bytes()
    tenfold.load(seed)  # what is imported once is imported now
    ended = []
    for number in range(25):
        path.write_bytes(WAYS[way][1](content, random.Random(number)))
        watch.on = True
        try:
            run = tenfold.load(path)
            run.predict(GOLDEN / "picture-0.png" if run.kind == "images" else ROW)
            ended.append("predicts")
        except TenfoldError as error:
            ended.append(error.code)
        finally:
            watch.on = False
    assert watch.events == []
    assert any(code.startswith("M0") for code in ended)


def spoiled(parts: dict[str, bytes], path: Path) -> Path:
    path.write_bytes(packed(parts))
    return path


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS])
def test_a_part_that_claims_to_be_huge_is_refused_unread(name: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts_of(SEEDS[0].read_bytes()).items():
            big = bytes(MAX_MANIFEST_BYTES + 1)
            archive.writestr(part, big if part == name else content)
    (tmp_path / "a.tenfold").write_bytes(out.getvalue())
    with pytest.raises(StoreError, match="claims 25,165,825 bytes") as caught:
        read_parts(tmp_path / "a.tenfold")
    assert caught.value.code == "M04"


def test_keys_that_are_not_known_and_parts_that_are_not_ours_are_ignored(
    tmp_path: Path,
) -> None:
    parts = parts_of(SEEDS[0].read_bytes())
    manifest = parts[MANIFEST].replace(b"{", b'{"new": {"key": [1]}, ', 1)
    path = tmp_path / "a.tenfold"
    other = spoiled(parts | {MANIFEST: manifest, "../../x.py": b"raise SystemExit"}, path)
    asked: Any = GOLDEN / "picture-0.png"
    asked = asked if tenfold.load(other).kind == "images" else ROW
    assert tenfold.load(other).predict(asked).equals(tenfold.load(SEEDS[0]).predict(asked))
    assert [found.name for found in tmp_path.rglob("*")] == ["a.tenfold"]


ODD = [b"[" * 100_000, b'{"a": "\\ud800"}', b"[1]", '{"é": 1}'.encode(), b"{" + b"0," * 10**6]


@pytest.mark.parametrize("odd", ODD, ids=["deep", "half a letter", "list", "letters", "many"])
def test_a_manifest_that_is_none_is_m04(odd: bytes, tmp_path: Path) -> None:
    parts = parts_of(SEEDS[0].read_bytes())
    with pytest.raises(StoreError) as caught:
        tenfold.load(spoiled(parts | {MANIFEST: odd}, tmp_path / "a.tenfold"))
    assert caught.value.code == "M04"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int64])
def test_numbers_of_another_type_are_m04(dtype: torch.dtype, tmp_path: Path) -> None:
    parts = parts_of(SEEDS[0].read_bytes())
    tensors = safetensors.torch.load(parts[WEIGHTS])
    name = next(name for name in tensors if tensors[name].dtype == torch.float32)
    tensors[name] = tensors[name].to(dtype)
    weights = safetensors.torch.save(tensors)
    with pytest.raises(StoreError) as caught:
        tenfold.load(spoiled(parts | {WEIGHTS: weights}, tmp_path / "a.tenfold"))
    assert caught.value.code == "M04"


def test_marks_of_another_type_are_m04_though_the_samples_would_not_tell(
    tmp_path: Path,
) -> None:
    """A mark of 100 in place of a truth value would lead a word to rows beyond its table."""
    parts = parts_of((GOLDEN / "format-2-regression.tenfold").read_bytes())
    tensors = safetensors.torch.load(parts[WEIGHTS])
    name = "network.features.seen0_FL"
    tensors[name] = tensors[name].to(torch.int64)
    weights = safetensors.torch.save(tensors)
    with pytest.raises(StoreError, match="parts do not match") as caught:
        tenfold.load(spoiled(parts | {WEIGHTS: weights}, tmp_path / "a.tenfold"))
    assert caught.value.code == "M04"


def test_no_more_samples_are_asked_once_one_is_answered_otherwise() -> None:
    model = tenfold.load(GOLDEN / "format-2-pictures.tenfold").model
    assert model.kind.name == "images"
    assert len(sample_answers(model, lambda _at, _answer: False)) == 1
    assert len(sample_answers(model, lambda at, _answer: at < 1)) == 2
    assert len(sample_answers(model)) == 3
