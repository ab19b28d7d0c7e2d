"""What users are warned of: in Python's warnings, and in its log."""

import logging
import warnings
from typing import Final

LOG: Final = logging.getLogger("tenfold")


def warn(what: str) -> None:
    """Warn whoever called the function that called this one's caller."""
    LOG.warning("%s", what)
    warnings.warn(what, UserWarning, stacklevel=4)
