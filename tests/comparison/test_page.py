"""A comparison as files: a page that stands alone, and a document with what it promises."""

import errno
import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from tenfold.comparison.axes import Measured, measure_axes
from tenfold.comparison.comparison import AXES, Comparison, ranked
from tenfold.comparison.comparison_page import (
    folder_for,
    render,
    rewrite_page,
    write_comparison,
)
from tenfold.comparison.curves import SHARES, share_name
from tenfold.comparison.entry import Entry
from tenfold.comparison.rounds import ALL_CORES, ONE_CORE
from tenfold.comparison.verdict import judge
from tenfold.config import Decision, RunOptions
from tenfold.contest.contest import Contest
from tenfold.errors import StoreError
from tenfold.evaluate.scores import fold_interval
from tests.engine_pages import Page, loads_nothing
from tests.engine_tables import houses, three_folds

ROWS: Final = 600
SCRIPT: Final = '<script>alert("x")</script>'
PICTURE: Final = "<img src=x onerror=alert(1)>"
DECISION: Final = Decision(
    what="number: 'area', 'rooms'", why="their cells are numbers", change_with="--kind NAME=..."
)


def entry(name: str, kind: str, off: float, folds: int = 3, **changes: Any) -> Entry:
    """Return what a contender reached whose answers are off by so much."""
    spread = np.array([0.9, 1.0, 1.1])[:folds] * off
    found = Entry(
        name=name,
        kind=kind,
        per_fold={
            "mse": tuple(spread**2),
            "rmse": tuple(spread),
            "mae": tuple(0.8 * spread),
            "r2": tuple(1 - spread**2),
        },
        train_seconds=2.0 * off,
        predict_seconds_per_row=1e-5,
        predict_seconds_single=2e-3,
        peak_memory_bytes=200 * 10**6,
        cores=2,
        steps=(f"steps of {name}",),
        folds=folds,
        learnt=400.0,
    )
    return replace(found, **changes)


ENTRIES: Final = (
    entry("baseline", "constant", 1.0),
    entry("ridge regression", "classical", 0.5),
    entry("Tenfold", "deep", 0.3, shared=True),
    entry("slow one", "classical", 0.6, folds=2, error="the time limit ended it"),
    Entry(name="broken one", kind="classical", error="ValueError: it is broken"),
)


def growing(whole: Entry) -> dict[str, Entry]:
    """Return what the best of a side reached in its further rounds."""
    offs = {share_name(s): whole.mean("rmse") * s**-0.3 for s in SHARES[:-1]}
    rounds = offs | {ONE_CORE: 0.5, ALL_CORES: 0.3}
    rows = {share_name(s): 400 * s for s in SHARES[:-1]}
    return {
        name: entry(whole.name, whole.kind, off, learnt=rows.get(name, 400.0))
        for name, off in rounds.items()
    }


def problem() -> Contest:
    frame = houses(ROWS)
    return Contest(
        kind="table",
        task="regression",
        X=frame[["rooms", "area"]],
        y=frame["price"].to_numpy(),
        splits=tuple(three_folds(ROWS)),
        options=RunOptions(),
    )


def comparison(
    *entries: Entry,
    axes: bool = True,
    metric: str = "r2",
    decisions: tuple[Decision, ...] = (DECISION,),
) -> Comparison:
    given, raw = problem(), {e.name: e for e in entries or ENTRIES}
    verdict = judge(tuple(raw.values()), metric, given.test_share)
    measured: Mapping[str, Any] = {}
    if axes and verdict.difference is not None:
        finalists = {"network": verdict.network, "classical": verdict.classical}
        measured = measure_axes(
            Measured(
                problem=given,
                metric=metric,
                margin=verdict.margin,
                raw=raw,
                other={name: replace(raw[name], folds=3) for name in finalists.values()},
                finalists={side: growing(raw[name]) for side, name in finalists.items()},
                network=verdict.network,
                classical=verdict.classical,
                linear="ridge regression",
            )
        )
    return Comparison(
        entries=ranked(raw, metric),
        verdict=verdict,
        axes=measured,
        problem=given,
        decisions=decisions,
        seconds={"forecast": 20.0, "total": 25.0},
    )


def page_of(found: Comparison, name: str = "houses") -> Page:
    return Page(render(found.to_dict(), name))


def written(found: Comparison, data: str | Path | pd.DataFrame, out: Path) -> Path:
    """Write a comparison as ``compare`` does, and return its folder."""
    with folder_for(data, out) as folder:
        assert folder is not None
    write_comparison(found, folder)
    return folder


