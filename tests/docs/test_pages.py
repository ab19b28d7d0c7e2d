"""The pages build without a warning, and say what the code says."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tenfold
import tenfold.keras
from tenfold import ReadOptions, TrainOptions, train
from tenfold.errors import RULES
from tenfold.evaluate.metrics import METRICS
from tenfold.run import Run

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages once."""
    out = tmp_path_factory.mktemp("html")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", DOCS, out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a small run of two classes, written to a folder."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    frame = pd.DataFrame({"x": x, "y": np.where(x > 0, "up", "down")})
    return train(
        frame, folds=3, training=TrainOptions(epochs=2), out=tmp_path_factory.mktemp("runs")
    )


@pytest.fixture(scope="module")
def picture_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a small run on pictures of two classes with a test part, written to a folder."""
    home, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(48):
        name, low = ("dark", 0) if number % 2 else ("light", 150)
        path = home / ("test" if number % 3 == 0 else "train") / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(low, low + 90, (16, 16), dtype=np.uint8)).save(path)
    (home / "train" / "dark" / "broken.png").write_bytes(b"no image")
    return train(
        home,
        network="tutorial",
        training=TrainOptions(epochs=2),
        reading=ReadOptions(max_bad=0.5),
        out=tmp_path_factory.mktemp("runs"),
    )


def test_every_error_code_stands_on_its_page_with_its_rule(pages: Path) -> None:
    text = (pages / "reference" / "errors.html").read_text(encoding="utf-8")
    plain = re.sub("<[^>]+>", "", text)
    assert [code for code in RULES if code not in plain] == []
    assert "a table needs at least one row of data below its header" in plain


def test_every_option_stands_on_the_page_of_commands(pages: Path) -> None:
    text = (pages / "reference" / "commands.html").read_text(encoding="utf-8")
    for option in ("--target", "--group-column", "--time-limit", "--no-shuffle", "--out"):
        assert option in re.sub("<[^>]+>", "", text)


def test_no_option_on_a_page_has_a_dash_for_its_two_hyphens(pages: Path) -> None:
    texts = {page: page.read_text(encoding="utf-8") for page in pages.rglob("*.html")}
    assert len(texts) > 20
    assert [page.name for page, text in texts.items() if re.search("\u2013[a-z]", text)] == []


def table_fields(page: str) -> set[str]:
    """Return what stands in the first column of the tables of a page, marked as code."""
    text = (DOCS / "reference" / page).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))


@pytest.mark.parametrize("kind", ["run", "picture_run"])
def test_the_page_on_metrics_names_every_field_and_no_other(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind).folder
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text("utf-8"))
    others = {*METRICS["regression"], *METRICS["multilabel"], "labels"}
    assert table_fields("metrics.md") == {*metrics, *metrics["scores"]} | others


@pytest.mark.parametrize("kind", ["run", "picture_run"])
def test_the_page_on_the_run_folder_names_every_file_and_no_other(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind).folder
    later = {"explain/", "model.onnx"} | ({"mistakes/"} if kind == "run" else set())
    found = {path.name + "/" * path.is_dir() for path in folder.iterdir()}
    assert table_fields("run-folder.md") - later == found


@pytest.mark.parametrize("kind", ["run", "picture_run"])
def test_the_page_on_the_run_folder_names_every_column(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind).folder
    page = (DOCS / "reference" / "run-folder.md").read_text(encoding="utf-8")
    for path in folder.glob("*.csv"):
        for full in pd.read_csv(path).columns:
            column = re.sub(r"_fold_\d+$", "_fold_N", full)
            assert f"`{column}`" in page or column.startswith(("prediction", "probability"))


def test_what_the_page_on_metrics_says_of_pictures_is_so(picture_run: Run) -> None:
    metrics = picture_run.metrics
    assert (metrics["kind"], metrics["target"], metrics["columns"]) == ("images", "class", 0)
    assert (metrics["rows"], metrics["rejected"], metrics["test"]["rows"]) == (32, 1, 16)
    assert (metrics["folds"], metrics["scores"]["accuracy"]["std"]) == (1, 0)


def test_every_public_name_stands_on_the_page_on_python() -> None:
    page = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\.\. auto\w+:: (\w+)$", page, flags=re.MULTILINE))
    public = {*tenfold.__all__, *tenfold.keras.__all__}
    assert named == public - {"__version__"}


def test_links_between_pages_lead_somewhere() -> None:
    """README.md is no page of Sphinx, and GitHub shows pages as they stand."""
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_file_of_the_project_that_a_page_names_is_there() -> None:
    pages = [*ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md", *DOCS.rglob("*.md")]
    named = {
        (page.name, path)
        for page in pages
        for path in re.findall(
            r"\b(?:benchmarks|docs|examples|tests)/[\w./-]*\w", page.read_text(encoding="utf-8")
        )
    }
    assert len(named) > 20
    assert [one for one in sorted(named) if not (ROOT / one[1]).exists()] == []
