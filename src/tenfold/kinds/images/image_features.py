"""What a pretrained network says of the images of a study, computed once."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.kinds.images.picture_model import picture_features, picture_inputs
from tenfold.learning import Learning
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.watch import Callback, Supervision


def see_pictures(
    learning: Learning, plan: PicturePlan, care: Supervision
) -> NDArray[np.floating[Any]]:
    """Return what a pretrained network says of the pictures, shape (N, D)."""
    if learning.objects.features is not None:
        return learning.objects.features
    if plan.backbone is None:
        raise ValueError("there is no backbone to compute image features")
    place, checkpoints = learning.place, care.checkpoints
    kept = None if checkpoints is None else checkpoints.features(len(learning.data))
    if kept is not None:
        return kept
    features = picture_features(
        plan.backbone,
        picture_inputs(learning.data, plan.size, place.device),
        mirrored=plan.mirrored,
        precision=place.precision,
        progress=stage(care.watch, "computing image features"),
    )
    found: NDArray[np.floating[Any]] = features.cpu().numpy()
    if checkpoints is not None:
        checkpoints.keep_features(found)
    return found


def stage(watch: Callback, what: str) -> Callable[[int, int], None]:
    """Return what tells a watch how far a stage is, and ends the run if it asks for an end."""

    def progress(done: int, total: int) -> None:
        watch.stage(what, done, total)
        if watch.stop_reason() is not None:
            raise KeyboardInterrupt  # there is no network yet that could be kept

    return progress
