"""Which service answers for which kind of data; nothing here loads torch."""

from typing import Final

from tenfold.errors import StoreError
from tenfold.exported import NOT_OURS, Answering
from tenfold.kinds.images.image_service import ImageService
from tenfold.kinds.service import ROWS, Service
from tenfold.kinds.tables.table_service import TableService
from tenfold.serve_options import ServeOptions

OWN: Final[tuple[type[Service], ...]] = (TableService, ImageService)
SERVICES: Final = {service.kind: service for service in OWN}
"""By the name of the kind. What no kind has a service of its own for takes rows of JSON."""


def service_of(file: Answering, options: ServeOptions) -> Service:
    """Return what answers requests with a file, or with a model.

    Raises
    ------
    StoreError
        M09, if nothing here can read what the file takes.
    """
    plain = {file.label.kind: Service} if ROWS in file.inputs else {}
    try:
        return (plain | SERVICES)[file.label.kind](file, options)
    except (LookupError, TypeError, ValueError) as error:
        raise StoreError(
            "M09", NOT_OURS, fix=["export it again: tenfold export RUN"]
        ) from error
