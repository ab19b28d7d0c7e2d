"""Mirror images: shown where they help, and nowhere if a user says so."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from tenfold.config import TrainOptions
from tenfold.kinds.images.networks.picture_network import Setting
from tenfold.kinds.images.networks.registry import choose_plan
from tenfold.nn.backbones import load_backbone
from tenfold.store.archive import load_model, save_model
from tenfold.training.picture_plan import PicturePlan
from tests.engine_pictures import as_pictures, quick_study, small_module, stripes

USUAL: Final = {
    "scratch": "alternate", "tutorial": "random", "fine-tuned": "random", "own": "random",
    "small beside heads": "none", "tuned beside heads": "random",
}  # fmt: skip

BESIDE: Final = ("small beside heads", "tuned beside heads")


def planned(network: str, mirror: bool | None) -> PicturePlan:
    """Return how a network is trained."""
    asked: dict[str, Any] = {"network": network}
    if network == "fine-tuned":
        asked = {"network": "pretrained", "quality": "best"}
    elif network == "own":
        asked = {}
    elif network in BESIDE:
        asked = {"quality": "best"}
    setting = Setting(
        pictures=600,
        size=64,
        options=TrainOptions(**asked, mirror=mirror),
        backbone=load_backbone(None),
        make=small_module if network == "own" else None,
    )
    plan, _ = choose_plan(setting)
    return plan.beside[BESIDE.index(network)] if network in BESIDE else plan


@pytest.mark.parametrize("network", USUAL)
def test_mirror_images_are_shown_as_the_user_says(network: str) -> None:
    assert planned(network, None).augmentation.flip == USUAL[network]
    assert planned(network, mirror=False).augmentation.flip == "none"
    assert planned(network, mirror=True).augmentation.flip in {"random", "alternate"}


@pytest.mark.parametrize("mirror", [True, False])
def test_heads_see_mirror_images_as_the_user_says(mirror: bool) -> None:
    assert planned("pretrained", mirror).mirrored is mirror


@pytest.mark.slow
@pytest.mark.parametrize("network", ["scratch", "fine-tuned"])
@pytest.mark.parametrize("mirror", [None, False])
def test_answers_are_means_over_both_ways_unless_the_user_says_no(
    network: str, mirror: bool | None, tmp_path: Path
) -> None:
    pixels, labels = stripes(24)
    model = quick_study(pixels, labels, network, folds=2, mirror=mirror).model
    save_model(model, tmp_path / "model.tenfold")
    framing = model.schema.framing
    one_way, other = (
        as_pictures(some, labels, framing) for some in (pixels, pixels[:, :, ::-1].copy())
    )
    for answering in (model, load_model(tmp_path / "model.tenfold")):
        off = np.abs(answering.answers(one_way) - answering.answers(other)).max()
        assert off < 0.02 if mirror is None else off > 0.02
