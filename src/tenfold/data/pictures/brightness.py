"""What users are told about what means black and white in their pictures."""

from collections.abc import Iterable, Iterator, Sequence

from tenfold.config import Decision
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.tones import Reach, is_measured

OPTION = "--white"


def learnt_scales(
    before: Framing, after: Framing, reaches: Iterable[Reach]
) -> Iterator[Decision]:
    """Yield what means black and white from now on, where pictures have just told it.

    Parameters
    ----------
    before, after : Framing
        Until the pictures were read, and since.
    reaches : iterable of Reach
        Of the pictures that were learnt from.
    """
    for found in _kinds(reaches):
        scale = after.known(found[0])
        if scale is None or before.known(found[0]) is not None:
            continue
        what = f"{_format_number(scale.white)} is white in {_named(found)}"
        largest = max(reach.high for reach in found)
        why = f"{_format_number(largest)} is the largest number in {len(found):,} of them"
        if is_measured(scale, whole=found[0].whole):
            what = f"{_format_number(scale.black)} is black and {what}"
            why = f"they are the smallest and the largest number in {len(found):,} of them"
        yield Decision(what=what, why=why, change_with=OPTION)


def doubtful_scales(framing: Framing, reaches: Iterable[Reach]) -> Iterator[Decision]:
    """Yield where pictures do not fit what was learnt about black and white.

    Parameters
    ----------
    framing : Framing
        That is settled.
    reaches : iterable of Reach
        Of the pictures that were read.
    """
    for found in _kinds(reaches):
        scale = framing.known(found[0])
        if scale is None:
            whites = sorted({framing.scale(reach).white for reach in found})
            if len(whites) == 1 and not found[0].whole:
                continue  # fractions end at 1 or at 255, and all of them show which
            shown = " or ".join(map(_format_number, whites))
            what = f"{shown} is white in {len(found):,} {_named(found)}, as stated in each file"
            why = "there were none in the training data, so no white level is known for them"
            yield Decision(what=what, why=why, change_with=OPTION)
            continue
        cut = [reach for reach in found if scale.cuts(reach)]
        if cut:
            span = f"{_format_number(scale.black)} to {_format_number(scale.white)}"
            low, high = min(reach.low for reach in cut), max(reach.high for reach in cut)
            what = f"numbers beyond {span} are cut off in {len(cut):,} {_named(cut)}"
            why = f"they go from {_format_number(low)} to {_format_number(high)}"
            yield Decision(what=what, why=why, change_with=OPTION)


def _kinds(reaches: Iterable[Reach]) -> Iterator[list[Reach]]:
    """Yield pictures of whole numbers and of numbers with a fraction, if there are any."""
    every = list(reaches)
    for whole in (True, False):
        found = [reach for reach in every if reach.whole == whole]
        if found:
            yield found


def _named(found: Sequence[Reach]) -> str:
    if not found[0].whole:
        return "images of floating-point numbers"
    return f"images of {' or '.join(map(str, sorted({reach.bits for reach in found})))} bits"


def _format_number(number: float) -> str:
    """Return a number as users read it.

    Examples
    --------
    >>> _format_number(4095.0), _format_number(251.4999), _format_number(-0.25)
    ('4,095', '251.5', '-0.25')
    """
    return f"{number:,.0f}" if number == round(number) else f"{number:,.4g}"
