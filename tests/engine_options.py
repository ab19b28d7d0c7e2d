"""Options by their names, as a table of cases has them, in the objects that hold them."""

from dataclasses import fields
from typing import Any, Final

from tenfold.config import SchemaOptions, SplitOptions, TrainOptions
from tenfold.read_options import PictureOptions, ReadOptions

FLAT: Final = frozenset(
    {
        *("target", "task", "network", "quality", "folds", "test", "group_column"),
        *("time_column", "seed", "audit", "out", "metric", "margin", "axes", "contenders"),
    }
)
OBJECTS: Final[dict[str, tuple[type[Any], ...]]] = {
    "reading": (ReadOptions, PictureOptions),
    "schema": (SchemaOptions,),
    "splitting": (SplitOptions,),
    "training": (TrainOptions,),
}


def asked(**options: Any) -> dict[str, Any]:
    """Return options as ``train``, ``audit`` and ``compare`` take them."""
    found = {name: value for name, value in options.items() if name in FLAT}
    rest = {name: value for name, value in options.items() if name not in FLAT}
    for argument, kinds in OBJECTS.items():
        for kind in kinds:
            own = {one.name: rest[one.name] for one in fields(kind) if one.name in rest}
            if own:
                found[argument] = kind(**own)
                rest = {name: value for name, value in rest.items() if name not in own}
    return found | rest
