"""How a picture of any shape and depth becomes a square of 8 bits, kept with a network."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tenfold.data.pictures.tones import UNITS, Reach, Scale, Unreadable, is_measured, scale_of
from tenfold.option import check


@dataclass(frozen=True, kw_only=True, slots=True)
class Framing:
    """How a picture of any shape becomes a square.

    Parameters
    ----------
    size : int
        S, the side of the square in pixels.
    crop : float
        0 squashes the whole picture into the square; 1 keeps its proportions and
        takes the square in its middle. Between them, the picture is cut along its
        longer side until its aspect ratio a is a to the power of ``1 - crop``, and
        the rest is squashed.
    white : float or None
        What means white among numbers with a fraction; None if that is not known.
    deep_white : int or None
        What means white among whole numbers of 16 or 32 bits; None if that is not known.
    black, deep_black : float
        What means black among them.
    settled : bool
        Whether pictures were learnt from. From then on nothing is seen from many pictures
        together: where it is not known what means white in one, that picture alone tells it.

    Examples
    --------
    >>> Framing(size=160, crop=1.0).box(400, 300)
    (50.0, 0.0, 350.0, 300.0)
    >>> Framing(size=160, crop=0.5).box(100, 400)
    (0.0, 100.0, 100.0, 300.0)
    """

    size: int
    crop: float = 0.5
    white: float | None = None
    deep_white: int | None = None
    black: float = 0.0
    deep_black: float = 0.0
    settled: bool = field(default=False, compare=False)  # nothing about a square

    def __post_init__(self) -> None:
        check(self.size >= 1, "img-size", self.size, "a whole number of pixels, 1 or more")
        check(0 <= self.crop <= 1, "crop", self.crop, "a number from 0 to 1")

    def box(self, width: float, height: float) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what is kept of a picture."""
        short, long = sorted((width, height))
        kept = short * (long / short) ** (1 - self.crop)
        # Rounding must not put an edge outside of the picture.
        margin = max(0.0, (long - kept) / 2)
        if width > height:
            return margin, 0.0, width - margin, float(height)
        return 0.0, margin, float(width), height - margin

    def with_white(self, white: int | None) -> "Framing":
        """Return a framing in which a number means white, if one is given; 0 is black then."""
        if white is None:
            return self
        return replace(self, white=float(white), deep_white=white, black=0.0, deep_black=0.0)

    def settle(self, reaches: Iterable[Reach]) -> "Framing":
        """Return a framing that has learnt black and white from pictures, where it can."""
        found = list(reaches)
        framing = replace(self, settled=True)
        deep = scale_of([reach for reach in found if reach.whole])
        if deep is not None and self.deep_white is None:
            framing = replace(framing, deep_white=int(deep.white), deep_black=deep.black)
        fractions = scale_of([reach for reach in found if not reach.whole])
        if fractions is not None and self.white is None:
            framing = replace(framing, white=fractions.white, black=fractions.black)
        return framing

    def known(self, reach: Reach) -> Scale | None:
        """Return what means black and white in all pictures of one's kind, if it is known."""
        white, black = self.white, self.black
        if reach.whole:
            white, black = self.deep_white, self.deep_black
        return None if white is None else Scale(white=white, black=black)

    def scale(self, reach: Reach) -> Scale:
        """Return what means black and white in a picture.

        Raises
        ------
        Unreadable
            If that is known, and its numbers are of another unit; or if its numbers are of no
            unit, and none such were learnt from.
        """
        known, own = self.known(reach), scale_of([reach])
        scale = known or own or UNITS[-1]
        foreign = self.settled and known is None and is_measured(scale, whole=reach.whole)
        if foreign or (not reach.whole and scale in UNITS and scale.cuts(reach)):
            top = 255 if foreign else scale.white
            raise Unreadable(
                f"its numbers go from {reach.low:g} to {reach.high:g}, but they must be from "
                f"0 to {top:g}"
            )
        return scale
