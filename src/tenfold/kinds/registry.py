"""Which kinds of data there are. A new kind is added here, or by ``register``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from tenfold.config import RunOptions
from tenfold.data.files.read import InMemory
from tenfold.data.pictures.pictures import Pictures
from tenfold.errors import PredictError
from tenfold.kind import Kind
from tenfold.kinds.images.image_kind import Images
from tenfold.kinds.refusing import options_beside, refuse
from tenfold.kinds.tables.table_kind import Tables

New = str | Path | InMemory | Pictures | Sequence[Any] | NDArray[Any]
"""New data: a file or folder; a table; images, as files, PIL images, arrays, or one array."""

TABLES: Final = Tables()
IMAGES: Final = Images()
_known: dict[str, Kind] = {kind.name: kind for kind in (TABLES, IMAGES)}


def register(kind: Kind) -> None:
    """Let a kind of data be learnt from, and its runs be opened."""
    _known[kind.name] = kind


def kind_named(name: str) -> Kind:
    """Return the kind of data of that name, as model files and ``metrics.json`` have it.

    Raises
    ------
    KeyError
        If there is none.

    Examples
    --------
    >>> kind_named("table").noun
    'rows'
    """
    return _known[name]


def kind_of_file(manifest: Mapping[str, Any]) -> Kind:
    """Return the kind of data of a model file; the first files did not say that it is a table.

    Raises
    ------
    KeyError
        If there is none.
    """
    return kind_named(str(manifest.get("kind", TABLES.name)))


def kind_of(source: Any, options: RunOptions | None = None) -> Kind:
    """Return the kind of what a user names; what is meant to be no other kind is a table."""
    asked = options or RunOptions()
    others = (kind for kind in reversed(_known.values()) if kind is not TABLES)
    return next((kind for kind in others if kind.is_meant(source, asked)), TABLES)


def refuse_foreign(kind: Kind, options: RunOptions, usual: RunOptions | None = None) -> None:
    """Refuse options that only other kinds of data have, and that are not as usual.

    Raises
    ------
    UsageError
        U02, if an option says nothing of them; the first is named.
    """
    refuse(options, options_beside(kind.name), kind.whole, usual)


def refuse_other(kind: Kind, path: Path, options: RunOptions) -> None:
    """Refuse a file that by its name is of another kind of data than a run.

    Raises
    ------
    PredictError
        P05.
    """
    suffix = path.suffix.lower()
    for other in _known.values():
        foreign = suffix in other.suffixes and suffix not in kind.suffixes
        if foreign and not kind.is_meant(path, options):  # such as a CSV that lists images
            raise PredictError(
                "P05",
                f"the run was trained on {kind.whole}, but this is {other.single}",
                place={"file": str(path)},
                fix=[f"pass {kind.whole}"],
            )


def kind_for(source: Any, options: RunOptions) -> tuple[Kind, RunOptions]:
    """Return the kind of what a user names, and the options for such data.

    Raises
    ------
    UsageError
        U02, if an option says nothing of them; the first is named.
    """
    kind = kind_of(source, options)
    refuse_foreign(kind, options)
    return kind, kind.options_for(source, options)
