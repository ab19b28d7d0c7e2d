"""The promises that the product rests on; docs/why.md tells them to users.

The first is the one that all scores rest on: a fold never learns from the rows
that it holds out.
"""

import random
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from tenfold.config import Decision
from tenfold.data.columns.encode import encode_inputs, number_names
from tenfold.errors import NetworkError
from tenfold.loading import load
from tenfold.report.summary_text import verdict
from tenfold.run import Run
from tenfold.study.study import Study
from tenfold.training.fit import FoldFits
from tenfold.training.watch import Callback
from tenfold.wording import COMMAND
from tests.engine_tables import (
    NETWORKS,
    coded,
    fit,
    fold_answers,
    fold_state,
    mixed_frame,
    over_cases,
    over_seeds,
    over_targets,
    quick_run,
    run_state,
    same_bits,
    scrambled_rows,
    small_plan,
    splits_at,
    spoiled,
    three_folds,
)

over_networks = pytest.mark.parametrize("network", NETWORKS)
over_folds = pytest.mark.parametrize("fold", range(3))

ROWS = 96


@lru_cache(maxsize=4)
def clean_run(kind: str, network: str, seed: int) -> Run:
    return quick_run(mixed_frame(kind, ROWS, seed), network, seed=seed, epochs=8)


def best_epochs(fits: FoldFits) -> list[int]:
    return [int(epoch) for epoch in fits.history.best_epoch_G]


# ---- A fold never learns from the rows that it holds out ----


