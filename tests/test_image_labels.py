"""Pictures with several labels, as a user trains on them and asks about them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import csr_array

import tenfold
from tenfold import ImageClassifier, TrainOptions
from tenfold.cli.views import app
from tenfold.errors import PredictError, SchemaError, UsageError
from tenfold.exported import Exported
from tenfold.kinds.images.explain.image_explanation import ImageExplanation
from tenfold.kinds.images.explain.looking import heatmap_of
from tenfold.kinds.images.image_service import ImageService
from tenfold.report.summary import Results
from tenfold.report.summary_text import score_lines
from tenfold.run import Run
from tests.engine_pictures import quick_study

QUICK: dict[str, Any] = {"folds": 3, "img_size": 32, "network": "pretrained"}
NAMES = ("left", "right", "top")


def corners(count: int = 48, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return patchy pictures that are bright at the left, the right and the top, or not."""
    rng = np.random.default_rng([seed, count])
    marks = rng.integers(0, 2, (count, 3))
    patches = rng.normal(60, 25, (count, 8, 8, 3))
    x = patches.repeat(4, axis=1).repeat(4, axis=2) + rng.normal(0, 10, (count, 32, 32, 3))
    x[:, 12:, :12] += 120 * marks[:, 0, None, None, None]
    x[:, 12:, 20:] += 120 * marks[:, 1, None, None, None]
    x[:, :8] += 120 * marks[:, 2, None, None, None]
    return x.clip(0, 255).astype(np.uint8), marks


def write_list(home: Path, count: int = 48, seed: int = 0) -> Path:
    """Write pictures and a CSV of their labels, parted by bars."""
    pixels, marks = corners(count, seed)
    home.mkdir(exist_ok=True)
    for at, picture in enumerate(pixels):
        Image.fromarray(picture).save(home / f"{at:02}.png")
    labels = ["|".join(np.array(NAMES)[row == 1]) or "[]" for row in marks]
    frame = pd.DataFrame({"file": [f"{at:02}.png" for at in range(count)], "labels": labels})
    frame.to_csv(home / "list.csv", index=False)
    return home / "list.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("labels")
    options = TrainOptions(img_size=32, network="pretrained")
    return tenfold.train(
        write_list(home / "data"), folds=3, training=options, out=home / "runs"
    )


def test_labels_are_found_and_scored_one_by_one(run: Run) -> None:
    results = run.results
    assert (results.task, results.classes) == ("multilabel", NAMES)
    assert results.scores["mean_average_precision"].mean > 0.9
    assert results.labels is not None
    assert [one.label for one in results.labels.each] == list(NAMES)
    assert results.labels.macro_f1 > 0.85
    assert run.model.schema.thresholds == results.labels.thresholds
    lines = "\n".join(score_lines(results))
    assert "threshold  precision  recall" in lines
    assert lines.count("  left ") == 1


def test_what_is_predicted_follows_from_probabilities_and_thresholds(
    run: Run, tmp_path: Path
) -> None:
    pixels, marks = corners(20, seed=5)
    paths = [tmp_path / f"{at}.png" for at in range(20)]
    for path, picture in zip(paths, pixels, strict=True):
        Image.fromarray(picture).save(path)
    said = run.predict(paths)
    shares = said[[f"probability {name}" for name in NAMES]].to_numpy()
    chosen = shares >= np.array(run.model.schema.thresholds)
    assert said["prediction"].tolist() == [" | ".join(np.array(NAMES)[r]) for r in chosen]
    assert (chosen == marks).mean() > 0.9
    assert shares.sum(axis=1).max() > 1.5  # they do not exclude each other
    assert list(run.predict_proba(paths)) == list(NAMES)
    with pytest.raises(PredictError, match="P09"):
        run.predict(paths, coverage=0.9)


def test_a_run_is_what_it_was_when_it_is_read_again(run: Run) -> None:
    again = tenfold.load(run.folder)
    assert again.results == run.results
    assert again.results.to_dict()["labels"]["each"][0]["label"] == "left"
    assert Results.from_dict(json.loads(json.dumps(run.results.to_dict()))) == run.results
    new = sorted(Path(run.folder or "").parent.parent.glob("data/*.png"))[:5]
    pd.testing.assert_frame_equal(again.predict(new), run.predict(new))


def test_the_page_tells_each_label_and_shows_mistakes(run: Run) -> None:
    assert run.folder is not None
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    for words in ("Scores by label", "of the labels are found", "Calibration", "ROC curve"):
        assert words in page
    assert "Confusion matrix" not in page
    card = (run.folder / "model_card.md").read_text(encoding="utf-8")
    assert "Labels, of which images may have several: `left`, `right`, `top`" in card
    table = pd.read_csv(run.folder / "predictions.csv", keep_default_na=False)
    assert set(table["truth"]) > {"", "left", "left | top", "left | right | top"}


def test_new_lists_are_evaluated_by_the_same_column(run: Run, tmp_path: Path) -> None:
    path = write_list(tmp_path / "new", 24, seed=7)
    frame = pd.read_csv(path).assign(last=[f"{at}" for at in range(24)])
    frame.to_csv(path, index=False)
    scores = run.evaluate(path)
    assert scores["mean_average_precision"].value > 0.9
    assert run.score(path) == scores["mean_average_precision"].value
    frame.loc[3, "labels"] = "left|elsewhere"
    frame.to_csv(path, index=False)
    with pytest.raises(PredictError, match=r"P04(.|\n)*'elsewhere'"):
        run.evaluate(path)


