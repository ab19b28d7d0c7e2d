"""The data of a run that was written, read once more."""

from pathlib import Path
from typing import Final

import numpy as np

from tenfold.config import RunOptions
from tenfold.data.framing import Framing
from tenfold.data.picture_files import list_labelled
from tenfold.data.picture_schema import PictureSchema
from tenfold.data.pictures import Pictures, read_unlabelled
from tenfold.data.read import InMemory, read_table
from tenfold.data.schema import Schema
from tenfold.data.table import Table
from tenfold.errors import PredictError
from tenfold.explain.held_out import HeldOut
from tenfold.model import Model
from tenfold.read_options import ReadOptions
from tenfold.seeds import Streams
from tenfold.store.config import CONFIG, Config
from tenfold.store.folder import read_answers_of_run

PICTURES: Final = 500
Rows = str | Path | InMemory


def as_table(rows: Rows, schema: Schema, options: ReadOptions | None = None) -> Table:
    """Return rows as a table, read as training was where options do not say otherwise."""
    if isinstance(rows, Table):
        return rows
    return read_table(rows, options, like=schema.known)


def table_again(folder: Path, schema: Schema, rows: Rows | None) -> tuple[Table, RunOptions]:
    """Return the table that a run was trained on, and the run's options.

    Parameters
    ----------
    folder : Path
        Of the run.
    schema : Schema
        Of its model.
    rows : str, Path, DataFrame, Table or None
        The same table, if it lies elsewhere now.

    Raises
    ------
    PredictError
        P06, if it is not where it was.
    StoreError
        M04, if ``config.json`` is missing or damaged.
    """
    options, source = _options_of(folder)
    if rows is None and not Path(source).is_file():
        raise _absent(source)
    return as_table(source if rows is None else rows, schema, options.read), options


def data_again(
    folder: Path, schema: Schema | PictureSchema, source: Rows | None
) -> Table | Pictures:
    """Return what a run was trained on: its table, or some of its pictures.

    See ``table_again`` and ``pictures_again``.
    """
    if isinstance(schema, Schema):
        return table_again(folder, schema, source)[0]
    if not isinstance(source, str | Path | None):
        raise PredictError("P05", "the model was trained on pictures, and a table was given")
    return pictures_again(folder, schema.framing, source)


def held_out_again(folder: Path, model: Model, rows: Rows | None) -> HeldOut:
    """Return the rows of a run in their folds; see ``table_again`` and ``HeldOut.again``."""
    table, options = table_again(folder, model.schema, rows)
    known = read_answers_of_run(folder, model.schema.classes)
    return HeldOut.again(model, table, options, known)


def pictures_again(folder: Path, framing: Framing, source: str | Path | None) -> Pictures:
    """Return up to PICTURES of those that a run was trained on, drawn at random.

    Parameters
    ----------
    folder : Path
        Of the run.
    framing : Framing
    source : str, Path or None
        Where the pictures lie, if that is elsewhere now.

    Raises
    ------
    PredictError
        P06, if they are not where they were.
    PictureError
        I01 to I03, if there are no pictures.
    StoreError
        M04, if ``config.json`` is missing or damaged.
    """
    options, known = _options_of(folder)
    if source is None and not Path(known).exists():
        raise _absent(known)
    listing, _ = list_labelled(known if source is None else source, options.pictures)
    streams = Streams(options.train.seed)
    order = streams.generator("again").permutation(len(listing.files))
    files = [listing.files[at] for at in np.sort(order[:PICTURES])]
    return read_unlabelled(files, framing, options.pictures)


def _options_of(folder: Path) -> tuple[RunOptions, str]:
    """Return the options of a run, and where its data were."""
    config = Config.read(folder / CONFIG)
    return config.options, config.data


def _absent(source: str) -> PredictError:
    fact = f"the data of the run are not at {source}"
    return PredictError("P06", fact, fix=["say where they are: --data FILE"])
