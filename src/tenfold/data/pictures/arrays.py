"""Pictures and labels from Python as what is read, and what is none."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures.decode import Source
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.tones import Unreadable, check_array, reach_of
from tenfold.errors import PictureError


def sources_of(X: Any, framing: Framing) -> list[Source]:
    """Return the pictures of an array or a sequence; see ``pictures_of``.

    Raises
    ------
    PictureError
        I05, if X has another form.
    """
    sources = _stack(X) if _is_stack(X) else _items(X)
    _check(sources, framing)
    return sources


def _is_stack(X: Any) -> bool:
    # A PIL image is no array of pictures, though it can become an array.
    return hasattr(X, "__array__") and np.asarray(X).dtype.kind not in "OU"


def _stack(X: Any) -> list[Source]:
    """Return the pictures of one array."""
    stack = np.asarray(X)
    shape, fix = stack.shape, "give X the shape (N, H, W) or (N, H, W, 1, 3 or 4)"
    if len(shape) == 3 and shape[2] in {3, 4} and shape[1] > 4:
        fix = "if this is one image, pass X[None]"
    elif len(shape) == 4 and shape[3] in {1, 3, 4}:
        fix = ""
    elif len(shape) == 4 and shape[1] in {1, 3, 4}:
        fix = "move the colour channels to the end: X.transpose(0, 2, 3, 1)"
    elif len(shape) == 2:
        fix = "give each image its height and width: X.reshape(len(X), H, W)"
    elif len(shape) == 3:
        fix = ""
    if fix:
        raise PictureError("I05", f"X has the shape {shape}", fix=[fix])
    return list(stack)


def _items(X: Any) -> list[Source]:
    """Return the pictures of a sequence."""
    if isinstance(X, (str, bytes, Path, Image.Image)):
        X = [X]
    elif hasattr(X, "__array__"):
        X = np.asarray(X).ravel()  # names in a column of a DataFrame, perhaps
    if not isinstance(X, Iterable):
        raise PictureError("I05", f"X is of the type {type(X).__name__}")
    sources: list[Source] = []
    for item in X:
        if isinstance(item, str):
            sources.append(Path(item))
        elif isinstance(item, (bytes, Path, Image.Image)):
            sources.append(item)
        else:
            sources.append(np.asarray(item))
    return sources


def _check(sources: Sequence[Source], framing: Framing) -> None:
    """Refuse a sequence in which an array is no picture.

    Raises
    ------
    PictureError
        I05.
    """
    arrays = {i: source for i, source in enumerate(sources) if isinstance(source, np.ndarray)}
    for i, array in arrays.items():
        reach = reach_of(array)
        try:
            check_array(array, None if reach is None else framing.known(reach))
        except Unreadable as error:
            raise PictureError("I05", f"X[{i}] is not an image: {error.reason}") from error


def labels_of(y: Any, count: int) -> NDArray[Any]:
    """Return the classes of so many pictures, or where they are of float64 their numbers.

    Raises
    ------
    PictureError
        I05, if there are more or fewer.
    """
    numbers = getattr(y, "dtype", None) == np.float64
    labels = np.asarray(y) if numbers else np.asarray(y, dtype=object)
    if labels.shape != (count,):
        raise PictureError(
            "I05", f"X holds {count:,} images, but y has the shape {labels.shape}"
        )
    return labels
