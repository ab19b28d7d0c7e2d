"""Every fault that an audit knows, planted and found; and clean data, where it is silent."""

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tenfold
from tenfold import ReadOptions, SchemaOptions, SplitOptions
from tenfold.auditing import Audit
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.read_contest import read_contest
from tenfold.config import RunOptions
from tenfold.errors import RULES, AuditError
from tenfold.read_options import PictureOptions
from tests import engine_leaks as leaks
from tests.engine_options import asked

QUICK: Final[dict[str, Any]] = {"quality": "fast", "folds": 3, "epochs": 2, "out": None}

# The code, whether it stops, and the fact.
TABLES: Final[list[tuple[Callable[[], pd.DataFrame], str, str, str]]] = [
    (leaks.copied, "A01", "error", "column 'in_pounds' contains the target 'price'"),
    (
        leaks.telling,
        "A02",
        "warning",
        "column 'estimate' alone explains 99.8 % of the target 'price'",
    ),
    (
        leaks.filled,
        "A03",
        "error",
        "whether column 'bark' is filled depends on the target 'pet'",
    ),
    (leaks.summed, "A04", "error", "2 columns add up to the target 'price', in every row"),
    (leaks.counted, "A05", "warning", "column 'passed' rises from each row to the next"),
    (leaks.oversampled, "A06", "error", "60 of 301 rows are duplicates of another"),
    (leaks.jittered, "A06", "warning", "about 46 % of the rows are near duplicates of another"),
    (leaks.grouped, "A09", "warning", "rows with the same 'patient' predict each other"),
    (leaks.dated, "A10", "warning", "rows that are close in 'sold' predict each other"),
    (leaks.rare, "A11", "warning", "1 of 3 classes has fewer than 20 rows"),
    (leaks.mislabelled, "A12", "warning", "21 of 400 targets contradict similar rows"),
]


def loud(found: Audit) -> list[tuple[str, str, str]]:
    """Return what is not only good to know."""
    return [
        (one.code, one.severity, one.fact) for one in found.findings if one.severity != "info"
    ]


@pytest.mark.parametrize("clean", [leaks.houses, leaks.pets])
def test_of_a_clean_table_nothing_is_said(clean: Callable[[], pd.DataFrame]) -> None:
    assert loud(tenfold.audit(clean())) == []


@pytest.mark.parametrize(
    ("table", "code", "severity", "fact"), TABLES, ids=[t[0].__name__ for t in TABLES]
)
def test_what_was_planted_is_found_and_nothing_else(
    table: Callable[[], pd.DataFrame], code: str, severity: str, fact: str
) -> None:
    assert loud(tenfold.audit(table())) == [(code, severity, fact)]


@pytest.mark.parametrize(
    ("table", "code", "severity"),
    [t[:3] for t in TABLES],
    ids=[t[0].__name__ for t in TABLES],
)
def test_training_refuses_what_makes_the_score_a_lie_and_tells_the_rest(
    table: Callable[[], pd.DataFrame], code: str, severity: str
) -> None:
    if severity == "error":
        with pytest.raises(AuditError) as caught:
            tenfold.train(table(), **asked(**QUICK))
        assert caught.value.code == code
        assert caught.value.fix[-1] == "train anyway: --audit warn"
    decisions = tenfold.train(table(), **asked(audit="warn", **QUICK)).metrics["decisions"]
    assert [
        d["what"][:3] for d in decisions if d["what"][:3] in RULES and d["what"][3] == ":"
    ] == [code]
    silent = tenfold.train(table(), **asked(audit="off", **QUICK)).metrics["decisions"]
    assert not any(d["what"].startswith(f"{code}:") for d in silent)


def test_a_cure_that_is_followed_helps() -> None:
    cured = tenfold.audit(leaks.copied(), schema=SchemaOptions(kinds={"in_pounds": "constant"}))
    assert loud(cured) == []
    grouped = tenfold.audit(leaks.grouped(), group_column="patient")
    assert "A09" not in {code for code, *_ in loud(grouped)}
    dated = tenfold.audit(leaks.dated(), time_column="sold")
    assert "A10" not in {code for code, *_ in loud(dated)}


