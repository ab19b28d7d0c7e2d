"""A run as a page and as a model card: whole, self-contained, the same from its folder."""

import copy
import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.lines import Line2D
from sklearn.metrics import r2_score

import tenfold
from tenfold import ReadOptions, Run, SplitOptions, TrainOptions
from tenfold.errors import StoreError
from tenfold.report.run_page import (
    confusion_of,
    environment,
    render_card,
    render_notebook,
    render_page,
)
from tenfold.report.summary import Results
from tenfold.report.summary_text import group_lines, headline, score_lines
from tenfold.report.svg import as_png, as_svg, new_axes
from tests.engine_pages import Page, loads_nothing
from tests.engine_pictures import write_folder
from tests.engine_work import calls_of

HOSTILE: Final = "<script>alert(1)</script>"
MANY: Final = 20_000
BYTES: Final = 1_500_000


def houses(rows: int = 600) -> pd.DataFrame:
    """Return prices that follow from the area in one town, and from nothing in the other."""
    rng = np.random.default_rng(0)
    area = rng.normal(50, 9, rows)
    town = np.array(["Ulm", "Bonn"])[np.arange(rows) % 2]
    price = np.where(town == "Ulm", 2 * area, 100 + rng.normal(0, 60, rows))
    return pd.DataFrame({"area": area, "town": town, "price": price})


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("values")
    return tenfold.train(
        houses(),
        folds=3,
        training=TrainOptions(epochs=20),
        quality="fast",
        splitting=SplitOptions(test_size=0.1),
        out=home / "runs",
    )


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("classes")
    frame = houses().drop(columns="price")
    frame["kind"] = np.where(frame["area"] > 50, "NA", "a|b")
    frame.loc[::10, "kind"] = "b&c"
    return tenfold.train(
        frame,
        target="kind",
        folds=3,
        training=TrainOptions(epochs=5),
        quality="fast",
        reading=ReadOptions(missing=()),
        out=home / "runs",
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("pictures")
    folder = write_folder(home / "stripes", 60)
    return tenfold.train(
        folder,
        network="tutorial",
        folds=2,
        training=TrainOptions(epochs=1, img_size=32),
        out=home / "runs",
    )


@pytest.fixture(params=["values", "classes", "pictures"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.getfixturevalue(request.param)
    return found


def page_of(run: Run) -> str:
    assert run.folder is not None
    return (run.folder / "report.html").read_text(encoding="utf-8")


def summary_of(run: Run) -> Results:
    return run.results


def test_a_run_leaves_a_page_that_loads_nothing(run: Run) -> None:
    assert loads_nothing(page_of(run))


def test_the_page_begins_with_the_score_in_words_and_every_decision(run: Run) -> None:
    page = Page(page_of(run))
    summary = summary_of(run)
    said = headline(summary)
    assert page.text.index(said) < page.text.index("Performance by subgroup")
    assert page.text.index("Decisions") < page.text.index("Scores")
    for decision in summary.decisions:
        assert " ".join(decision.what.split()) in page.text
        assert all(option in page.text for option in decision.change_with.split(", "))
    for score in summary.scores.values():
        assert len(score.per_fold) == summary.folds


def test_the_page_is_the_same_from_memory_and_from_its_folder(run: Run, tmp_path: Path) -> None:
    assert run.folder is not None
    copy = tmp_path / run.folder.name
    shutil.copytree(run.folder, copy)
    (copy / "report.html").unlink()
    (copy / "model_card.md").unlink()
    tenfold.load(copy).write_report()
    for name in ("report.html", "model_card.md"):
        assert (copy / name).read_bytes() == (run.folder / name).read_bytes()


def test_a_summary_comes_back_from_its_document(run: Run) -> None:
    summary = summary_of(run)
    assert Results.from_dict(summary.to_dict()) == replace(
        summary, baseline=dict(summary.baseline)
    )


def test_figures_have_names_for_those_who_do_not_see_them(run: Run) -> None:
    page = Page(page_of(run))
    named = [value for name, value in page.attributes if name == "aria-label" and value]
    assert page.tags.count("svg") >= 4
    assert page.attributes.count(("role", "img")) == page.tags.count("svg")
    assert len(named) >= page.tags.count("svg")
    pictures = page.tags.count("img")
    assert sum(1 for name, value in page.attributes if name == "alt" and value) == pictures


def test_figures_of_values_are_those_of_a_regression(values: Run) -> None:
    text = Page(page_of(values)).text
    for title in (
        "Predicted against true values", "Residuals", "Residuals by prediction",
        "Score of each fold", "Training curves",
    ):  # fmt: skip
        assert title in text
    assert "60 test rows" in text


def test_figures_of_classes_are_those_of_a_classification(classes: Run) -> None:
    text = Page(page_of(classes)).text
    for title in (
        "Calibration", "ROC curve", "Precision and recall", "Confusion matrix",
        "Score of each fold", "Training curves",
    ):  # fmt: skip
        assert title in text


def test_the_matrix_counts_what_was_taken_for_what(classes: Run) -> None:
    """A class that is named NA is one from the folder's file too."""
    assert classes.folder is not None
    found = confusion_of(tenfold.load(classes.folder)._findings())
    assert found is not None
    assert found.names == ("NA", "a|b", "b&c")
    frame = houses().iloc[np.arange(600) % 10 > 0]
    large = int((frame["area"] > 50).sum())
    assert [sum(row) for row in found.rows] == [large, len(frame) - large, 60]
    assert np.trace(found.rows) / 600 == pytest.approx(
        summary_of(classes).scores["accuracy"].mean, abs=0.01
    )


def test_mistakes_among_pictures_are_shown(pictures: Run) -> None:
    assert pictures.folder is not None
    page = Page(page_of(pictures))
    findings = pictures._findings()
    worst = [m for m in findings.mistakes if m.kind == "worst"]
    unsure = [m for m in findings.mistakes if m.kind == "least certain"]
    assert len(unsure) == 12
    assert worst
    assert all(m.truth != m.prediction for m in worst)
    sure = [m.probability or 0.0 for m in worst]
    assert sure == sorted(sure, reverse=True)
    assert page.tags.count("img") == len(findings.mistakes)
    said = pd.read_csv(pictures.folder / "predictions.csv").set_index("file")
    for mistake in findings.mistakes:
        assert said.loc[mistake.file, "prediction"] == mistake.prediction
        assert mistake.file in page.text


def test_the_page_tells_for_whom_it_works_and_for_whom_not(values: Run) -> None:
    text = Page(page_of(values)).text
    assert "It works worst where" in text
    weak = [group for group in summary_of(values).groups if not group.works]
    assert ("town", "Bonn") in {(group.column, group.value) for group in weak}
    assert "It does not significantly beat the baseline where town is Bonn" in text
    fine = [group for group in summary_of(values).groups if group.works]
    assert ("town", "Ulm") in {(group.column, group.value) for group in fine}


def test_the_page_tells_groups_by_the_target_apart(values: Run, classes: Run) -> None:
    for run in (values, classes):
        summary, page = summary_of(run), Page(page_of(run)).text
        assert {group.by_truth for group in summary.groups} == {False, True}
        assert all(
            group.by_truth == (group.column == summary.target) for group in summary.groups
        )
        for line in group_lines(summary):
            by_target = f"where {summary.target} is" in line
            assert by_target == line.startswith(
                "By the target itself, which is unknown for new data"
            )
        assert any(line.startswith("By the target itself") for line in group_lines(summary))
        columns, target = page.split("Subgroups by the target itself")
        assert "beats the baseline" in columns
        assert "beats the baseline" not in target
        assert f"{summary.target}: " in target
        assert run.folder is not None
        card = (run.folder / "model_card.md").read_text(encoding="utf-8")
        assert (
            f"{summary.target}: " not in card.partition(", which is unknown for new data:")[0]
        )


def test_scores_of_tiny_folds_are_said_to_be_of_all_rows_together(values: Run) -> None:
    said = "Folds hold out fewer than ten rows"
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=36), "y": rng.normal(size=36)})
    run = tenfold.train(
        frame, folds=6, training=TrainOptions(epochs=2), quality="fast", out=None
    )
    findings, summary = run._findings(), summary_of(run)
    for text in (render_page(findings), render_card(findings), "\n".join(score_lines(summary))):
        assert said in text
    assert "(sd" not in "\n".join(score_lines(summary))
    assert Results.from_dict(json.loads(json.dumps(run.metrics))) == summary
    scores = run.metrics["scores"]["r2"]
    assert len(scores["per_fold"]) == len(scores["without_fold"]) == 6
    assert run.study is not None
    answers = run.study.out_of_fold()[:, 0]
    assert scores["mean"] == pytest.approx(r2_score(frame["y"], answers), rel=1e-6)
    assert said not in page_of(values)  # the control
    assert summary_of(values).scores["r2"].without_fold == ()
    model = tenfold.TabularRegressor(folds=6, epochs=2, quality="fast", random_state=0)
    model.fit(frame[["x"]], frame["y"])
    assert model.fold_scores_["r2"] == pytest.approx(scores["per_fold"])


