"""The promises that the product rests on, kept for pictures too."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from tenfold.report.summary import summarize
from tenfold.report.summary_text import verdict
from tenfold.store.archive import load_model, save_model
from tenfold.training import fit_blend
from tests.engine_pictures import (
    NETWORKS,
    as_pictures,
    drawing_module,
    fold_state,
    quick_study,
    same_bits,
    small_module,
    stripes,
)

HEAVY = ("fine-tuned", "scratch", "blend")
over_networks = pytest.mark.parametrize(
    "network",
    [pytest.param(name, marks=pytest.mark.slow if name in HEAVY else ()) for name in NETWORKS],
)
COUNT = 24


def three_folds(count: int = COUNT) -> list[tuple[Any, Any]]:
    fold = np.arange(count) // 2 % 3
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(3)]


def blotches(count: int) -> tuple[Any, Any]:
    """Return pictures none of which resembles another, and classes."""
    small = np.random.default_rng(2).integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)
    return small.repeat(4, axis=1).repeat(4, axis=2), np.arange(count) % 2


@lru_cache(maxsize=8)
def clean(network: str) -> Any:
    return quick_study(*stripes(COUNT), network, folds=three_folds())


@over_networks
@pytest.mark.parametrize("others", ["turned", "flat", "noise"])
def test_other_held_out_pictures_leave_the_fold_bit_for_bit_the_same(
    others: str, network: str
) -> None:
    """Catches any leak: whitening, scales, or stopping on pictures that are held out."""
    pixels, labels = stripes(COUNT)
    held_out, rng = three_folds()[0][1], np.random.default_rng(1)
    spoiled, labels = pixels.copy(), labels.copy()
    if others == "turned":
        spoiled[held_out] = rng.permutation(spoiled[held_out][:, ::-1])
    else:
        flat = np.arange(len(held_out))[:, None, None, None] % 2 * 255
        noise = rng.integers(0, 255, spoiled[held_out].shape)
        spoiled[held_out] = flat if others == "flat" else noise
    labels[held_out] = 1 - labels[held_out]
    dirty = quick_study(spoiled, labels, network, folds=three_folds())
    study = clean(network)
    assert same_bits(fold_state(study.fits, 0), fold_state(dirty.fits, 0))
    assert not same_bits(fold_state(study.fits, 1), fold_state(dirty.fits, 1))


@pytest.mark.slow
@pytest.mark.parametrize("changed", [1, 2])
def test_a_network_that_folds_share_saw_what_none_of_them_holds_out(
    changed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folds 0 and 1 share a network, and so do 2 and 3."""
    monkeypatch.setattr(fit_blend, "MOST_NETWORKS", 2)
    fold = np.arange(COUNT) // 2 % 4
    folds = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(4)]
    pixels, labels = stripes(COUNT)
    spoiled, other = 255 - pixels, 1 - labels
    spoiled[fold != changed], other[fold != changed] = (
        pixels[fold != changed],
        labels[fold != changed],
    )
    study = quick_study(pixels, labels, "best", folds=folds, epochs=1)
    dirty = quick_study(spoiled, other, "best", folds=folds, epochs=1)
    network: Any = study.fits.network
    again: Any = dirty.fits.network
    assert len(network.steps) == 2
    for one, two in zip(network.steps, again.steps, strict=True):
        assert one.beside_F == (0, 0, 1, 1)
        same = [
            same_bits(one.seeing.alone(m).state_dict(), two.seeing.alone(m).state_dict())
            and torch.equal(one.weight_F2[2 * m], two.weight_F2[2 * m])
            for m in range(2)
        ]
        assert same == [changed in {0, 1}, changed in {2, 3}]
    heads = [of.steps[0].heads.weight_FDO for of in (network, again)]
    assert [torch.equal(*(of[f] for of in heads)) for f in range(4)] == [
        f == changed for f in range(4)
    ]