def with_few_values(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return a table with numbers of a few values, of two, and amounts that come back."""
    rng = np.random.default_rng(seed)
    amounts = np.array([0.0, 1.0, 10.0, 250.0, 4000.0, 4001.0])
    return frame.assign(
        few=rng.integers(0, 4 + seed % 7, len(frame)) + 0.5,
        flag=rng.integers(0, 2, len(frame)) + 0.0,
        amount=amounts[rng.integers(0, 6, len(frame))],
    )


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let numbers come back in a small table: they get bins and a learnt table of their own."""
    monkeypatch.setattr("tenfold.kinds.tables.networks.default.COARSE_BINS_ROWS", 0)
    monkeypatch.setattr("tenfold.nn.feature_layout.FEW", 4)
    monkeypatch.setattr("tenfold.nn.feature_layout.COMES_BACK", 5)


@over_seeds
@over_cases
@over_folds
@pytest.mark.usefixtures("small_limits")
def test_spoiling_held_out_rows_leaves_the_fold_bit_for_bit_the_same(
    fold: int, kind: str, network: str, seed: int
) -> None:
    """Catches any leak: scales from all rows, stopping on test rows, target encoding.

    Cells of held-out rows are permuted, emptied, and given words and values that occur
    nowhere else, so that other folds' networks get other inputs; targets and weights are
    permuted. Weights of other shapes are compared by what they say.
    """
    frame = with_few_values(mixed_frame(kind, ROWS, seed), seed)
    learn, held_out = three_folds(ROWS)[fold]
    dirty_frame = spoiled(frame, held_out, seed + 1)
    clean = quick_run(frame, network, seed=seed, epochs=4).study
    dirty = quick_run(dirty_frame, network, seed=seed, epochs=4).study
    assert dirty_frame.iloc[learn].equals(frame.iloc[learn])
    assert (dirty_frame.iloc[held_out]["y"] != frame.iloc[held_out]["y"]).any()
    shapes = [study.fits.network.features.inputs_F for study in (clean, dirty)]
    assert shapes[0] != shapes[1]

    def said(study: Study, of: int) -> Tensor:
        rows = encode_inputs(frame.iloc[learn], study.schema)
        return fold_answers(study.fits, of, *rows)

    assert best_epochs(clean.fits)[fold] == best_epochs(dirty.fits)[fold]
    assert torch.equal(said(clean, fold), said(dirty, fold))
    learnt_from_spoiled = (fold + 1) % 3
    assert not torch.equal(said(clean, learnt_from_spoiled), said(dirty, learnt_from_spoiled))


@over_seeds
@over_cases
def test_scrambling_coded_held_out_rows_leaves_the_fold_bit_for_bit_the_same(
    kind: str, network: str, seed: int
) -> None:
    """The same promise of ``fit_folds`` alone, with folds of unequal size."""
    rows, task = coded(mixed_frame(kind, ROWS, seed))
    splits = splits_at(rows, three_folds(ROWS, unequal=True))
    plan = small_plan(network, rows, 3, task)
    clean = fit(rows, splits, task, plan, seed=seed)
    for fold in range(3):
        held_out = np.flatnonzero(splits.held_out[fold])
        dirty = fit(scrambled_rows(rows, held_out, seed + 1), splits, task, plan, seed=seed)

        assert same_bits(fold_state(clean, fold), fold_state(dirty, fold))
        assert best_epochs(clean)[fold] == best_epochs(dirty)[fold]
        learnt_from_spoiled = (fold + 1) % 3
        assert not same_bits(
            fold_state(clean, learnt_from_spoiled), fold_state(dirty, learnt_from_spoiled)
        )


@pytest.mark.usefixtures("small_limits")
def test_numbers_that_come_back_are_learnt_by_themselves_in_the_test_above() -> None:
    frame = with_few_values(mixed_frame("regression", ROWS), 0)
    study = quick_run(frame, epochs=1).study
    values = study.fits.network.features.values
    assert "amount" in [number_names(study.schema)[p] for p, _ in values]


@over_targets
def test_the_row_of_a_table_is_answered_by_the_fold_that_holds_it_out(kind: str) -> None:
    """The out-of-fold answers are those of the networks that never saw the row."""
    frame = mixed_frame(kind, ROWS)
    study = quick_run(frame, "auto").study
    found = study.out_of_fold()
    for fold, (_, held_out) in enumerate(three_folds(ROWS)):
        rows = encode_inputs(frame.iloc[held_out], study.schema)
        said = fold_answers(study.fits, fold, *rows).mean(dim=0).numpy()
        np.testing.assert_allclose(found[held_out], said, rtol=1e-12)
        beside = fold_answers(study.fits, (fold + 1) % 3, *rows).mean(dim=0).numpy()
        assert not np.allclose(found[held_out], beside, rtol=1e-3)


# ---- The fold axis is a speed-up, not another method ----


@over_seeds
@over_cases
@pytest.mark.parametrize("unequal", [False, True])
def test_folds_trained_together_match_folds_trained_alone(
    unequal: bool, kind: str, network: str, seed: int
) -> None:
    """Weights are compared more loosely than answers.

    A weight that the loss does not depend on follows the rounding of its gradient,
    which Adam brings to the size of any other.
    """
    rows, task = coded(mixed_frame(kind, 97, seed))
    splits = splits_at(rows, three_folds(97, unequal=unequal))
    plan = small_plan(network, rows, 3, task, epochs=20)
    together = fit(rows, splits, task, plan, seed=seed)
    for fold in range(3):
        alone = fit(rows, splits.only(fold), task, plan, seed=seed)
        assert best_epochs(alone) == best_epochs(together)[fold : fold + 1]
        said = fold_answers(together, fold, rows.numbers, rows.codes)
        said_alone = fold_answers(alone, fold, rows.numbers, rows.codes)
        torch.testing.assert_close(said, said_alone, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(
            fold_state(together, fold),
            fold_state(alone, fold),
            rtol=1e-2,
            atol=1e-2,
            equal_nan=True,
        )
        another = fold_answers(together, (fold + 1) % 3, rows.numbers, rows.codes)
        assert not torch.allclose(said_alone, another, rtol=1e-2, atol=1e-2)


def test_505_rows_in_ten_folds_are_each_tested_once_by_folds_that_match_folds_alone() -> None:
    """Folds of 50 and 51 rows run in the same steps, and no row is dropped for it."""
    run = quick_run(mixed_frame("regression", 505), "auto", folds=10, epochs=2)
    study = run.study
    assert study is not None
    counts = study.splits.held_out.sum(axis=1)
    assert sorted(set(counts)) == [50, 51]
    assert (study.splits.held_out.sum(axis=0) == 1).all()
    assert np.isfinite(study.out_of_fold()).all()
    assert run.metrics["rows"] == 505
    plan = small_plan("auto", study.rows, 10, "regression", epochs=2)
    for fold in (int(counts.argmin()), int(counts.argmax())):
        alone = fit(study.rows, study.splits.only(fold), "regression", plan)
        held_out = study.splits.held_out[fold]
        rows = study.rows.take(held_out)
        said = fold_answers(study.fits, fold, rows.numbers, rows.codes)
        torch.testing.assert_close(
            said, fold_answers(alone, fold, rows.numbers, rows.codes), rtol=1e-4, atol=1e-4
        )


# ---- Where there is nothing to learn, nothing is claimed ----


@pytest.mark.parametrize("kind", ["regression", "two classes"])
@pytest.mark.parametrize("labels", range(4))
def test_with_shuffled_labels_no_better_than_the_constant_guess_is_claimed(
    labels: int, kind: str
) -> None:
    """Catches every way of scoring a network on what it learnt from."""
    frame = mixed_frame(kind, 400, seed=labels)
    honest = quick_run(frame, "auto", folds=5, epochs=16)
    order = np.random.default_rng(labels).permutation(len(frame))
    shuffled = quick_run(
        frame.assign(y=frame["y"].to_numpy()[order]), "auto", folds=5, epochs=16
    )
    assert "not significantly beat the baseline" in verdict(shuffled.results)
    assert "beats the baseline" in verdict(honest.results)


# ---- The order of rows and columns, and the rows beside a row, mean nothing ----


@over_seeds
@over_networks
def test_permuted_rows_give_the_same_model_and_permuted_answers(
    network: str, seed: int
) -> None:
    """The tutorial's folds are blocks of the file's rows unless they are shuffled."""
    frame = mixed_frame("regression", ROWS, seed)
    order = np.random.default_rng(seed).permutation(ROWS)
    one = quick_run(frame, network, seed=seed, folds=3, shuffle=True)
    other = quick_run(frame.iloc[order], network, seed=seed, folds=3, shuffle=True)
    assert same_bits(run_state(one), run_state(other))
    assert np.array_equal(one.study.out_of_fold()[order], other.study.out_of_fold())
    assert one.metrics["scores"] == other.metrics["scores"]

    touched = frame.assign(size=frame["size"].where(frame.index != 5, 50.0))
    control = quick_run(touched, network, seed=seed, folds=3, shuffle=True)
    assert not same_bits(run_state(one), run_state(control))


@over_seeds
@over_cases
def test_permuted_columns_give_the_same_model(kind: str, network: str, seed: int) -> None:
    frame = mixed_frame(kind, ROWS, seed)
    names = list(np.random.default_rng(seed).permutation(frame.columns))
    one = quick_run(frame, network, seed=seed, epochs=2)
    other = quick_run(frame[names], network, seed=seed, epochs=2)
    assert names != list(frame.columns)
    assert same_bits(run_state(one), run_state(other))
    assert one.predict(frame).equals(other.predict(frame[names]))
    # Control: columns are told apart by name.
    swapped = frame.rename(columns={"size": "age", "age": "size"})
    control = quick_run(swapped, network, seed=seed, epochs=2)
    assert not same_bits(run_state(one), run_state(control))


@over_cases
@pytest.mark.parametrize("threads", [1, 3])
def test_a_row_gets_the_same_answer_whatever_rows_stand_beside_it(
    threads: int, kind: str, network: str
) -> None:
    """Bit for bit from Tenfold's networks; a user's module rounds as torch's layers do."""
    run = clean_run(kind, network, 0)
    frame = mixed_frame(kind, 150, seed=1)
    order = np.random.default_rng(0).permutation(len(frame))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        beside = run.model.answers(frame)
        permuted = run.model.answers(frame.iloc[order])
        part = run.model.answers(frame.iloc[7:75])
        alone = [run.model.answers(frame.iloc[row : row + 1])[0] for row in (0, 63, 64, 149)]
    finally:
        torch.set_num_threads(before)
    rounding = 0.0 if run.model.own is False else 1e-6
    tolerance = {"rtol": rounding, "atol": rounding}
    np.testing.assert_allclose(permuted, beside[order], **tolerance)
    np.testing.assert_allclose(part, beside[7:75], **tolerance)
    np.testing.assert_allclose(alone, beside[[0, 63, 64, 149]], **tolerance)
    assert len(np.unique(beside.round(5), axis=0)) > 100


@pytest.mark.parametrize("classes", [3, 6, 7, 9, 11, 17])
def test_a_row_gets_the_same_bits_for_every_number_of_classes(classes: int) -> None:
    """Products of few columns are where libraries round by place."""
    frame = mixed_frame("regression", 12 * classes)
    ranks = np.argsort(np.argsort(frame["y"]))
    run = quick_run(frame.assign(y=[f"class {rank % classes}" for rank in ranks]), epochs=1)
    order = np.random.default_rng(0).permutation(len(frame))
    answers = run.model.answers(frame)
    assert answers.shape == (12 * classes, classes)
    assert np.array_equal(run.model.answers(frame.iloc[order]), answers[order])
    assert len(np.unique(answers, axis=0)) > 10 * classes


# ---- The same seed gives the same bits; global generators are left alone ----


@over_cases
def test_the_same_seed_twice_gives_the_same_bits_and_another_seed_others(
    kind: str, network: str
) -> None:
    frame = mixed_frame(kind, ROWS)
    one, again = (quick_run(frame, network, seed=3, epochs=3) for _ in range(2))
    other = quick_run(frame, network, seed=4, epochs=3)
    assert same_bits(run_state(one), run_state(again))
    assert one.predict(frame).equals(again.predict(frame))
    assert one.metrics["scores"] == again.metrics["scores"]
    assert not same_bits(run_state(one), run_state(other))


def generators() -> tuple[object, bytes, bytes]:
    """Return the states of the generators that a whole process shares."""
    numpy_state = np.random.get_state()  # noqa: NPY002 - the global one is the subject
    return (
        random.getstate(),
        repr(numpy_state).encode(),
        torch.get_rng_state().numpy().tobytes(),
    )


@over_networks
def test_training_saving_loading_and_predicting_leave_the_global_generators_alone(
    network: str, tmp_path: Path
) -> None:
    frame = mixed_frame("regression", ROWS)
    before = generators()
    run = quick_run(frame, network, epochs=2, out=tmp_path, test_size=0.2, folds=3)
    make = NETWORKS[network] if callable(NETWORKS[network]) else None
    loaded = load(run.folder, network=make)
    loaded.predict(frame)
    loaded.evaluate(frame)
    assert generators() == before
    torch.rand(1)
    assert generators() != before


@over_networks
def test_the_states_of_the_global_generators_do_not_reach_a_run(network: str) -> None:
    frame = mixed_frame("regression", ROWS)
    states = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global one is the subject
        torch.manual_seed(seed)
        states.append(run_state(quick_run(frame, network, epochs=2)))
    assert same_bits(*states)


# ---- Saved and loaded ----


@over_cases
def test_a_saved_model_predicts_the_same_bits(kind: str, network: str, tmp_path: Path) -> None:
    run = quick_run(mixed_frame(kind, ROWS), network, out=tmp_path)
    make = NETWORKS[network] if callable(NETWORKS[network]) else None
    loaded = load(run.folder, network=make)
    assert same_bits(run_state(run), run_state(loaded))
    new = mixed_frame(kind, 150, seed=1)
    new.loc[3, "town"] = "never seen"
    new.loc[4, "size"] = np.inf
    assert np.array_equal(loaded.model.answers(new), run.model.answers(new))
    assert loaded.predict(new).equals(run.predict(new))
    assert loaded.metrics == run.metrics
    # Control: another model says something else.
    other = quick_run(mixed_frame(kind, ROWS, seed=1), network)
    assert not np.array_equal(other.model.answers(new), run.model.answers(new))


# ---- Weights ----


@over_networks
def test_a_row_that_stands_twice_is_the_row_once_with_weight_two(network: str) -> None:
    """Copies are joined before rows are dealt out, so the two tables train to the same bits."""
    frame = mixed_frame("regression", ROWS).drop(columns="w")
    twice = pd.concat([frame, frame.iloc[:20]], ignore_index=True)
    weighed = frame.assign(w=np.where(np.arange(ROWS) < 20, 2.0, 1.0))
    options = {"folds": 3, "shuffle": True, "epochs": 3}
    one = quick_run(twice, network, weight_column=None, **options)
    other = quick_run(weighed, network, **options)
    assert same_bits(run_state(one), run_state(other))
    assert one.metrics["scores"] == other.metrics["scores"]
    assert np.array_equal(one.study.out_of_fold()[ROWS:], one.study.out_of_fold()[:20])

    plain = quick_run(frame, network, weight_column=None, **options)
    assert not same_bits(run_state(one), run_state(plain))


@over_networks
def test_a_row_of_weight_zero_is_a_row_that_is_not_there(network: str) -> None:
    frame = mixed_frame("regression", ROWS)
    zero = np.arange(ROWS) >= 90
    muted = frame.assign(w=frame["w"].where(~zero, 0.0))
    # The same words occur in both tables, so that both have one schema.
    options = {"folds": 3, "shuffle": True, "epochs": 3}
    one = quick_run(muted, network, **options)
    other = quick_run(muted[~zero], network, **options)
    assert one.study.schema.used == other.study.schema.used
    assert same_bits(run_state(one), run_state(other))
    assert np.isnan(one.study.out_of_fold()[zero]).all()
    assert np.isfinite(one.study.out_of_fold()[~zero]).all()


def test_weights_of_another_unit_give_the_same_answers() -> None:
    """Weights compare rows; their unit means nothing."""
    frame = mixed_frame("regression", ROWS)
    one = quick_run(frame, "auto")
    other = quick_run(frame.assign(w=frame["w"] * 1024), "auto")
    np.testing.assert_allclose(
        one.study.out_of_fold(), other.study.out_of_fold(), rtol=1e-3, atol=1e-3
    )
    control = quick_run(frame.assign(w=frame["w"] ** 3), "auto")
    assert not np.allclose(one.study.out_of_fold(), control.study.out_of_fold(), atol=1e-2)


# ---- Training that ends early ----


class StopAfter(Callback):
    """A watch that asks for an end after some epochs, as Ctrl-C would."""

    def __init__(self, epochs: int) -> None:
        self.done = 0
        self._epochs = epochs

    def decided(self, decisions: Sequence[Decision]) -> None:
        assert decisions

    def epoch(self, done: int, most: int) -> None:
        assert done == self.done + 1 <= most
        self.done = done

    def tell(self, what: str) -> None:
        raise AssertionError(what)

    def stop_reason(self) -> str | None:
        return "somebody asked" if self.done >= self._epochs else None


@over_networks
def test_a_run_that_is_stopped_is_saved_and_usable_and_says_so(
    network: str, tmp_path: Path
) -> None:
    frame = mixed_frame("regression", ROWS)
    watch = StopAfter(3)
    run = quick_run(frame, network, epochs=5_000, lr=1e-4, out=tmp_path, callbacks=watch)
    assert watch.done == run.metrics["epochs"] == 4
    state = "best" if network == "auto" else "last"  # of those without validation rows
    what, why = f"training stopped in epoch 4; the {state} state was kept", "somebody asked"
    said = [(d["what"], d["why"]) for d in run.metrics["decisions"]]
    assert (what, why) in said
    make = NETWORKS[network] if callable(NETWORKS[network]) else None
    loaded = load(run.folder, network=make)
    assert np.isfinite(loaded.predict(frame)["prediction"]).all()
    assert (what, why) in [(d.what, d.why) for d in loaded.model.decisions]
    # Control: nobody asks, nothing is said.
    whole = quick_run(frame, network, epochs=4)
    assert not any("training stopped" in d["what"] for d in whole.metrics["decisions"])


def test_a_run_out_of_time_is_saved_and_usable_and_says_so(tmp_path: Path) -> None:
    frame = mixed_frame("regression", ROWS)
    run = quick_run(frame, "tutorial", epochs=1_000_000, time_limit=0.25, out=tmp_path)
    assert run.metrics["epochs"] < 1_000_000
    assert any(
        "training stopped" in d["what"] and d["why"] == "the time limit of 0.25 s"
        for d in run.metrics["decisions"]
    )
    assert np.isfinite(load(run.folder).predict(frame)["prediction"]).all()


def test_a_loss_that_is_not_finite_ends_training_with_n05() -> None:
    frame = mixed_frame("regression", ROWS)
    with pytest.raises(NetworkError) as caught:
        quick_run(frame, "own", lr=1e30)
    assert caught.value.said(COMMAND) == (
        "N05: the loss stopped being finite in epoch 1.\n\n"
        "  folds  1, 2, 3\n"
        "  why    training stops if the loss is not a finite number\n"
        "  fix    use a lower learning rate: --lr 1e+29"
    )


def test_n05_names_only_the_folds_whose_loss_is_not_finite() -> None:
    """Only the folds that learn from the one impossible target diverge."""
    rows, task = coded(mixed_frame("regression", ROWS))
    splits = splits_at(rows, three_folds(ROWS))
    rows.target[splits.held_out[1].argmax()] = np.inf
    plan = small_plan("tutorial", rows, 3, task)
    with pytest.raises(NetworkError) as caught:
        fit(rows, splits, task, plan)
    assert caught.value.code == "N05"
    assert caught.value.place == {"folds": "1, 3"}


# ---- Tables at the edge ----


def test_two_groups_in_two_folds_train_and_validate_on_rows_of_their_own_group() -> None:
    """A fold that learns from one group cannot leave a group out to watch it."""
    frame = mixed_frame("regression", ROWS).assign(g=np.arange(ROWS) % 2)
    run = quick_run(frame, "auto", folds=2, group_column="g")
    stack = run.study.fits.stack
    assert stack.learn_FN.any(axis=1).all()
    assert not (stack.validation_FN & run.study.splits.held_out[stack.fold_F]).any()
    assert np.isfinite(run.study.out_of_fold()).all()


@pytest.mark.parametrize("cell", [1e12, 1e25, 1e300, -1e300])
def test_one_absurd_cell_neither_ends_training_nor_moves_the_answers_of_other_rows_far(
    cell: float,
) -> None:
    """A slip of the pen in one row must not decide over the others."""
    frame = mixed_frame("regression", ROWS)
    slip = frame.copy()
    slip.loc[0, "size"] = cell
    clean, dirty = quick_run(frame, epochs=12), quick_run(slip, epochs=12)
    assert np.isfinite(dirty.study.out_of_fold()).all()
    differences = np.abs(clean.study.out_of_fold() - dirty.study.out_of_fold())[1:]
    assert differences.mean() < 0.5 * frame["y"].std()
    new = clean.model.answers(frame.head(2).assign(size=[np.sign(cell) * 1e9, cell]))
    np.testing.assert_allclose(
        *clean.model.answers(frame.iloc[[0, 0]].assign(size=[np.sign(cell) * 1e9, cell])),
        rtol=1e-5,
    )
    assert np.isfinite(new).all()


def test_a_column_of_tiny_numbers_of_every_size_can_be_learnt_from() -> None:
    """P-values: their bins are so narrow that a slope over one has no place in float32."""
    frame = mixed_frame("regression", ROWS)
    frame["p"] = 10.0 ** -np.random.default_rng(0).uniform(0, 200, ROWS)
    assert np.isfinite(quick_run(frame).study.out_of_fold()).all()