@pytest.mark.parametrize(("share", "codes"), [(0.0, []), (0.1, ["A07"])])
def test_test_rows_that_are_learnt_from_are_found(share: float, codes: list[str]) -> None:
    table, test = leaks.with_test(share)
    assert [code for code, *_ in loud(tenfold.audit(table, test=test))] == codes


def test_test_rows_that_are_unlike_are_found_by_their_column() -> None:
    table, test = leaks.unlike()
    found = tenfold.audit(table, test=test).findings
    assert [one.code for one in found if one.severity == "warning"] == ["A08", "A08"]
    assert found[0].place["columns"].startswith("'size'")
    assert found[1].fact == "the target 'price' has a different distribution in the test rows"


@pytest.mark.parametrize(
    ("column", "how"),
    [
        (lambda y: y, "its cells equal the target"),
        (lambda y: -np.exp(y / 200), "it always falls as the target rises"),
        (
            lambda y: (y * 1.8).round(),
            "it is the target in other units, except for rounding",
        ),
        (
            lambda y: y.groupby(np.arange(len(y)) // 6).transform("mean"),
            "each of its values is the mean target of its rows",
        ),
    ],
)
def test_a_column_that_holds_the_target_is_found_however_it_does(
    column: Callable[[Any], Any], how: str
) -> None:
    table = leaks.before(leaks.houses(), outcome=column(leaks.houses()["price"]))
    (found,) = tenfold.audit(table).findings
    assert found.code == "A01"
    assert found.place["evidence"].startswith(how)


@pytest.mark.parametrize("word", ["case {}", "Result: {}.", "{}"])
def test_a_remark_that_spells_the_class_is_found(word: str) -> None:
    table = leaks.pets().replace({"pet": {"dog": "not a cat"}})
    remarks = [word.format(pet) + " " * (row % 4) for row, pet in enumerate(table["pet"])]
    found = tenfold.audit(leaks.before(table, remark=remarks)).findings
    assert found[0].code == "A01"


def test_words_that_hold_another_class_are_no_leak() -> None:
    draw = np.random.default_rng(0)
    for words in (
        ["likes the dog", "likes the cat", "bites", "sleeps"],
        ["a dog or a cat", "a cat or a dog", "cat, dog"],
    ):
        said = draw.choice(words, leaks.ROWS)
        assert loud(tenfold.audit(leaks.before(leaks.pets(), remark=said))) == []


def test_names_with_brackets_are_names_and_no_parts_of_dates() -> None:
    copied = leaks.copied().rename(columns={"in_pounds": "total (GBP)"})
    cure = tenfold.audit(copied).findings[0].fix[0]
    assert cure == "leave the column out: --kind 'total (GBP)'=constant"
    counted = leaks.counted().rename(columns={"passed": "passed (day book)"})
    assert [code for code, *_ in loud(tenfold.audit(counted))] == ["A05"]


def test_a_date_that_holds_the_target_is_left_out_by_its_name() -> None:
    draw = np.random.default_rng(0)
    days = pd.Series(draw.permutation(leaks.ROWS) * 3)
    paid = (pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")).dt.strftime(
        "%Y-%m-%d"
    )
    table = leaks.before(leaks.houses().assign(price=days.astype(float) * 7), paid=paid)
    found = tenfold.audit(table).findings[0]
    assert (found.code, found.place["column"]) == ("A01", "paid (day)")
    assert found.fix == ("leave the column out: --kind 'paid'=constant",)


@pytest.mark.parametrize("form", ["{}", "{}, seen in {town}"])
def test_classes_by_other_names_are_found(form: str) -> None:
    table = leaks.pets()
    pairs = zip(table["pet"].map({"dog": "K1", "cat": "K2"}), table["town"], strict=True)
    names = [form.format(code, town=town) for code, town in pairs]
    (found,) = tenfold.audit(leaks.before(table.drop(columns="town"), code=names)).findings[:1]
    assert found.place["column"] == "code"
    assert found.code == ("A01" if form == "{}" else "A02")


def test_towns_that_have_one_class_only_by_chance_are_no_leak() -> None:
    table = leaks.pets(40)
    names = [f"street {number}" for number in range(20) for _ in range(2)]
    assert loud(tenfold.audit(leaks.before(table, street=names))) == []


def test_many_columns_of_chance_are_no_leak() -> None:
    draw = np.random.default_rng(0)
    chance = {f"c{i}": draw.normal(size=leaks.ROWS) for i in range(60)}
    assert loud(tenfold.audit(leaks.before(leaks.houses(), **chance))) == []


def test_repeated_observations_of_few_words_are_no_copies() -> None:
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "colour": draw.choice(["red", "blue"], 300),
            "size": draw.choice(["S", "M", "L"], 300),
            "sold": draw.choice(["yes", "no"], 300),
        }
    )
    assert loud(tenfold.audit(table)) == []


