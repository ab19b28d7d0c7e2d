"""Which kinds of data there are. A new kind is added here, or by ``register``."""

from typing import Any, Final

from tenfold.config import RunOptions
from tenfold.kind import Kind
from tenfold.kinds.images.image_kind import Images
from tenfold.kinds.refusing import refuse
from tenfold.kinds.tables.table_kind import Tables

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


def kind_of(source: Any) -> Kind:
    """Return the kind of what a user names; what no other kind recognises is a table."""
    others = (kind for kind in reversed(_known.values()) if kind is not TABLES)
    return next((kind for kind in others if kind.recognises(source)), TABLES)


def kind_for(source: Any, options: RunOptions) -> tuple[Kind, RunOptions]:
    """Return the kind of what a user names, and the options for such data.

    Raises
    ------
    UsageError
        U02, if an option says nothing of them; the first is named.
    """
    kind = kind_of(source)
    for other in _known.values():
        own = {
            group: tuple(name for name in names if name not in kind.own_options.get(group, ()))
            for group, names in other.own_options.items()
        }
        refuse(options, own, kind.whole)
    return kind, kind.options_for(source, options)
