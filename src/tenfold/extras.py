"""Optional libraries, asked for in one place and in one voice."""

import importlib
from types import ModuleType

from tenfold.errors import MissingExtraError


def require(module: str, *, extra: str, to: str) -> ModuleType:
    """Import an optional library or say how to install it.

    Parameters
    ----------
    module : str
        What to import, such as ``"pyarrow"``.
    extra : str
        The extra of this package that brings it, such as ``"parquet"``.
    to : str
        What the user wanted, such as ``"read .parquet files"``.

    Raises
    ------
    MissingExtraError
        E01, if the library is not installed.

    Examples
    --------
    >>> require("json", extra="parquet", to="read .parquet files").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            "E01",
            f"{module} is needed to {to}, but it is not installed",
            fix=[f"pip install 'tenfold[{extra}]'"],
        ) from error
