"""Options that say nothing of the data at hand are refused, not ignored."""

from collections.abc import Mapping
from typing import Final

from tenfold.config import RunOptions
from tenfold.errors import UsageError

SPELT: Final = {"kinds": "kind", "shuffle": "no-shuffle", "memory_bytes": "memory"}
Names = Mapping[str, tuple[str, ...]]
"""Names of options by their group."""


def refuse(options: RunOptions, names: Names, data: str) -> None:
    """Refuse options that say nothing of this kind of data.

    Raises
    ------
    UsageError
        U02, naming the first.
    """
    usual = RunOptions()
    for group, members in names.items():
        for name in members:
            if getattr(getattr(options, group), name) != getattr(getattr(usual, group), name):
                option = SPELT.get(name, name.replace("_", "-"))
                raise UsageError(
                    "U02", f"--{option} was given, but it does not apply to {data}"
                )