def test_words_and_days_of_chance_ask_for_no_groups_and_no_times() -> None:
    draw = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.integers(0, 900, 240), unit="D")
    street = [f"street {number}" for number in draw.integers(0, 15, leaks.ROWS)]
    assert loud(tenfold.audit(leaks.before(leaks.houses(), street=street, seen=days))) == []


def test_later_test_rows_are_unlike_as_they_should_be() -> None:
    table, test = leaks.dated().head(180), leaks.dated().tail(60)
    assert "A08" in {code for code, *_ in loud(tenfold.audit(table, test=test))}
    assert loud(tenfold.audit(table, test=test, time_column="sold")) == []


def test_groups_that_are_named_are_not_asked_for_times() -> None:
    table = leaks.before(leaks.dated(), year=leaks.dated()["sold"].dt.year)
    assert loud(tenfold.audit(table, group_column="year")) == []


def test_a_class_for_every_row_is_looked_at_without_a_word() -> None:
    """Libraries would warn of such a target, and tests take warnings for errors."""
    table = leaks.houses().astype({"price": str})
    assert [code for code, *_ in loud(tenfold.audit(table, task="classification"))] == []


def test_copies_that_are_wanted_are_not_told() -> None:
    assert (
        loud(tenfold.audit(leaks.oversampled(), splitting=SplitOptions(keep_copies=True))) == []
    )


def test_rows_that_cannot_be_used_are_told_and_do_not_end_the_audit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = leaks.houses().to_csv(index=False)
    path.write_text(text + "1,2\n" * 9, encoding="utf-8")
    found = tenfold.audit(path)
    assert loud(found) == [("A14", "error", "9 of 249 rows cannot be used")]
    assert found.findings[0].place["rows"].startswith("line 242: it has 2 cells")
    assert loud(tenfold.audit(path, reading=ReadOptions(max_bad=0.1))) == []


def test_what_is_found_does_not_depend_on_the_order_of_columns() -> None:
    table = leaks.mislabelled()
    other = table[["fur", "tail", "ears", "pet"]]
    assert tenfold.audit(table).findings == tenfold.audit(other).findings


def test_an_audit_changes_nothing_and_is_a_json_object(tmp_path: Path) -> None:
    table = leaks.copied()
    before = table.copy()
    found = tenfold.audit(table)
    pd.testing.assert_frame_equal(table, before)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["format"] == 1
    assert plain["stops"] is True
    assert plain["findings"][0] == {
        "code": "A01",
        "severity": "error",
        "fact": "column 'in_pounds' contains the target 'price'",
        "rule": RULES["A01"],
        "place": {
            "column": "in_pounds",
            "evidence": "it is the target in other units, except for rounding, in 240 rows",
        },
        "fix": ["leave the column out: --kind 'in_pounds'=constant"],
    }
    assert list(tmp_path.iterdir()) == []


