"""Some of the images that a run was trained on, read once more."""

from pathlib import Path
from typing import Final

import numpy as np

from tenfold.config import RunOptions
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.listing import list_labelled
from tenfold.data.pictures.pictures import Pictures, read_unlabelled
from tenfold.seeds import Streams

MOST: Final = 500


def read_some(source: str | Path, framing: Framing, options: RunOptions) -> Pictures:
    """Return up to MOST labelled images of a source, drawn at random by a run's seed."""
    listing, _ = list_labelled(source, options.pictures)
    generator = Streams(options.train.seed).generator("again")
    drawn = np.sort(generator.permutation(len(listing.files))[:MOST])
    files = [listing.files[at] for at in drawn]
    return read_unlabelled(files, framing, options.pictures)
