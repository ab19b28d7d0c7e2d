"""Commands in odd surroundings: a result or a coded message, never a hang or a traceback."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.errors import RULES
from tests.engine_pictures import write_folder
from tests.engine_surroundings import Case, Outcome, run_all
from tests.engine_tables import houses

pytestmark = pytest.mark.slow

QUICK: Final = "--quality fast --folds 2 --epochs 2 --quiet"
COMMANDS: Final = {
    "train": f"train {{home}}/houses.csv {QUICK} --out {{new}}",
    "predict": "predict {home}/runs/houses-1 {home}/houses.csv",
    "predict pictures": "predict {home}/runs/stripes-1 {home}/stripes/flat",
    "evaluate": "evaluate {home}/runs/houses-1 {home}/houses.csv --json",
    "explain": "explain {home}/runs/houses-1 --quiet",
    "report": "report {home}/runs/houses-1",
    "audit": "audit {home}/houses.csv --quiet",
    "export": "export {home}/runs/houses-1 --format torch --out {new}/model.pt2",
    "serve": "serve {home}/runs/houses-1 --port 0",
    "compare": "compare {home}/houses.csv --no-axes --folds 2 --quality fast --out {new}",
    "demo": "demo --out {new}",
}
SURROUNDINGS: Final[dict[str, dict[str, Any]]] = {
    "nothing odd": {},
    "full output": {"stdout": "/dev/full"},
    "closed output": {"stdout": "closed"},
    "nobody reads the output": {"stdout": "nobody"},
    "closed input": {"stdin": "closed"},
    "closed messages": {"stderr": "closed"},
    "full messages": {"stderr": "/dev/full"},
    "nobody reads the messages": {"stderr": "nobody"},
    "all closed": {"stdin": "closed", "stdout": "closed", "stderr": "closed"},
    "no home": {"env": {"HOME": None}},
    "a folder that is gone": {"removed": True},
    "no room in any file": {"most_bytes": 0},
}
FEW: Final = ("nothing odd", "full output", "no room in any file")
# All of those that take a part of a second, and of the others what differs.
ASKED: Final = [
    *((command, odd) for command in ("predict", "evaluate", "audit") for odd in SURROUNDINGS),
    *(("train", odd) for odd in SURROUNDINGS if odd not in {"closed input", "no home"}),
    *((command, odd) for command in ("predict pictures", "explain", "report") for odd in FEW),
    ("export", "no room in any file"),
    ("serve", "closed output"),
    ("compare", "no room in any file"),
    ("demo", "no room in any file"),
]
# What ends with a message where no file can be written, and its code.
NO_ROOM: Final = {
    "train": "M06",
    "explain": "M06",
    "report": "M06",
    "compare": "M15",
    "demo": "M06",
    "export": "M15",
}
CODED: Final = re.compile(r"([A-Z]\d\d): .*\.\n\n(?:  .*\n)*  why .*\n(?:  .*\n)*\Z")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    frame = houses(60)
    frame.to_csv(folder / "houses.csv", index=False)
    frame["town"] = frame["town"].replace("Ulm", "Köln")
    frame.drop(columns="price").to_csv(folder / "towns.csv", index=False)
    for data in ("houses.csv", "towns.csv"):
        tenfold.train(
            folder / data,
            folds=2,
            quality="fast",
            training=TrainOptions(epochs=2),
            out=folder / "runs",
        )
    write_folder(folder / "stripes", 24)
    tenfold.train(
        folder / "stripes", folds=2, training=TrainOptions(img_size=32), out=folder / "runs"
    )
    for name in ("lost.csv", "lost-run", "lost-out"):
        (folder / name).symlink_to(folder / "nowhere" / name)
    (folder / "loop").symlink_to("loop")
    return folder


def case(home: Path, words: str, name: str, **surrounding: Any) -> Case:
    new = home / "new" / name.replace(" ", "-")
    new.mkdir(parents=True)
    found = tuple(word.format(home=home, new=new) for word in words.split())
    return Case(words=found, cwd=str(new), **surrounding)


ASCII: Final = {"env": {"PYTHONIOENCODING": "ascii"}}
# Each with the code that it ends with, or None.
OTHERS: Final[dict[str, tuple[str, dict[str, Any], str | None]]] = {
    "letters that output lacks": (
        "predict {home}/runs/towns-1 {home}/towns.csv",
        ASCII,
        "M15",
    ),
    "letters in a document": (
        "predict {home}/runs/towns-1 {home}/towns.csv --json",
        ASCII,
        None,
    ),
    "letters for people": ("evaluate {home}/runs/towns-1 {home}/towns.csv", ASCII, None),
    "a link to nowhere, trained on": ("train {home}/lost.csv", {}, "D01"),
    "a link to nowhere, audited": ("audit {home}/lost.csv", {}, "D01"),
    "a link to nowhere, predicted": ("predict {home}/runs/houses-1 {home}/lost.csv", {}, "D01"),
    "a link to nowhere, evaluated": (
        "evaluate {home}/runs/houses-1 {home}/lost.csv",
        {},
        "D01",
    ),
    "a link to nowhere, compared": ("compare {home}/lost.csv", {}, "D01"),
    "a link to nowhere as a run": ("predict {home}/lost-run {home}/houses.csv", {}, "M07"),
    "a link to nowhere that goes on": ("train --resume {home}/lost-run", {}, "M13"),
    "a link to nowhere that is served": ("serve {home}/lost-run", {}, "M07"),
    "a link to nowhere for runs": (
        f"train {{home}}/houses.csv {QUICK} --out {{home}}/lost-out",
        {},
        "M06",
    ),
    "a link to nowhere for comparisons": (
        "compare {home}/houses.csv --no-axes --folds 2 --out {home}/lost-out",
        {},
        "M06",
    ),
    "a link to nowhere for answers": (
        "predict {home}/runs/houses-1 {home}/houses.csv --out {home}/lost-out",
        {},
        "U01",
    ),
    "a link to itself, trained on": ("train {home}/loop", {}, "D01"),
    "a link to itself, audited": ("audit {home}/loop", {}, "D01"),
    "a link to itself, predicted": ("predict {home}/runs/houses-1 {home}/loop", {}, "D01"),
    "a link to itself, compared": ("compare {home}/loop", {}, "D01"),
    "a link to itself as a run": ("predict {home}/loop {home}/houses.csv", {}, "M07"),
    "a link to itself for runs": (
        f"train {{home}}/houses.csv {QUICK} --out {{home}}/loop",
        {},
        "M06",
    ),
    "a link to itself for answers": (
        "predict {home}/runs/houses-1 {home}/houses.csv --out {home}/loop",
        {},
        "U01",
    ),
    "closed input, asked for": ("predict {home}/runs/houses-1 -", {"stdin": "closed"}, "D02"),
    "closed input, trained on": ("train -", {"stdin": "closed"}, "D02"),
    "no room for the input": (
        "train -",
        {"stdin": "{home}/houses.csv", "most_bytes": 0},
        "M15",
    ),
    "no room for the answers": (
        "predict {home}/runs/houses-1 {home}/houses.csv --out {new}/answers.csv",
        {"most_bytes": 0},
        "U01",
    ),
    "a device for the answers": (
        "predict {home}/runs/houses-1 {home}/houses.csv --out /dev/full",
        {},
        "U01",
    ),
    "a working directory that cannot be written": (
        f"train {{home}}/houses.csv {QUICK}",
        {"cwd": "/proc"},
        "M06",
    ),
}


@pytest.fixture(scope="module")
def outcomes(home: Path) -> dict[str, Outcome]:
    cases = {
        f"{command}, {surrounding}": case(
            home, COMMANDS[command], f"{command}, {surrounding}", **SURROUNDINGS[surrounding]
        )
        for command, surrounding in ASKED
    }
    for name, (words, surrounding, _) in OTHERS.items():
        odd = {k: v.format(home=home) if k == "stdin" else v for k, v in surrounding.items()}
        cwd = {"cwd": odd.pop("cwd")} if "cwd" in odd else {}
        made = case(home, words, name, **odd)
        cases[name] = Case(**{f: getattr(made, f) for f in made.__slots__} | cwd)
    return run_all(cases, home)


def code_of(outcome: Outcome) -> str:
    found = CODED.search(outcome.err)
    return "" if found is None else found[1]


def without_places(text: str) -> str:
    return re.sub(r"\S*/new/\S*", "PLACE", text)


@pytest.mark.parametrize(("command", "surrounding"), ASKED)
def test_a_command_in_odd_surroundings_gives_its_result_or_says_why_not(
    command: str, surrounding: str, outcomes: dict[str, Outcome]
) -> None:
    found = outcomes[f"{command}, {surrounding}"]
    assert found.status is not None, "it waits for ever"
    assert "Traceback" not in found.out + found.err
    if surrounding in {"full output", "closed output", "all closed"}:
        wanted, code = 1, "" if surrounding == "all closed" else "M15"
    elif surrounding == "no room in any file" and command in NO_ROOM:
        wanted, code = 1, NO_ROOM[command]
    else:
        wanted, code = 0, ""
    assert (found.status, code_of(found)) == (wanted, code), found.err
    if wanted == 0 and SURROUNDINGS[surrounding].get("stdout") is None:
        plain = outcomes[f"{command}, nothing odd"]
        assert without_places(found.out) == without_places(plain.out) != ""


@pytest.mark.parametrize("name", OTHERS)
def test_what_cannot_be_read_or_written_is_a_coded_message(
    name: str, outcomes: dict[str, Outcome]
) -> None:
    found, code = outcomes[name], OTHERS[name][2]
    assert "Traceback" not in found.out + found.err
    assert code_of(found) == (code or ""), found.err
    assert found.status == (0 if code is None else 2 if RULES[code] == RULES["U01"] else 1)


@pytest.mark.parametrize(
    "surrounding", [o for c, o in ASKED if c == "train" and o != "no room in any file"]
)
def test_a_run_is_written_whatever_becomes_of_what_is_said_of_it(
    surrounding: str, home: Path, outcomes: dict[str, Outcome]
) -> None:
    new = home / "new" / f"train,-{surrounding}".replace(" ", "-")
    run = tenfold.load(new / "houses-1")
    assert (new / "houses-1" / "report.html").is_file()
    assert len(run.predict(pd.read_csv(home / "houses.csv"))) == 60
    found = outcomes[f"train, {surrounding}"]
    if SURROUNDINGS[surrounding].get("stdout") is not None and surrounding != "all closed":
        assert f"saved in {new}/houses-1" in found.err


def test_letters_that_output_lacks_are_whole_in_a_document(
    outcomes: dict[str, Outcome],
) -> None:
    said = json.loads(outcomes["letters in a document"].out)
    assert {row["prediction"] for row in said["rows"]} <= {"Köln", "Bonn", "Kiel"}
    assert "'\\xf6'" in outcomes["letters that output lacks"].err
    assert outcomes["letters that output lacks"].out == ""


def test_an_explanation_stays_where_there_is_no_room_for_another(
    home: Path, outcomes: dict[str, Outcome]
) -> None:
    assert code_of(outcomes["explain, no room in any file"]) == "M06"
    folder = home / "runs" / "houses-1" / "explain"
    assert json.loads((folder / "explain.json").read_text())["kind"] == "table"
    assert not (folder.parent / "explain.part").exists()