def document(found: Comparison, out: Path) -> dict[str, Any]:
    """Return what is written to ``compare.json``, read as strict JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    folder = written(found, houses(), out)
    text = (folder / "compare.json").read_text(encoding="utf-8")
    return dict(json.loads(text, parse_constant=refuse))


def test_the_page_loads_nothing() -> None:
    assert loads_nothing(render(comparison().to_dict(), "houses"))


def test_the_page_is_written_anew_from_its_document(tmp_path: Path) -> None:
    folder = written(comparison(), houses(), tmp_path)
    page = folder / "report.html"
    before = page.read_bytes()
    page.unlink()
    assert rewrite_page(folder) == page
    assert page.read_bytes() == before


def test_a_damaged_document_is_named(tmp_path: Path) -> None:
    folder = written(comparison(), houses(), tmp_path)
    (folder / "compare.json").write_text('{"format": 1}', encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        rewrite_page(folder)
    assert caught.value.code == "M04"


def test_the_page_tells_verdict_contenders_failures_axes_and_decisions() -> None:
    found = comparison()
    page = page_of(found)
    assert found.verdict.sentence.startswith("Yes: Tenfold predicts better")
    assert found.verdict.sentence in page.text
    for contender in ENTRIES:
        assert contender.name in page.text
    assert "ValueError: it is broken" in page.text
    assert list(found.axes) == list(AXES)
    for axis in found.axes.values():
        assert axis["sentence"] in page.text
    assert "number: 'area', 'rooms' (their cells are numbers); --kind NAME=..." in page.text


def test_the_page_says_nothing_of_folds_that_are_large_enough() -> None:
    assert "hold out fewer" not in page_of(comparison()).text


def test_the_page_tells_what_makes_a_row_doubtful() -> None:
    text = page_of(comparison()).text
    assert "the time limit ended it; 2 of 3 folds" in text
    assert "seconds shared" in text


def test_figures_stand_in_the_page() -> None:
    assert page_of(comparison()).tags.count("svg") == 5
    assert page_of(comparison(axes=False)).tags.count("svg") == 1


@pytest.mark.parametrize("metric", ["r2", "rmse", "mse", "mae"])
def test_the_best_of_any_metric_stands_first(metric: str) -> None:
    found = comparison(metric=metric, axes=False)
    names = [contender.name for contender in found.entries]
    assert names == [
        "Tenfold", "ridge regression", "baseline", "slow one", "broken one",
    ]  # fmt: skip
    text = page_of(found).text
    table = text[text.index("Models") : text.index("Decisions")]
    places = [table.rindex(f"{name} ") for name in names]
    assert places == sorted(places)


@pytest.mark.parametrize("hostile", [SCRIPT, PICTURE, "a & b < c", '"quoted"'])
def test_a_hostile_name_is_text(hostile: str) -> None:
    entries = (
        *ENTRIES[:1],
        entry(f"{hostile} network", "deep", 0.3),
        entry(f"{hostile} model", "classical", 0.5),
        Entry(name=f"{hostile} fails", kind="classical", error=f"column {hostile}"),
    )
    decision = Decision(what=f"column {hostile}", why=hostile, change_with=hostile)
    tame = page_of(comparison(*ENTRIES[:3], ENTRIES[4]))
    page = page_of(comparison(*entries, decisions=(decision,)), name=hostile)
    assert set(page.tags) == set(tame.tags)
    assert {name for name, _ in page.attributes} == {name for name, _ in tame.attributes}
    for part in ("network", "model", "fails"):
        assert f"{hostile} {part}" in page.text
    assert f"column {hostile} ({hostile}); {hostile}" in page.text


@pytest.mark.parametrize("name", ["$\\frac$", "costs $ or $$", "_hidden", "x^2_3", "ä 木"])
def test_a_name_is_drawn_as_it_is_written(name: str) -> None:
    def count(name: str) -> int:
        found = comparison(*ENTRIES[:2], entry(name, "deep", 0.3))
        return page_of(found).text.count(name)

    assert count(name) == count("Tenfold")


def test_a_comparison_in_which_no_one_finished_is_a_page_too() -> None:
    broken = [
        replace(ENTRIES[-1], name=name, kind=kind)
        for name, kind in (("one", "deep"), ("two", "classical"), ("three", "constant"))
    ]
    found = comparison(*broken)
    text = page_of(found).text
    assert found.verdict.sentence in text
    assert text.count("ValueError: it is broken") == 3


def test_the_document_has_every_promised_field(tmp_path: Path) -> None:
    found = document(comparison(), tmp_path)
    assert found["format"] == 1
    promised = {
        "name", "kind", "scores", "train_seconds", "predict_seconds_per_row",
        "predict_seconds_single", "peak_memory_bytes", "steps", "error",
    }  # fmt: skip
    assert len(found["contenders"]) == len(ENTRIES)
    assert all(promised <= set(contender) for contender in found["contenders"])
    assert list(found["axes"]) == ["data", "machine", "features", "time", "approach"]
    assert all(axis["sentence"] for axis in found["axes"].values())
    verdict = found["verdict"]
    assert {"outcome", "sentence", "metric", "difference", "cost_ratio"} <= set(verdict)
    assert set(verdict["difference"]) == {"mean", "low", "high"}
    assert found["seconds"]["total"] == 25.0


def test_the_document_holds_what_was_found(tmp_path: Path) -> None:
    given = comparison()
    found = document(given, tmp_path)
    assert found == given.to_dict()
    best = found["contenders"][0]
    assert (best["name"], best["kind"], best["error"]) == ("Tenfold", "deep", None)
    assert best["steps"] == ["steps of Tenfold"]
    score = best["scores"]["rmse"]
    per_fold = np.array(ENTRIES[2].per_fold["rmse"])
    assert score["per_fold"] == per_fold.tolist()
    assert score["mean"] == pytest.approx(0.3)
    low, high = fold_interval(per_fold, given.problem.test_share)
    assert (score["low"], score["high"]) == (low, high)
    verdict = found["verdict"]
    assert (verdict["outcome"], verdict["metric"]) == ("yes", "r2")
    assert verdict["cost_ratio"] == pytest.approx(0.6)
    assert verdict["difference"]["mean"] == pytest.approx(
        given.entries[0].mean("r2") - given.entries[1].mean("r2")
    )


def test_numbers_that_do_not_exist_are_null(tmp_path: Path) -> None:
    found = document(comparison(), tmp_path)
    broken = found["contenders"][-1]
    assert broken["error"] == "ValueError: it is broken"
    assert broken["scores"] == {}
    assert broken["train_seconds"] is None
    alone = document(comparison(*ENTRIES[:2]), tmp_path)
    assert alone["verdict"]["difference"] is None
    assert alone["verdict"]["cost_ratio"] is None
    assert alone["verdict"]["outcome"] == "too_little_data"
    endless = replace(ENTRIES[1], per_fold={"r2": (math.inf, math.nan, 0.5)})
    found = document(comparison(ENTRIES[0], endless), tmp_path)
    scores = {c["name"]: c["scores"] for c in found["contenders"]}
    assert scores["ridge regression"]["r2"]["per_fold"] == [None, None, 0.5]


def test_axes_that_were_not_measured_are_empty(tmp_path: Path) -> None:
    assert document(comparison(axes=False), tmp_path)["axes"] == {name: {} for name in AXES}


def test_a_folder_is_never_overwritten(tmp_path: Path) -> None:
    first = written(comparison(), houses(), tmp_path)
    assert first == tmp_path / "table-compare-1"
    before = {path: path.read_bytes() for path in first.iterdir()}
    assert {path.name for path in before} == {"compare.json", "report.html"}
    second = written(comparison(ENTRIES[0]), houses(), tmp_path)
    assert second == tmp_path / "table-compare-2"
    assert {path: path.read_bytes() for path in first.iterdir()} == before


def test_a_folder_has_the_name_of_the_data(tmp_path: Path) -> None:
    for data, name in (
        ("houses.csv.gz", "houses"),
        (tmp_path / "my houses.csv", "my-houses"),
        (pd.DataFrame(), "table"),
    ):
        folder = written(comparison(axes=False), data, tmp_path)
        assert folder == tmp_path / f"{name}-compare-1"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError) as caught:
        written(comparison(axes=False), houses(), tmp_path / "file")
    assert caught.value.code == "M06"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StoreError) as caught:
        written(comparison(axes=False), houses(), tmp_path)
    assert caught.value.code == "M06"
    assert caught.value.place == {"folder": str(tmp_path / "table-compare-1")}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_comparison_that_finds_no_room_is_kept_elsewhere_or_lacks_only_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    folder = tmp_path / "houses-compare-1"
    folder.mkdir()
    (folder / ".compare.part.json").symlink_to("/dev/full")
    with pytest.raises(StoreError, match=r"^M06: the comparison cannot") as caught:
        write_comparison(comparison(axes=False), folder)
    saved = Path(caught.value.place["saved in"])
    assert caught.value.fix == (f"it is complete in {saved}: move it to where you want it",)
    assert rewrite_page(saved).is_file()

    (folder / ".report.part.html").symlink_to("/dev/full")
    with pytest.raises(StoreError, match=r"^M06: the page cannot") as caught:
        write_comparison(comparison(axes=False), folder)
    assert caught.value.fix == (
        f"free some disk space, then write it: tenfold report {folder}",
    )
    assert rewrite_page(folder).read_text() != ""


def test_the_folder_of_a_race_that_fails_is_taken_away(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), folder_for(houses(), tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