def test_of_clean_pictures_nothing_is_said(tmp_path: Path) -> None:
    found = tenfold.audit(leaks.write_pets(tmp_path / "pets", leaks.scene))
    assert (found.kind, found.rows, found.findings) == ("images", 60, ())


def smaller(draw: np.random.Generator, kind: str, number: int) -> Image.Image:
    return leaks.scene(draw, kind, number, 64 if kind == "cats" else 32)


def darker(draw: np.random.Generator, kind: str, number: int) -> Image.Image:
    return leaks.scene(draw, kind, number).point(lambda v: v // 2 + 100 * (kind == "cats"))


@pytest.mark.parametrize(("paint", "figure"), [(smaller, "width"), (darker, "brightness")])
def test_what_gives_a_class_away_beside_the_picture_is_found(
    tmp_path: Path, paint: Callable[..., Image.Image], figure: str
) -> None:
    found = tenfold.audit(leaks.write_pets(tmp_path / "pets", paint))
    assert loud(found) == [("A13", "warning", f"the {figure} alone gives the class away")]


def test_a_comparison_looks_at_its_pictures_once(tmp_path: Path) -> None:
    home = leaks.write_pets(tmp_path / "pets", smaller)
    problem, decisions = read_contest(home, RunOptions(), None, ComparisonCallback())
    assert [one.what for one in decisions if one.what.startswith("A")] == [
        "A13: the width alone gives the class away"
    ]
    assert problem.options.audit.audit == "off"


def test_a_comparison_refuses_what_training_refuses() -> None:
    with pytest.raises(AuditError, match="A01"):
        tenfold.compare(leaks.copied(), axes=False, out=None)


def test_pictures_of_two_classes_and_files_that_are_none_are_found(tmp_path: Path) -> None:
    home = leaks.write_pets(tmp_path / "pets", leaks.scene)
    shutil.copy(home / "cats" / "cats3.png", home / "dogs" / "again.png")
    (home / "dogs" / "bad.png").write_bytes(b"nothing")
    assert loud(tenfold.audit(home)) == [
        ("A14", "error", "1 of 62 images cannot be used"),
        (
            "A12",
            "warning",
            "2 images are duplicates or near duplicates of one of another class",
        ),
    ]


def test_test_pictures_that_are_learnt_from_stop_the_run(tmp_path: Path) -> None:
    home = leaks.write_pets(tmp_path / "pets", leaks.scene)
    test = leaks.write_pets(tmp_path / "test", leaks.scene, 12)  # drawn alike, so the same
    fact = "24 of 24 test images are also in the training data"
    assert loud(tenfold.audit(home, test=test)) == [("A07", "error", fact)]
    with pytest.raises(AuditError, match=fact):
        tenfold.train(home, **asked(test=test, img_size=32, **QUICK))


def _shots(home: Path, name: Callable[[int, int], str], *, tinted: bool = False) -> Path:
    """Write four noisy pictures of each of twelve animals of two kinds."""
    draw = np.random.default_rng(5)
    for kind in ("cats", "dogs"):
        (home / kind).mkdir(parents=True)
        for animal in range(12):
            whole = np.asarray(leaks.scene(draw, kind, animal)).astype(int)
            tint = draw.integers(-60, 60, 3)
            for shot in range(4):
                if tinted:  # other things in the light of the same day
                    whole = np.asarray(leaks.scene(draw, kind, 4 * animal + shot)).astype(int)
                noisy = whole + draw.integers(-90, 90, whole.shape) + tinted * tint
                file = home / kind / f"{name(animal, shot)}.png"
                Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file)
    return home


