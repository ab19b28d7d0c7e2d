"""What a pretrained network says of the images of a study, computed once."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.kinds.images.picture_model import picture_features, picture_inputs
from tenfold.kinds.images.shared_features import Look, features_by_workers
from tenfold.learning import Learning
from tenfold.nn.backbones import Backbone
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.watch import Callback, Supervision
from tenfold.training.workers import spreads


def see_pictures(
    learning: Learning, plan: PicturePlan, care: Supervision
) -> NDArray[np.floating[Any]]:
    """Return what a pretrained network says of the pictures, shape (N, D)."""
    if learning.objects.features is not None:
        return learning.objects.features
    if plan.backbone is None:
        raise ValueError("there is no backbone to compute image features")
    checkpoints = care.checkpoints
    kept = None if checkpoints is None else checkpoints.features(len(learning.data))
    if kept is not None:
        return kept
    found = _computed(learning, plan, plan.backbone, care)
    if checkpoints is not None:
        checkpoints.keep_features(found)
    return found


def _computed(
    learning: Learning, plan: PicturePlan, backbone: Backbone, care: Supervision
) -> NDArray[np.floating[Any]]:
    """Let a pretrained network see the pictures, here or on workers."""
    pictures, place = learning.data, learning.place
    progress = stage(care.watch, "computing image features")
    if spreads(place.device):
        look = Look(
            backbone=backbone,
            size=plan.size,
            mirrored=plan.mirrored,
            precision=place.precision,
        )
        cache, tell = pictures.cache, care.watch.tell
        return features_by_workers(look, cache, pictures.at, progress, tell)
    features = picture_features(
        backbone,
        picture_inputs(pictures, plan.size, place.device),
        mirrored=plan.mirrored,
        precision=place.precision,
        progress=progress,
    )
    return features.cpu().numpy()


def stage(watch: Callback, what: str) -> Callable[[int, int], None]:
    """Return what tells a watch how far a stage is, and ends the run if it asks for an end."""

    def progress(done: int, total: int) -> None:
        watch.stage(what, done, total)
        if watch.stop_reason() is not None:
            raise KeyboardInterrupt  # there is no network yet that could be kept

    return progress
