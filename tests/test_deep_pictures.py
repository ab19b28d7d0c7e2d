"""Pictures of more than 8 bits have one answer, whoever asks about them, and how."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import tenfold
from tenfold import ImageClassifier, TrainOptions
from tenfold.exported import Exported
from tenfold.serve.app import app_of
from tenfold.serve_options import ServeOptions
from tests.engine_pictures import stripes
from tests.engine_served import ask_here

NAMES: Final = ("flat", "steep")


def kelvin(greys: NDArray[np.uint8]) -> NDArray[Any]:
    return (250 + greys[..., 0] / 255 * 70).astype(np.float32)


def twelve_bits(greys: NDArray[np.uint8]) -> NDArray[Any]:
    return greys[..., 0].astype(np.uint16) * 16


def eight_bits(greys: NDArray[np.uint8]) -> NDArray[Any]:
    return greys[..., 0]


def write(folder: Path, pixels: NDArray[Any], labels: NDArray[np.int64]) -> list[Path]:
    files = []
    for i, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
        files.append(folder / NAMES[label] / f"{i:03}.tif")
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(files[-1])
    return files


def asked_over_http(app: Any, file: Path) -> dict[str, Any]:
    reply = ask_here(app, "/predict", file.read_bytes(), "image/tiff")
    assert reply.status == 200
    answer: dict[str, Any] = reply.json
    return answer


def test_alone_together_served_and_from_python_a_picture_has_one_answer(tmp_path: Path) -> None:
    greys, labels = stripes(24)
    greys[20:] //= 4  # dark ones, which must not be stretched
    files = write(tmp_path / "data", kelvin(greys), labels)
    run = tenfold.train(
        tmp_path / "data",
        folds=3,
        training=TrainOptions(img_size=32, epochs=1),
        network="tutorial",
        out=tmp_path,
    )
    assert any(one.change_with == "--white" for one in run.study.decisions)
    run = tenfold.load(tmp_path / "data-1")
    alone = np.concatenate(
        [run.predict([file]).filter(like="probability") for file in files[18:]]
    )
    squares = run.read(files)
    assert squares.cache[18:20].max() > 2 * squares.cache[20:].max()  # the control
    together = run.predict(files).filter(like="probability").to_numpy()
    # Products of few and of many rows are rounded otherwise; the squares below are equal.
    np.testing.assert_allclose(alone, together[18:], atol=1e-3)
    for at, file in enumerate(files):
        np.testing.assert_array_equal(run.read([file]).cache[0], squares.cache[at])
        with Image.open(file) as picture:
            np.testing.assert_array_equal(run.read([picture]).cache[0], squares.cache[at])
    np.testing.assert_array_equal(run.read(list(kelvin(greys))).cache, squares.cache)
    written = run.export(tmp_path / "model.onnx").path
    app = app_of(Exported.open(written), ServeOptions())
    for at in (18, 23):
        answer = asked_over_http(app, files[at])
        assert "notices" not in answer
        served = list(answer["predictions"][0]["probabilities"].values())
        np.testing.assert_allclose(served, together[at], atol=1e-3)


def test_an_estimator_reads_images_files_and_arrays_of_floats_alike(tmp_path: Path) -> None:
    greys, labels = stripes(18)
    files = write(tmp_path, kelvin(greys), labels)
    images = [Image.fromarray(one) for one in kelvin(greys)]
    one, other = (
        ImageClassifier(folds=3, img_size=32, network="tutorial", epochs=1).fit(given, labels)
        for given in (images, files)
    )
    np.testing.assert_array_equal(one.out_of_fold_, other.out_of_fold_)
    for given in (images[3:5], files[3:5], list(kelvin(greys)[3:5])):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = one.predict_proba(given)
        np.testing.assert_array_equal(found, one.predict_proba(images[3:5]))


def test_a_network_of_eight_bits_says_where_users_see_it_that_white_is_not_known(
    tmp_path: Path,
) -> None:
    """The control: of pictures of 8 bits nothing is said."""
    greys, labels = stripes(18)
    plain = write(tmp_path / "data", eight_bits(greys), labels)
    run = tenfold.train(
        tmp_path / "data",
        folds=3,
        training=TrainOptions(img_size=32, epochs=1),
        network="tutorial",
        out=tmp_path,
    )
    deep = twelve_bits(greys)
    deep[2] //= 2
    files = write(tmp_path / "deep", deep, labels)
    warning = "is white in 3 images of 16 bits, as stated in each file"
    with pytest.warns(UserWarning, match=warning):
        run.predict(files[:3])
    with pytest.warns(UserWarning, match="as stated in each file"):
        run.evaluate(tmp_path / "deep")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.predict(plain[:3])
    words = [sys.executable, "-m", "tenfold", "predict", str(tmp_path / "data-1"), "--json"]

    def by_command(*more: str) -> tuple[list[Any], str]:
        done = subprocess.run(
            [*words, *more, *map(str, files[:3])],
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)["rows"], done.stderr

    unknown, err = by_command()
    assert warning in err
    assert "--white" in err
    known, err = by_command("--white", "4080")
    assert err == ""
    assert known[:2] != unknown[:2]  # 4,095 and 4,080 are not quite one
    app = app_of(Exported.open(run.export(tmp_path / "model.onnx").path), ServeOptions())
    (notice,) = asked_over_http(app, files[2])["notices"]
    assert "is white in 1 images of 16 bits, as stated in each file" in notice
    assert "notices" not in asked_over_http(app, plain[2])
    said = ServeOptions(white=4_080)
    app = app_of(Exported.open(tmp_path / "model.onnx"), said)
    reply = asked_over_http(app, files[2])
    assert "notices" not in reply
    served = list(reply["predictions"][0]["probabilities"].values())
    wanted = [v for name, v in known[2].items() if name.startswith("probability")]
    np.testing.assert_allclose(served, wanted, atol=1e-3)


def test_white_is_refused_where_a_table_was_learnt_from(tmp_path: Path) -> None:
    rows = "a,y\n" + "".join(f"{i * i % 31}.5,{i % 7}.5\n" for i in range(60))
    (tmp_path / "rows.csv").write_text(rows)
    tenfold.train(
        tmp_path / "rows.csv",
        folds=3,
        training=TrainOptions(epochs=1),
        out=tmp_path,
        audit="off",
    )
    for command in ("predict", "evaluate"):
        words = (command, tmp_path / "rows-1", tmp_path / "rows.csv", "--white", "255")
        done = subprocess.run(
            [sys.executable, "-m", "tenfold", *map(str, words)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert "U02: --white was given, but it does not apply to a table" in done.stderr