NAMES: dict[str, tuple[Callable[[int, int], str], str]] = {
    "number": (lambda animal, shot: f"{animal:02}_{shot}", "'^[0-9]+'"),
    "letters": (lambda animal, shot: f"cam{animal}x-{shot}b", "'^cam[0-9]+'"),
    "augmented": (lambda animal, shot: f"{animal}{f'_aug{shot}' * bool(shot)}", "'^[0-9]+'"),
    "at the end": (
        lambda animal, shot: ("" if shot == 0 else f"aug_{shot}_") + f"{animal:04}",
        r"'[^\W_]+(?=\.[^.]*$)'",
    ),
    "copies": (lambda animal, shot: f"photo{animal} ({shot})", "'^photo[0-9]+'"),
    "quotes": (lambda animal, shot: f"bob's {animal} {shot}", "'^bob'\"'\"'s\\ [0-9]+'"),
    "crops": (lambda animal, shot: f"sheet {animal} x{9 * shot} y7", r"'^sheet\ [0-9]+'"),
}


@pytest.mark.parametrize(
    ("form", "tinted"), [*((form, False) for form in NAMES), ("number", True)]
)
def test_pictures_of_similar_names_that_look_alike_are_found(
    tmp_path: Path, form: str, tinted: bool
) -> None:
    name, pattern = NAMES[form]
    home = _shots(tmp_path / "home", name, tinted=tinted)
    found = tenfold.audit(home)
    assert loud(found) == [("A09", "warning", "images with similar names look alike")]
    (told,) = [one for one in found.findings if one.code == "A09"]
    assert told.fix[0] == f"keep each group in one fold: --group-pattern {pattern}"
    assert "keep them as they are" in told.fix[1]
    kept = tenfold.audit(home, reading=PictureOptions(group_pattern=shlex.split(pattern)[0]))
    assert loud(kept) == []


def test_pictures_in_a_row_that_look_alike_are_found(tmp_path: Path) -> None:
    home = _shots(tmp_path / "home", lambda animal, shot: f"IMG{7 * animal + shot + 1000}")
    fact = "images that follow each other by name look alike"
    assert loud(tenfold.audit(home)) == [("A09", "warning", fact)]


def test_names_that_say_nothing_raise_no_alarm(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    places = draw.permutation(400)
    home = _shots(
        tmp_path / "home", lambda animal, shot: f"{places[4 * animal + shot]}_{animal % 3}"
    )
    assert "A09" not in {code for code, *_ in loud(tenfold.audit(home))}


def test_groups_that_copies_join_to_one_are_not_proposed(tmp_path: Path) -> None:
    """Each animal is seen by five cameras, so a fold a camera would hold copies of others."""
    draw = np.random.default_rng(3)
    for kind in ("cats", "dogs"):
        (tmp_path / kind).mkdir()
        for animal in range(25):
            picture = np.asarray(leaks.scene(draw, kind, animal)).astype(int)
            for camera in range(5):
                seen = (picture + 15 * camera).clip(0, 255).astype(np.uint8)
                Image.fromarray(seen).save(tmp_path / kind / f"cam{camera}_{animal * 7}.png")
    found = tenfold.audit(tmp_path)
    assert not [one for one in found.findings if "similar names" in one.fact]


def test_few_groups_are_proposed_with_as_many_folds(tmp_path: Path) -> None:
    def name(animal: int, shot: int) -> str:
        return f"P{animal // 2}_{7 * animal + shot}"

    found = tenfold.audit(_shots(tmp_path / "home", name, tinted=True))
    (told,) = [one for one in found.findings if one.code == "A09"]
    assert told.fix[0].endswith("--group-pattern '^P[0-9]+' --folds 6")


def test_numbers_in_the_order_of_names_raise_no_alarm(tmp_path: Path) -> None:
    """Neighbours by name look alike there since their numbers are alike."""
    draw = np.random.default_rng(1)
    lines = ["file,share"]
    for at in range(150):
        picture = draw.integers(0, 120, (32, 32, 3))
        picture[:, : 1 + at // 5] += 120
        Image.fromarray(picture.astype(np.uint8)).save(tmp_path / f"{at:04}.png")
        lines.append(f"{at:04}.png,{at / 1.5:.2f}")
    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    assert "A09" not in {code for code, *_ in loud(tenfold.audit(tmp_path / "list.csv"))}