def test_groups_of_an_older_run_are_told_apart_too(values: Run) -> None:
    metrics = copy.deepcopy(values.metrics)
    for group in metrics["groups"]:
        del group["by_truth"]
    assert Results.from_dict(metrics).groups == summary_of(values).groups


def test_a_hostile_name_is_text(values: Run) -> None:
    findings = values._findings()
    hostile = replace(
        findings,
        name=HOSTILE,
        summary=replace(
            findings.summary,
            target=HOSTILE,
            groups=tuple(replace(g, column=HOSTILE) for g in findings.summary.groups),
        ),
    )
    for text in (render_page(hostile), render_notebook(hostile)):
        assert "script" not in Page(text).tags
        assert HOSTILE in Page(text).text


def test_the_card_is_a_table_whatever_names_hold(classes: Run) -> None:
    assert classes.folder is not None
    card = (classes.folder / "model_card.md").read_text(encoding="utf-8")
    assert card.startswith("# Model card: ")
    assert "kind: a\\|b" in card
    for block in card.split("\n\n"):
        widths = {
            line.replace("\\|", "").count("|") for line in block.splitlines() if "|" in line
        }
        assert len(widths) <= 1 or not block.startswith("|")
    assert render_card(classes._findings()) == card


def test_a_run_without_a_folder_shows_itself_in_a_notebook() -> None:
    run = tenfold.train(
        houses(), folds=2, training=TrainOptions(epochs=2), quality="fast", out=None
    )
    shown = str(run._repr_html_())
    assert Page(shown).tags.count("svg") >= 4
    assert headline(summary_of(run)) in Page(shown).text
    with pytest.raises(StoreError) as caught:
        run.write_report()
    assert caught.value.code == "M06"


