"""What a trained model is asked: answers, scores and explanations, of data in any form."""

from pathlib import Path
from typing import Any

import pandas as pd

from tenfold.data.admit import Mode, admit_and_warn, admit_pictures
from tenfold.data.labelled import labelled_and_warn
from tenfold.data.pictures import Pictures, read_pictures, read_unlabelled
from tenfold.data.read import InMemory
from tenfold.evaluate.new_data import show_pictures, show_table
from tenfold.evaluate.scores import TestScore
from tenfold.evaluate.told import another_kind, tell_pictures, tell_rows
from tenfold.explain.explanation import Explanation
from tenfold.explain.held_out import HeldOut
from tenfold.explain.picture_explanation import PictureExplanation, explain_pictures
from tenfold.explain.tables import explain_table
from tenfold.model import Model, Progress
from tenfold.picture_model import PictureModel
from tenfold.read_options import PictureOptions
from tenfold.seeds import Streams
from tenfold.store.again import Rows, as_table, held_out_again
from tenfold.study.study import PictureStudy, TableStudy


def answers(
    model: Model | PictureModel,
    data: Any,
    coverage: float | None,
    schema: Mode | None,
    progress: Progress | None,
) -> pd.DataFrame:
    """Return what a model says of rows or pictures; see ``Run.predict``."""
    if isinstance(model, PictureModel):
        if isinstance(data, InMemory):
            raise another_kind("pictures", "a table")
        pictures = data if isinstance(data, Pictures) else unlabelled(model, data)
        admit_pictures(pictures, schema, told=pictures is data)
        return tell_pictures(model, pictures, coverage, progress)
    if not isinstance(data, str | Path | InMemory):
        raise another_kind("a table", "pictures")
    table = as_table(data, model.schema)
    index = data.index if isinstance(data, pd.DataFrame) else table.lines
    table = admit_and_warn(table, model.schema, schema)
    return tell_rows(model, table, coverage, progress).set_axis(index, axis=0)


def scores(
    model: Model | PictureModel,
    data: Any,
    seed: int,
    max_bad: float,
    schema: Mode | None,
    progress: Progress | None,
) -> dict[str, TestScore]:
    """Return the scores of a model on labelled rows or pictures; see ``Run.evaluate``."""
    streams = Streams(seed)
    if isinstance(model, PictureModel):
        if isinstance(data, InMemory):
            raise another_kind("pictures", "a table")
        pictures = labelled(model, data, PictureOptions(max_bad=max_bad), None)
        admit_pictures(pictures, schema, told=pictures is data)
        return show_pictures(model, pictures, streams, progress).with_coverage()
    if isinstance(data, Pictures):
        raise another_kind("a table", "pictures")
    table = labelled_and_warn(as_table(data, model.schema), model.schema, max_bad)
    table = admit_and_warn(table, model.schema, schema)
    return show_table(model, table, streams, progress).with_coverage()


def explained(
    model: Model | PictureModel,
    study: TableStudy | PictureStudy | None,
    folder: Path,
    inputs: Any,
    data: Rows | None,
    seed: int,
    of_class: str | None,
    progress: Progress | None,
) -> Explanation | PictureExplanation:
    """Return what the networks of a model look at; see ``Run.explain``."""
    if isinstance(model, PictureModel):
        if data is not None or isinstance(inputs, InMemory):
            raise another_kind("pictures", "a table")
        seen = None
        if inputs is not None:
            seen = inputs if isinstance(inputs, Pictures) else unlabelled(model, inputs)
            seen.check_rejected(max_bad=1.0)
        return explain_pictures(model, seen, of_class=of_class, progress=progress)
    if inputs is not None and not isinstance(inputs, str | Path | InMemory):
        raise another_kind("a table", "pictures")
    asked = None if inputs is None else as_table(inputs, model.schema)
    if study is not None and not isinstance(study.data, Pictures):
        held_out = HeldOut.of_study(study)
    else:
        held_out = held_out_again(folder, model, data)
    return explain_table(held_out, seed, asked=asked, of_class=of_class, progress=progress)


def unlabelled(
    model: Model | PictureModel,
    images: Any,
    options: PictureOptions | None = None,
    progress: Progress | None = None,
) -> Pictures:
    """Return new pictures, read as those of training were."""
    framing = of_pictures(model).schema.framing
    return read_unlabelled(images, framing, options or PictureOptions(), progress)


def labelled(
    model: Model | PictureModel,
    source: str | Path | Pictures,
    options: PictureOptions,
    progress: Progress | None,
) -> Pictures:
    """Return labelled pictures to score: the test part of a folder that has one, or all."""
    if isinstance(source, Pictures):
        return source
    framing = of_pictures(model).schema.framing
    pictures, test = read_pictures(source, framing, options, progress)
    asked = pictures if test is None else test
    asked.check_rejected(options.max_bad)
    return asked


def of_pictures(model: Model | PictureModel) -> PictureModel:
    """Return a model of pictures, or refuse another.

    Raises
    ------
    PredictError
        P05.
    """
    if not isinstance(model, PictureModel):
        raise another_kind("a table", "pictures")
    return model
