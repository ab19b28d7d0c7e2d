"""When networks are trained beside heads, and what is said of it."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tenfold.data.folds.split import Splits
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.pictures import pictures_of
from tenfold.kinds.images.networks import blended
from tenfold.nn.blend import Blend
from tenfold.nn.convnets import FineTuned
from tenfold.nn.head import FoldHead
from tenfold.read_options import PictureOptions
from tenfold.store.archive import load_model, save_model
from tenfold.study.study import Study
from tenfold.training import blending, fit_blend
from tenfold.training.blending import Blending, Trial
from tenfold.training.fit_heads import fit_heads
from tenfold.training.fit_pictures import fit_pictures
from tenfold.training.mixing import MIXING
from tenfold.training.picture_plan import PicturePlan
from tests.engine_pictures import SIDE, as_pictures, quick_study, stripes

COUNT = 24


def study_of(folds: Any = 3, **options: Any) -> Study:
    return quick_study(*stripes(COUNT), "blend", folds=folds, epochs=1, **options)


def told(study: Study) -> str:
    """Return what is said of networks beside the heads."""
    told = ("predict together", "beside the heads")
    one, *_ = (d for d in study.decisions if any(say in d.what for say in told))
    return f"{one.what} ({one.why})"


def heads_that_leave(first: list[float]) -> Callable[..., Any]:
    """Return what finds heads, the first of which say that they leave such losses."""
    left = [np.array(first)]
    find = fit_heads

    def found(*given: Any, **options: Any) -> Any:
        heads = find(*given, **options)
        return replace(heads, loss_F=left.pop()) if left else heads

    return found


def test_only_folds_whose_heads_leave_errors_get_a_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_blend, "fit_heads", heads_that_leave([0.3, -2.0, 0.3]))
    study = study_of()
    network: Any = study.fits.network
    assert isinstance(network, Blend)
    assert network.beside_F == (0, 0, 1)
    assert network.weight_F2[1].tolist() == [1.0, 0.0]
    assert (network.weight_F2[[0, 2]] != 1).all()
    assert told(study).startswith(
        "2 small networks trained from pixels and the heads of 2 folds predict together"
    )
    # The fold without a network answers as its head does.
    heads = quick_study(*stripes(COUNT), "pretrained", folds=3, epochs=1)
    np.testing.assert_allclose(study.fits.answers[1], heads.fits.answers[1], atol=1e-6)
    assert len(study.fits.history.lines[0].loss_G) == 3


def test_heads_that_leave_no_errors_stay_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_blend, "fit_heads", heads_that_leave([-2.0, -3.0, -2.5]))
    study = study_of()
    assert isinstance(study.fits.network, FoldHead)
    assert study.model.form == "pretrained"
    assert told(study) == (
        "no network is trained from pixels beside the heads (the heads' log-loss is -2.500 on "
        "validation images)"
    )


def test_few_images_and_uneven_folds_leave_heads_alone() -> None:
    few = quick_study(*stripes(COUNT), network="auto", folds=2, epochs=1)
    assert "there are fewer than 100 images to learn from" in told(few)
    pixels, labels = stripes(COUNT)
    numbers = pictures_of(pixels, labels + 0.5, Framing(size=SIDE, crop=0.5), PictureOptions())
    few = quick_study(numbers, network="auto", folds=2, epochs=1)
    assert "there are fewer than 400 images to learn from" in told(few)
    rows = np.arange(COUNT)
    growing = [(rows[:8], rows[8:16]), (rows[:16], rows[16:])]
    assert "different numbers of images" in told(study_of(growing))


def test_numbers_of_heads_and_networks_are_mixed_in_the_units_of_the_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the mean and the deviation of what each of the two learnt from."""
    pixels, label = stripes(COUNT)
    numbers = 1_000 + 50.0 * label + np.arange(COUNT) ** 2
    pictures = pictures_of(pixels, numbers, Framing(size=SIDE, crop=0.5), PictureOptions())

    def answers(first: float, second: float) -> NDArray[np.float64]:
        told = replace(MIXING["regression"], weights=lambda *_: (first, second))
        monkeypatch.setattr(blending, "MIXING", {"regression": told})
        return quick_study(pictures, network="blend", folds=3, epochs=1).out_of_fold()[:, 0]

    heads, networks, half = answers(1.0, 0.0), answers(0.0, 1.0), answers(0.5, 0.5)
    alone = quick_study(pictures, network="pretrained", folds=3).out_of_fold()[:, 0]
    np.testing.assert_allclose(heads, alone, rtol=1e-5)
    assert np.abs(networks - heads).max() > 1
    within = np.stack([heads, networks, half])  # what no fold's range cuts
    inside = ((within > 1_005) & (within < 1_380)).all(axis=0)
    assert inside.sum() > 3
    np.testing.assert_allclose(half[inside], (heads + networks)[inside] / 2, rtol=1e-5)


def test_one_fold_is_told_in_the_singular() -> None:
    said = told(study_of(1))
    assert said.startswith(
        "1 small network trained from pixels and the heads of 1 fold predict"
    )
    assert "by heads" in said
    assert "by all, whose weights are chosen on them" in said


