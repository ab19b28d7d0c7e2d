"""Which rounds are run, on what, and what they take over from each other."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.forecast import round_seconds
from tenfold.comparison.job import Job
from tenfold.comparison.rounds import ALL_CORES, INTERRUPTED, ONE_CORE, Race, final_rounds
from tenfold.comparison.worker import Runner
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.contest.round import Round
from tenfold.kinds.images.image_contest import COLOURS, PRETRAINED
from tenfold.kinds.images.picture_model import picture_features
from tests.engine_contests import contest_of

PICTURES: Final = 48


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Contest:
    """Return pictures of two classes, in three folds."""
    home, rng = tmp_path_factory.mktemp("pets"), np.random.default_rng(0)
    for number in range(PICTURES):
        name, low = ("dark", 0) if number % 2 else ("light", 120)
        path = home / name / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(low, low + 130, (40, 40, 3), dtype=np.uint8)).save(path)
    return contest_of(home, folds=3, device="cpu")


def entries(runner: Runner, *rounds: Round) -> list[Any]:
    """Return what each of some rounds reaches."""
    return [list(runner.entries(this))[-1] for this in rounds]


def test_pictures_are_seen_once_and_once_more_where_seconds_count(
    problem: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    see = picture_features

    def count(backbone: Any, inputs: Any, **options: Any) -> Any:
        seen.append(len(inputs.at_N))
        return see(backbone, inputs, **options)

    monkeypatch.setattr("tenfold.kinds.images.image_features.picture_features", count)
    shares = Round(name="share", share=0.5, folds=2)
    timed = Round(name="timed", share=0.5, tested=0.5, folds=1, afresh=True)
    runner = Runner(Job(contender=PRETRAINED, problem=problem, rounds=()))
    race, share, fold = entries(runner, Round(name="race"), shares, timed)
    assert seen == [PICTURES, PICTURES // 2]
    assert (race.folds, share.folds, fold.folds) == (3, 2, 1)
    assert (race.learnt, share.learnt, fold.learnt) == (32, 16, 16)
    assert min(race.mean("accuracy"), share.mean("accuracy")) > 0.9


def test_features_of_pictures_are_computed_once_and_once_more_where_seconds_count(
    problem: Contest,
) -> None:
    seen: list[int] = []

    def brightness(squares: Any) -> Any:
        seen.append(len(squares))
        return squares.mean(axis=(1, 2))

    contender = Contender(
        name="brightness", kind="classical", make=COLOURS.make, features=brightness
    )
    shares = Round(name="share", share=0.5, folds=2)
    timed = Round(name="timed", share=0.5, tested=0.5, folds=1, afresh=True)
    runner = Runner(Job(contender=contender, problem=problem, rounds=()))
    entries(runner, Round(name="race"), shares, timed)
    assert seen == [PICTURES, PICTURES // 2]


def test_seconds_are_taken_of_a_fold_of_part_of_the_pictures(problem: Contest) -> None:
    rounds = {this.name: this for this in final_rounds(PRETRAINED, problem)}
    one, all_ = rounds[ONE_CORE], rounds[ALL_CORES]
    assert (one.one_core, all_.one_core) == (True, False)
    assert one.afresh
    assert all_.afresh
    assert one.share == one.tested == all_.share == all_.tested == 1 / 8
    assert not any(this.afresh for name, this in rounds.items() if name.startswith("share"))


def test_a_small_table_is_timed_on_all_of_a_fold() -> None:
    x = np.linspace(0, 1, 60)
    frame = pd.DataFrame({"x": x, "y": x})
    problem = contest_of(frame, folds=3, device="cpu", target="y")
    field, _ = problem.contenders()
    rounds = {this.name: this for this in final_rounds(field[1], problem)}
    assert (rounds[ONE_CORE].share, rounds[ONE_CORE].tested) == (1, 1)


def test_a_part_of_the_rows_is_tested_and_none_that_was_not_before(problem: Contest) -> None:
    part = problem.shrunk(0.5, tested=0.5)
    for (learn, test), (kept, asked) in zip(problem.splits, part.splits, strict=True):
        assert set(kept) < set(learn)
        assert set(asked) < set(test)
        assert len(asked) == len(test) // 2


class Stopped:
    """Processes in which a round of two folds ends, and one of three is stopped by Ctrl-C."""

    def __enter__(self) -> "Stopped":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, job: Job, hear: Any) -> dict[str, Entry]:
        for name, folds in (("short", 1), ("short", 2), ("race", 1)):
            hear(name, Entry(name="mean", kind="classical", folds=folds))
        raise KeyboardInterrupt


def test_a_round_that_was_whole_before_ctrl_c_stays_whole(
    problem: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenfold.comparison.rounds.Processes", Stopped)
    shares: list[float] = []

    follow: Any = ComparisonCallback()
    follow.working = lambda _what, share: shares.append(share)
    race = Race(problem, None, follow, expected=100.0)
    contender = Contender(name="mean", kind="classical", make=COLOURS.make)
    rounds = (Round(name="short", folds=2), Round(name="race"), Round(name="later"))
    found = race.run([(contender, rounds)])["mean"]
    assert race.interrupted
    assert found["short"].error is None
    assert found["race"].error == found["later"].error == INTERRUPTED
    assert shares == sorted(shares)
    seconds = [round_seconds(contender, this, problem, None) for this in rounds]
    assert shares[2] == pytest.approx(seconds[0] / 100)  # the short round is done
