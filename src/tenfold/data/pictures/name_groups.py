"""Groups of pictures by the names of their files: by a part of each, or by their order."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tenfold.config import Decision
from tenfold.data.pictures.found import Listing
from tenfold.errors import UsageError
from tenfold.read_options import PictureOptions

ALONE: Final = "name "  # what the group of a picture begins with that is on its own
Key = tuple[tuple[bool, int, str], ...]


def with_name_groups(listing: Listing, options: PictureOptions) -> Listing:
    """Return pictures with the groups that an option makes of their names.

    Parameters
    ----------
    listing : Listing
    options : PictureOptions
        ``group_pattern`` or ``group_block``; without either the listing stays as it is.

    Raises
    ------
    UsageError
        U02, if there are groups by several options; U01, if a pattern matches no name.
    """
    pattern, block = options.group_pattern, options.group_block
    named = {"--group-column": options.group_column, "--group-pattern": pattern}
    given = [name for name, value in (named | {"--group-block": block}).items() if value]
    if len(given) > 1:
        raise UsageError("U02", f"{given[0]} and {given[1]} were both given")
    if pattern is not None:
        return _by_pattern(listing, pattern)
    return listing if block is None else _by_block(listing, block)


def _by_pattern(listing: Listing, pattern: str) -> Listing:
    groups = groups_by_pattern(listing.names, pattern)
    alone = sum(group.startswith(ALONE) for group in groups)
    if alone == len(groups):
        fact = "--group-pattern does not match the name of any image"
        place = {"pattern": pattern, "names": ", ".join(listing.names[:3])}
        raise UsageError("U01", fact, place=place, fix=["give a pattern that matches a part"])
    what = f"{len(set(groups)) - alone:,} groups by the pattern {pattern} in file names"
    if alone:
        what += f"; {alone:,} images whose names do not match are on their own"
    return _grouped(listing, groups, what)


def groups_by_pattern(names: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return the group of each picture; one whose name does not match is on its own."""
    found = [(name, match_in(pattern, name)) for name in names]
    return tuple(f"{ALONE}{name}" if key is None else f"group {key}" for name, key in found)


def match_in(pattern: str, name: str) -> str | None:
    """Return the part of a name that a pattern matches; its own groups only, if it has any.

    A pattern with a slash is looked for in the path, others in the file's name alone.

    Examples
    --------
    >>> match_in(r"S[0-9]+", "happy/S058_006.png"), match_in("([^/]+)/", "happy/S058.png")
    ('S058', 'happy')
    """
    name, pattern = (unicodedata.normalize("NFC", text) for text in (name, pattern))
    found = re.search(pattern, name if "/" in pattern else name.rsplit("/", 1)[-1])
    if found is None:
        return None
    return " ".join(part or "" for part in found.groups()) if found.groups() else found[0]


def _by_block(listing: Listing, size: int) -> Listing:
    rank = ranks_by_name(listing.names)
    first: dict[str, int] = {}
    groups = {}
    for name in sorted(rank, key=rank.__getitem__):
        folder = name.rpartition("/")[0]
        start = first.setdefault(folder, rank[name])
        groups[name] = f"{folder}/{(rank[name] - start) // size}"
    what = f"{len(set(groups.values())):,} groups of up to {size:,} images in a row, by name"
    return _grouped(listing, tuple(groups[name] for name in listing.names), what)


def in_name_order(names: Sequence[str]) -> list[str]:
    """Return names folder by folder, in an order in which 2 is before 10.

    Examples
    --------
    >>> in_name_order(["a/10.png", "b/1.png", "a/2.png"])
    ['a/2.png', 'a/10.png', 'b/1.png']
    """

    def key(name: str) -> tuple[str, Key]:
        folder, _, file = name.rpartition("/")
        parts = re.findall(r"[0-9]+|[^0-9]+", file)
        return folder, tuple(map(_part, parts))

    return sorted(names, key=key)


def ranks_by_name(names: Sequence[str]) -> dict[str, int]:
    """Return the place of each name in the order of names."""
    return {name: at for at, name in enumerate(in_name_order(names))}


def _part(text: str) -> tuple[bool, int, str]:
    is_number = text[0] in "0123456789"
    return is_number, int(text) if is_number else 0, text


def _grouped(listing: Listing, groups: tuple[str, ...], what: str) -> Listing:
    decision = Decision(
        what=what,
        why="images of one group stay in one fold",
        change_with="--group-pattern, --group-block",
    )
    return replace(listing, groups=groups, decisions=(*listing.decisions, decision))