@pytest.mark.parametrize("name", ["predictions.csv", "history.csv", "metrics.json"])
@pytest.mark.parametrize("content", [None, "", "nonsense\n1,2,3\n", '{"format": 1}'])
def test_a_damaged_folder_is_named(
    values: Run, tmp_path: Path, name: str, content: str | None
) -> None:
    assert values.folder is not None
    copy = tmp_path / "copy"
    shutil.copytree(values.folder, copy)
    (copy / name).unlink()
    if content is not None:
        (copy / name).write_text(content, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        tenfold.load(copy).write_report()
    assert caught.value.code == "M04"
    assert name in caught.value.place["file"]
    gone = content is None and name != "metrics.json"
    assert caught.value.fact == f"{name} {'is missing' if gone else 'cannot be read'}"


@pytest.mark.slow
def test_the_page_of_a_large_run_is_small_and_no_more_work_than_that_of_another(
    values: Run,
) -> None:
    """Nothing is done row by row, nor drawn."""
    pages, work = [], []
    for rows in (MANY // 10, MANY):
        truth = np.random.default_rng(0).lognormal(size=rows)
        said = truth + np.random.default_rng(1).normal(size=rows)
        table = pd.DataFrame({"line": np.arange(rows), "truth": truth, "prediction": said})
        findings = replace(values._findings(), predictions=table)
        render_page(findings)  # something is loaded once
        work.append(calls_of(partial(render_page, findings)))
        pages.append(render_page(findings))
    assert len(pages[-1].encode()) < BYTES
    assert work[1] < 1.2 * work[0]


class CountingLine(Line2D):
    """A line that counts how often it is drawn."""

    times = 0

    def draw(self, renderer: RendererBase) -> None:
        self.times += 1
        super().draw(renderer)


@pytest.mark.parametrize("drawn", [as_png, partial(as_svg, title="a line")])
def test_a_figure_is_drawn_once(drawn: Callable[[Axes], object]) -> None:
    ax, line = new_axes(), CountingLine([0, 1], [0, 1])
    ax.add_line(line)
    drawn(ax)
    assert line.times == 1


def test_a_template_is_compiled_once() -> None:
    assert environment().get_template("run.html") is environment().get_template("run.html")


def test_curves_are_drawn_without_a_warning_where_a_class_has_one_row(tmp_path: Path) -> None:
    frame = houses(120).drop(columns="price")
    frame["kind"] = "a"
    frame.loc[7, "kind"] = "b"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tenfold.train(
            frame,
            folds=3,
            training=TrainOptions(epochs=2),
            quality="fast",
            out=tmp_path / "runs",
        )
        page = next((tmp_path / "runs").rglob("report.html")).read_text()
    assert Page(page).tags.count("svg") >= 1
