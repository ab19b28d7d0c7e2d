"""Of a file with several pages or frames the first is used, and that is said."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.pictures import read_unlabelled
from tenfold.read_options import PictureOptions


@pytest.mark.parametrize("suffix", [".gif", ".tif", ".webp", ".png"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_first_frame_is_used_and_others_are_told(
    suffix: str, count: int, tmp_path: Path
) -> None:
    path = tmp_path / f"stack{suffix}"
    first, *others = (Image.new("RGB", (20, 20), it) for it in ("red", "green", "blue"))
    first.save(path, save_all=True, append_images=others[: count - 1])
    others[0].save(tmp_path / "single.png")
    found = read_unlabelled(tmp_path, Framing(size=20), PictureOptions())
    assert len(found) == 2
    colours = found.cache[found.at].mean(axis=(1, 2)).round()
    red = colours[[name.endswith(path.name) for name in found.files]]
    np.testing.assert_allclose(red, [[255, 0, 0]], atol=12)
    told = [one for one in found.decisions if "pages or frames" in one.what]
    if count == 1:
        assert told == []
    else:
        (one,) = told
        assert one.what == "of 1 file with several pages or frames, the first is used"
        assert one.why == f"an image is one picture, such as {path.name}"