def test_a_heat_map_shows_what_makes_a_label_probable(run: Run) -> None:
    """And not what tells it from the others: a picture may have all three."""
    pixels, _ = corners(1)
    bright = np.full_like(pixels[0], 60)
    bright[12:, :12] = 180
    bright[:8] = 180
    explained = run.explain([_saved(run, bright)])
    assert isinstance(explained, ImageExplanation)
    (seen,) = explained.pictures
    assert set(seen.heatmap) <= set(NAMES)
    heat = heatmap_of(run.model, bright, NAMES.index("left"))
    middle = heat.shape[1] // 2
    assert heat[:, :middle].mean() > heat[:, middle:].mean()


def _saved(run: Run, picture: NDArray[np.uint8]) -> Path:
    path = Path(run.folder or "") / "asked.png"
    Image.fromarray(picture).save(path)
    return path


def test_an_exported_file_answers_with_a_list_of_labels(run: Run, tmp_path: Path) -> None:
    written = run.export(tmp_path / "labels.onnx")
    assert written.equality.difference < 1e-4
    file = Exported.open(written.path)
    assert (file.label.task, file.label.classes) == ("multilabel", NAMES)
    service = ImageService(file)
    said = {"probabilities": np.array([[0.99, 0.0, 0.99], [0.0, 0.0, 0.0]], np.float32)}
    answers = service.answers_of(said)
    assert [one["prediction"] for one in answers] == [["left", "top"], []]


def test_networks_from_pixels_learn_labels_too() -> None:
    pixels, marks = corners(36)
    labels = np.array([frozenset(np.array(NAMES)[row == 1]) for row in marks], dtype=object)
    study = quick_study(_pictures(pixels, labels), network="blend", folds=3, epochs=2)
    assert study.out_of_fold().shape == (36, 3)
    assert study.fits.target.task == "multilabel"
    two = np.array([one - {"top"} for one in labels], dtype=object)
    tutorial = quick_study(_pictures(pixels, two), network="tutorial", folds=3, epochs=2)
    assert tutorial.out_of_fold().shape == (36, 2)
    assert tutorial.out_of_fold().sum(axis=1).std() > 0  # two labels are not two classes


def _pictures(pixels: NDArray[np.uint8], labels: NDArray[Any]) -> Any:
    from tenfold.data.pictures.framing import Framing  # noqa: PLC0415
    from tenfold.data.pictures.pictures import pictures_of  # noqa: PLC0415
    from tenfold.read_options import PictureOptions  # noqa: PLC0415

    return pictures_of(pixels, labels, Framing(size=32, crop=0.5), PictureOptions())


@pytest.mark.parametrize("sparse", [False, True])
def test_the_estimator_takes_a_column_for_each_label(sparse: bool) -> None:
    X, y = corners()
    given = csr_array(y) if sparse else y
    model = ImageClassifier(**QUICK).fit(X, given, test=(X[:9], given[:9]))
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.predict_proba(X).shape == model.out_of_fold_.shape == y.shape
    assert set(np.unique(model.predict(X))) == {0, 1}
    assert model.score(X, y) > 0.8
    assert model.test_scores_["label_roc_auc"].value > 0.9
    with pytest.raises(PredictError, match="P09"):
        model.predict_set(X)


def test_a_label_that_no_picture_has_keeps_its_column() -> None:
    X, y = corners()
    y[:, 1] = 0
    model = ImageClassifier(**QUICK).fit(X, y)
    assert model.predict_proba(X).shape == y.shape
    assert not model.predict(X)[:, 1].any()


@pytest.mark.parametrize("kind", ["twice", "signs", "shares", "words", "lists", "gaps"])
def test_what_is_neither_0_nor_1_is_refused(kind: str) -> None:
    X, y = corners(12)
    given: Any = {
        "twice": 2 * y,
        "signs": 2 * y - 1,
        "shares": 0.3 * y,
        "words": np.where(y == 1, "yes", "no"),
        "lists": [["a"], ["a", "b"]] * 6,
        "gaps": np.where(y == 1, np.nan, 0),
    }[kind]
    with pytest.raises(SchemaError, match="S05: y"):
        ImageClassifier(**QUICK).fit(X, given)


def test_labels_that_are_all_alike_are_refused() -> None:
    X, y = corners(12)
    with pytest.raises(SchemaError, match="S06"):
        ImageClassifier(**QUICK).fit(X, np.tile(y[:1], (12, 1)))


def test_what_has_one_answer_alone_is_refused(tmp_path: Path) -> None:
    source = write_list(tmp_path / "data", 24)
    with pytest.raises(UsageError, match=r"U02.*several labels"):
        tenfold.compare(source, out=None, verbose=False)
    with pytest.raises(UsageError, match=r"U02.*not a table"):
        tenfold.train(pd.DataFrame({"x": [1, 2], "y": [0, 1]}), task="multilabel", out=None)


def test_the_command_trains_and_predicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path / "data", 36)
    options = ["--folds", "3", "--img-size", "32", "--network", "pretrained"]
    app(["train", "data/list.csv", *options, "--out", "runs"], standalone_mode=False)
    said = capsys.readouterr()
    assert "mean average precision" in said.out
    assert "images have several labels" in said.err
    app(["predict", "runs/list-1", "data/00.png"], standalone_mode=False)
    assert capsys.readouterr().out.startswith("file,prediction,probability left")


def test_labels_that_differ_in_capitals_alone_are_told_of(tmp_path: Path) -> None:
    path = write_list(tmp_path / "data")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("left|right", "Left|right", 1), encoding="utf-8")
    study = tenfold.train(
        path, folds=3, training=TrainOptions(img_size=32), network="pretrained", out=None
    ).study
    assert study is not None
    said = [one.what for one in study.decisions if "differ in capitals" in one.what]
    assert said == [
        "labels that differ in capitals or spaces alone are kept apart: 'Left' and 'left'"
    ]
