"""What a pretrained network says of images, computed by workers that joblib knows."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import joblib
import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.kinds.images.picture_model import picture_features
from tenfold.learning import Progress
from tenfold.nn.backbones import Backbone
from tenfold.nn.fused import BATCH
from tenfold.nn.inputs import PictureInputs
from tenfold.training.spread import Shared
from tenfold.training.workers import bring_back, end_with

PIECE: Final = 16 * BATCH  # pictures; whole batches, so that each is the same as in one process


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a pretrained network sees pictures; see ``picture_features``.

    Attributes
    ----------
    program : int
        Number of the process that asks.
    """

    backbone: Backbone
    size: int
    mirrored: bool
    precision: torch.dtype | None
    program: int = field(default_factory=os.getpid)


def features_by_workers(
    look: Look,
    pixels_MHW3: NDArray[np.uint8],
    at_N: NDArray[np.int64],
    progress: Progress,
    tell: Callable[[str], None],
) -> NDArray[np.floating[Any]]:
    """Return what a pretrained network says of pictures, as one process computes it.

    Parameters
    ----------
    look : Look
    pixels_MHW3 : ndarray of uint8
    at_N : ndarray of int64
        Which of the M pictures each row is.
    progress : callable
        Called with the pictures done and how many there are; what it raises ends all.
    tell : callable
        Takes a sentence that the user should read.

    Returns
    -------
    ndarray of shape (N, D), float32

    Raises
    ------
    ClusterError
        K02, if workers end again and again.
    """
    parts = np.split(at_N, range(PIECE, len(at_N), PIECE))
    found = np.empty((len(at_N), look.backbone.width), dtype=np.float32)
    shared, done = Shared(look), 0

    def hand_out(pieces: Sequence[int]) -> Iterator[Any]:
        for piece in pieces:
            yield joblib.delayed(see)(shared, piece, pixels_MHW3[parts[piece]])

    def take(one: tuple[int, NDArray[np.floating[Any]]]) -> int:
        nonlocal done
        piece, features_BD = one
        found[piece * PIECE : piece * PIECE + len(features_BD)] = features_BD
        done += len(features_BD)
        return piece

    bring_back(
        len(parts),
        hand_out,
        take,
        look=lambda: progress(done, len(at_N)),
        end=lambda: None,  # what a worker does takes seconds
        tell=tell,
    )
    return found


def see(
    shared: Shared[Look], piece: int, pixels_BHW3: NDArray[np.uint8]
) -> tuple[int, NDArray[np.floating[Any]]]:
    """Return the features of some pictures, in a worker."""
    look = shared.content
    end_with(look.program)
    inputs = PictureInputs(
        pixels_MHW3=torch.from_numpy(np.array(pixels_BHW3)),  # a worker's may not be written
        at_N=torch.arange(len(pixels_BHW3)),
        size=look.size,
        device=torch.device("cpu"),
    )
    features_BD = picture_features(
        look.backbone, inputs, mirrored=look.mirrored, precision=look.precision
    )
    return piece, features_BD.numpy()