@over_networks
def test_folds_trained_together_match_folds_trained_alone(network: str) -> None:
    """The fold axis is a speed-up, not another method."""
    study = clean(network)
    # Products in bfloat16 may round otherwise beside those of other folds: to 8 bits, in each
    # of four steps.
    near = 1e-3 if study.model.encoder.precision is None else 4 * 2**-8
    for fold in range(3):
        alone = quick_study(*stripes(COUNT), network, folds=[three_folds()[fold]])
        # Alone, the fold has number 0; only fold 0 draws from the same streams.
        if fold == 0:
            own = fold_state(alone.fits, 0)
            torch.testing.assert_close(fold_state(study.fits, 0), own, rtol=near, atol=near)
            if network != "fine-tuned":  # whose steps are too small to tell folds apart by
                with pytest.raises(AssertionError):
                    torch.testing.assert_close(
                        fold_state(study.fits, 1), own, rtol=near, atol=near
                    )
        assert alone.splits.held_out.sum() == study.splits.held_out[fold].sum()


@over_networks
def test_a_picture_is_answered_by_the_fold_that_holds_it_out(network: str) -> None:
    study = clean(network)
    answers = study.out_of_fold()
    assert answers.shape == (COUNT, 2)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-6)
    ensemble = study.model.answers(study.data)
    assert ensemble.shape == answers.shape
    assert not np.allclose(ensemble, answers)


@over_networks
def test_the_same_seed_gives_the_same_bits_and_another_others(network: str) -> None:
    study = clean(network)
    again = quick_study(*stripes(COUNT), network, folds=three_folds())
    assert same_bits(fold_state(study.fits, 2), fold_state(again.fits, 2))
    other = quick_study(*stripes(COUNT), network, folds=three_folds(), seed=1)
    # Other validation images may choose the same head.
    same = same_bits(fold_state(study.fits, 2), fold_state(other.fits, 2))
    assert network == "pretrained" or not same


@over_networks
def test_a_saved_model_answers_the_same(network: str, tmp_path: Any) -> None:
    model = clean(network).model
    save_model(model, tmp_path / "model.tenfold")
    make = {"own": small_module, "own in turns": drawing_module}.get(network)
    loaded = load_model(tmp_path / "model.tenfold", make)
    assert loaded.kind.name == "images"
    pictures = as_pictures(*stripes(5, seed=9), model.schema.framing)
    assert np.array_equal(model.answers(pictures), loaded.answers(pictures))
    assert loaded.schema == model.schema


@over_networks
def test_training_leaves_the_global_generators_alone(network: str) -> None:
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002 - the generator that must not be touched
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick_study(*stripes(16), network, folds=2, epochs=1)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_a_picture_is_answered_alike_alone_and_among_others() -> None:
    model = clean("pretrained").model
    pictures = as_pictures(*stripes(40, seed=4), model.schema.framing)
    together = model.answers(pictures)
    alone = np.concatenate([model.answers(pictures.take(np.array([i]))) for i in range(5)])
    np.testing.assert_allclose(together[:5], alone, rtol=0.02, atol=0.01)


def test_copies_and_near_copies_stay_in_one_fold() -> None:
    pixels, labels = blotches(40)
    pixels[20:30] = pixels[:10] // 2 + 60  # paler copies
    study = quick_study(pixels, labels, folds=5)
    held_out = study.splits.held_out
    assert all(np.array_equal(held_out[:, i], held_out[:, 20 + i]) for i in range(10))
    said = next(d.what for d in study.decisions if "stay in one fold" in d.what)
    assert said == "20 images are duplicates or near duplicates, and stay in one fold"
    kept = quick_study(pixels, labels, folds=5, keep_copies=True).splits.held_out
    assert not all(np.array_equal(kept[:, i], kept[:, 20 + i]) for i in range(10))


def test_copies_of_two_classes_are_told() -> None:
    pixels, labels = blotches(40)
    pixels[1] = pixels[0]
    study = quick_study(pixels, labels, folds=5)
    said = next(d for d in study.decisions if "stay in one fold" in d.what)
    assert said.what.endswith("; 1 of these sets contain several classes")
    assert "X[0] = X[1]" in said.why


@pytest.mark.parametrize("labels", range(3))
def test_with_shuffled_classes_no_better_than_the_constant_guess_is_claimed(
    labels: int,
) -> None:
    pixels, truth = stripes(80)
    order = np.random.default_rng(labels).permutation(80)

    def said(given: Any) -> str:
        study = quick_study(pixels, given, folds=5)
        summary = summarize(study, network="auto", seed=0, seconds={}, peak_memory_bytes=0)
        return verdict(summary)

    assert "not significantly beat the baseline" in said(truth[order])
    assert "beats the baseline" in said(truth)
