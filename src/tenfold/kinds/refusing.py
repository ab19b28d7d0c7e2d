"""Options that say nothing of the data at hand are refused, not ignored."""

from collections.abc import Mapping
from dataclasses import fields

from tenfold.config import GROUPS, RunOptions
from tenfold.errors import LIST_OF_IMAGES, UsageError
from tenfold.option import flag_of, known_of

Names = Mapping[str, tuple[str, ...]]
"""Names of options by their group."""


def refuse(
    options: RunOptions, names: Names, data: str, usual: RunOptions | None = None
) -> None:
    """Refuse options that are not as usual and say nothing of this kind of data.

    Raises
    ------
    UsageError
        U02, naming the first.
    """
    usual = usual or RunOptions()
    for group, members in names.items():
        for name in members:
            value = getattr(getattr(options, group), name)
            if value != getattr(getattr(usual, group), name):
                field = GROUPS[group].__dataclass_fields__[name]
                flag = f"no-{flag_of(field)}" if value is False else flag_of(field)
                fact = f"--{flag} was given, but it does not apply to {data}"
                listed = known_of(field).of == "images" and name != "file_column"
                raise UsageError("U02", fact, fix=[LIST_OF_IMAGES] if listed else [])


def options_beside(kind: str) -> Names:
    """Return the names of the options that only other kinds of data have, by their group.

    Examples
    --------
    >>> options_beside("table")["train"], options_beside("images")["split"]
    (('weights', 'steps_per_epoch', 'img_size', 'mirror'), ('time_column', 'shuffle'))
    """
    return {
        group: tuple(one.name for one in fields(of) if known_of(one).of not in {None, kind})
        for group, of in GROUPS.items()
    }