def test_images_are_too_few_to_choose_weights_on_and_are_learnt_from_by_fine_tuning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_blend, "LEAST_PICTURES", 0)
    monkeypatch.setattr(blended, "ENOUGH_OF_FEW", -1.0)
    study = quick_study(*stripes(COUNT), "auto", folds=3, epochs=1)
    network: Any = study.fits.network
    assert [type(step.seeing.module) for step in network.steps] == [FineTuned]
    assert (network.weight_F2 == 0.5).all()
    what, _, why = told(study).partition(" (")
    assert what == "3 fine-tuned networks and the heads of 3 folds predict together"
    assert why.startswith("there are too few images to choose weights on")


def test_a_fold_is_fine_tuned_where_small_networks_help_it_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels, labels = stripes(COUNT)

    def gained(_: Blending, plan: PicturePlan) -> tuple[int, ...]:
        return (0, 1, 2) if plan.form == "scratch" else (1,)

    monkeypatch.setattr(Blending, "wanting", gained)
    study = quick_study(pixels, labels, "best", folds=3, epochs=1)
    network: Any = study.fits.network
    small, tuned = network.steps
    assert (small.shared, tuned.shared) == (3, 1)
    assert tuned.beside_F == (0, 0, 0)
    assert tuned.weight_F2[[0, 2]].tolist() == [[1.0, 0.0]] * 2
    assert (tuned.weight_F2[1] != 1).all()
    said = told(study)
    assert said.startswith(
        "3 small networks trained from pixels, 1 fine-tuned network and the heads of 3 folds"
    )
    assert "by fine-tuned networks on theirs" in said
    # The folds without one answer as if there were none.
    without = quick_study(pixels, labels, "blend", folds=3, epochs=1)
    np.testing.assert_allclose(study.fits.answers[0], without.fits.answers[0], atol=1e-6)


def test_how_much_was_gained_is_seen_on_each_networks_own_validation_images() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 40)
    sure, unsure = np.eye(2)[truth] * 0.8 + 0.1, np.full((40, 2), 0.5)
    held_out = np.arange(40) // 20 == np.arange(2)[:, None]
    splits = Splits(learn=~held_out, held_out=held_out, numbers=(0, 1))
    trial = Trial(splits=splits, shared_F=(0, 1), answers=(unsure[:20], unsure[20:]))
    given: Any = {"rows": SimpleNamespace(target=truth), "network": None, "target": None}
    answers = sure[:20], unsure[20:]
    made = Blending(trial=trial, task="classification", answers=answers, **given)
    plans: list[Any] = [SimpleNamespace(unless_gained=least) for least in (0.1, math.inf)]
    usual, always = plans
    assert made.wanting(usual) == (1,)
    assert made.wanting(always) == (0, 1)


def test_what_is_not_trained_is_told_with_the_evidence() -> None:
    study = study_of()
    (one,) = (d for d in study.decisions if "not trained" in d.what)
    assert one.what == "fine-tuned networks are not trained beside the heads"
    assert one.why.startswith("small networks lowered the log-loss of validation images by ")
    assert one.change_with == "--quality best"


@pytest.mark.slow
def test_a_blend_of_two_ways_is_opened_as_it_was_saved(tmp_path: Path) -> None:
    pixels, labels = stripes(COUNT)
    model: Any = quick_study(pixels, labels, "best", folds=3, epochs=1).model
    save_model(model, tmp_path / "model.tenfold")
    opened: Any = load_model(tmp_path / "model.tenfold")
    assert [step.size for step in opened.network.steps] == [
        step.size for step in model.network.steps
    ]
    asked = as_pictures(pixels, labels)
    np.testing.assert_allclose(opened.answers(asked), model.answers(asked), atol=1e-5)


def test_a_network_that_was_stopped_does_not_join_heads_with_an_equal_weight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_blend, "LEAST_PICTURES", 0)
    monkeypatch.setattr(blended, "ENOUGH_OF_FEW", -1.0)
    fit = fit_pictures

    def stopped(*given: Any, **options: Any) -> Any:
        fits = fit(*given, **options)
        history = replace(fits.history, stopped_by="the time limit of 5 s")
        return replace(fits, history=history)

    monkeypatch.setattr(fit_blend, "fit_pictures", stopped)
    study = quick_study(*stripes(COUNT), "auto", folds=2, epochs=1)
    assert isinstance(study.fits.network, FoldHead)
    assert "(the time limit of 5 s)" in told(study)


def test_shares_are_those_of_the_answer_through_all_steps() -> None:
    study = quick_study(*stripes(COUNT), "best", folds=2, epochs=1)
    outer: Any = study.fits.network
    inner = outer.heads
    inner.weight_F2.copy_(torch.tensor([[1.0, 3.0]] * 2))
    outer.weight_F2.copy_(torch.tensor([[0.5, 2.0]] * 2))
    assert outer.shares == pytest.approx((0.125, 0.375, 0.5))
