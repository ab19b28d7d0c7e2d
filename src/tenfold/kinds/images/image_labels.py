"""Classes of pictures that contradict what a pretrained network sees in others of them.

Shape letters in this file:
    N  pictures    D  features    C  classes
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import Finding
from tenfold.checks.labels import check_classes_given
from tenfold.checks.quick import FEWEST_ROWS, out_of_fold, shuffled_folds
from tenfold.data.pictures.cache import Progress
from tenfold.data.pictures.picture_schema import classes_of
from tenfold.data.pictures.pictures import Pictures
from tenfold.kinds.images.picture_model import picture_features, picture_inputs
from tenfold.nn.backbones import load_backbone
from tenfold.seeds import Streams
from tenfold.training.device import choose_place

PICTURES: Final = 3_000  # that are seen, each once


def check_picture_labels(
    pictures: Pictures,
    streams: Streams,
    progress: Progress | None = None,
) -> Iterator[Finding]:
    """Yield whether many pictures contradict their class: A12.

    A linear model on the features of the pretrained network answers each picture, learnt from
    the other folds.

    Parameters
    ----------
    pictures : Pictures
        Labelled.
    streams : Streams
        ``audit`` is drawn from.
    progress : callable, optional
        Called now and then with how many pictures were seen, and of how many.
    """
    generator = streams.generator("audit")
    chosen = np.sort(generator.permutation(len(pictures))[:PICTURES])
    pictures = pictures.take(chosen)
    classes = classes_of(pictures)
    if classes is None or len(pictures) < FEWEST_ROWS:
        return
    used, target = np.unique(classes.astype(str), return_inverse=True)
    if len(used) < 2:
        return
    place = choose_place("auto")[0]
    backbone = load_backbone(None)
    features = picture_features(
        backbone,
        picture_inputs(pictures, pictures.framing.size, place.device),
        mirrored=False,
        precision=place.precision,
        progress=progress,
    )
    x_ND = features[:, : backbone.whole].cpu().numpy()

    def answers() -> NDArray[np.float64]:
        fold = shuffled_folds(len(pictures), generator)
        return out_of_fold(_linear, x_ND, target, "classification", fold)

    yield from check_classes_given(answers, target, pictures.files, tuple(map(str, used)))


def _linear() -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only an audit waits
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
