"""From bytes to what a network for pictures sees.

Shape letters in this file:
    B  pictures in a batch    C  colours    H, W  height and width as stored
    S  side that is asked for
"""

import torch
from torch import Tensor
from torch.nn import functional


def plain(pixels_BHWC: Tensor, *, size: int) -> Tensor:
    """Return pictures as numbers, as they are shown to predict.

    Parameters
    ----------
    pixels_BHWC : Tensor of shape (B, H, W, C), uint8
    size : int
        S, in pixels.

    Returns
    -------
    Tensor of shape (B, C, S, S), float32
        From 0, black, to 1; channels last in memory.

    Examples
    --------
    >>> pixels_BHWC = torch.full((2, 128, 128, 3), 51, dtype=torch.uint8)
    >>> x_BCSS = plain(pixels_BHWC, size=96)
    >>> x_BCSS.shape, round(float(x_BCSS.mean()), 3)
    (torch.Size([2, 3, 96, 96]), 0.2)
    """
    return torch.mul(resized(pixels_BHWC, size).permute(0, 3, 1, 2), 1 / 255)


def resized(pixels_BHWC: Tensor, size: int) -> Tensor:
    """Return pictures of a size, shape (B, S, S, C), what is too fine for it averaged."""
    if pixels_BHWC.shape[1:3] == (size, size):
        return pixels_BHWC
    planes_BCHW = pixels_BHWC.permute(0, 3, 1, 2)
    if pixels_BHWC.device.type != "cpu":
        planes_BCHW = planes_BCHW.float()  # only a processor resizes bytes, six times faster
    planes_BCSS = functional.interpolate(
        planes_BCHW, (size, size), mode="bilinear", antialias=True, align_corners=False
    )
    return planes_BCSS.permute(0, 2, 3, 1)
