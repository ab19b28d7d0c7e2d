"""A run: a trained model, what is known of it, and what it says of new data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tenfold.answers import not_of, tell
from tenfold.config import RunOptions
from tenfold.data.new_rows.admit import Mode
from tenfold.errors import StoreError
from tenfold.evaluate.metrics import SCORE
from tenfold.evaluate.new_data import show
from tenfold.evaluate.scores import TestScore
from tenfold.exported import SUFFIXES, Form, Written
from tenfold.exporting import export_model
from tenfold.kinds.registry import New
from tenfold.learning import Explained, Progress, another_kind
from tenfold.model import Model
from tenfold.option import check
from tenfold.recalled import about_of, findings_of, remembered, trained_on
from tenfold.report.summary import Results
from tenfold.report.summary_text import one_line, score_lines
from tenfold.seeds import Streams
from tenfold.store.begun import settle
from tenfold.store.explanation_files import write_explanation
from tenfold.store.files import reading, write_text, writing_page
from tenfold.store.folder import (
    CARD,
    METRICS,
    REPORT,
)
from tenfold.study.study import Study

if TYPE_CHECKING:
    from tenfold.report.run_page import Findings

Data = str | Path | pd.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Run:
    """A trained model and what is known of it.

    Attributes
    ----------
    folder : Path or None
        Where the run is written; None if it was not.
    metrics : dict
        The content of ``metrics.json``.
    model : Model
    study : Study or None
        What training produced; None for a run that was loaded.
    file : Path or None
        The model file that it was loaded from.

    Examples
    --------
    >>> import numpy as np
    >>> from tenfold import TrainOptions, train
    >>> x = np.linspace(0, 1, 60)
    >>> frame = pd.DataFrame({"x": x, "y": np.where(x < 0.5, "low", "high")})
    >>> few = TrainOptions(epochs=30)
    >>> run = train(frame, "y", folds=3, training=few, quality="fast", out=None)
    >>> run.predict_proba(frame[:2]).columns.tolist()
    ['high', 'low']
    >>> run.results.scores["accuracy"].mean > run.results.baseline["accuracy"]
    True
    >>> 0 <= run.score(frame) <= 1
    True
    """

    folder: Path | None
    metrics: Mapping[str, Any]
    model: Model[Any, Any]
    study: Study | None = None
    file: Path | None = None

    def __repr__(self) -> str:
        """Return the data, the network, and its score beside the baseline's, in a line."""
        return f"Run({one_line(self.results) if self.metrics else self.kind})"

    @property
    def results(self) -> Results:
        """The metrics with their types.

        Raises
        ------
        StoreError
            M04, if ``metrics.json`` is damaged.
        """
        with reading((self.folder or Path("run")) / METRICS):
            return Results.from_dict(self.metrics, self.noun)

    def summary(self) -> str:
        """Return the scores in words, as the command prints them."""
        return "\n".join(score_lines(self.results))

    @property
    def kind(self) -> str:
        """What it was trained on, by the name of the kind: ``"table"``, ``"images"``."""
        return self.model.kind.name

    @property
    def noun(self) -> str:
        """What its data are called."""
        return self.model.kind.noun

    def _findings(self) -> "Findings":
        return findings_of(self.results, self.study, self.folder)

    def write_report(self) -> Path:
        """Write ``report.html`` and ``model_card.md``, and take left checkpoints away.

        Returns
        -------
        Path
            Of the page.

        Raises
        ------
        StoreError
            M04, if a file of the run is missing or damaged; M06, if it cannot be written.
        """
        from tenfold.report.run_page import render_card, render_page  # noqa: PLC0415 - loads Matplotlib

        folder, findings = self._own_folder(), self._findings()
        with writing_page(folder):
            write_text(folder / CARD, render_card(findings))
            write_text(folder / REPORT, render_page(findings))
        settle(folder)
        return folder / REPORT

    def _own_folder(self) -> Path:
        if self.folder is None:
            raise StoreError("M06", "the run has no folder", fix=["train with out=FOLDER"])
        return self.folder

    def explain(
        self,
        inputs: New | None = None,
        *,
        data: New | None = None,
        of_class: str | None = None,
        progress: Progress | None = None,
    ) -> Explained:
        """Return what the networks look at: columns and cells, or layers and places.

        Parameters
        ----------
        inputs : rows or pictures, optional
            Whose answers are explained, as ``predict`` takes them.
        data : str, Path, DataFrame or Table, optional
            Of a table: what the run was trained on, if it lies elsewhere now.
        of_class : str, optional
            Whose probability is explained; that of its likeliest class by default.
        progress : callable, optional
            Called with the columns or pictures done and all of them, again and again.

        Raises
        ------
        PredictError
            P06, if the data or the folds of the run are not to be had; P05, if rows are
            given to a network for pictures, or pictures to one for tables.
        """
        kind, model = self.model.kind, self.model
        if data is not None and not kind.columns(model.schema):
            raise another_kind(kind.whole, "a table")
        asked = None if inputs is None else kind.read_new(inputs, model.schema)
        return kind.explain(
            model,
            asked,
            lambda: remembered(model, self.study, self.folder, data),
            of_class=of_class,
            seed=int(self.metrics.get("seed", 0)),
            progress=progress,
        )

    def export(
        self,
        path: str | Path | None = None,
        *,
        form: Form = "onnx",
        data: New | None = None,
    ) -> Written:
        """Write the model as a file that answers without Tenfold.

        It is kept only if it says what the model says of rows or pictures of the run.

        Parameters
        ----------
        path : str or Path, optional
            The file; by default ``model.onnx`` or ``model.pt2`` in the run's folder.
        form : {"onnx", "torch"}
            ONNX, or what ``torch.export.load`` reads.
        data : str, Path, DataFrame or Table, optional
            What the run was trained on, if it lies elsewhere now.

        Raises
        ------
        ExportError
            X01 to X03, if the file answers otherwise, or cannot hold the model.
        PredictError, StoreError, MissingExtraError
            P06, if the data of the run are not to be had; M06, if the file cannot be
            written; E01, if the libraries for ONNX are not installed.
        """
        check(form in SUFFIXES, "format", form, " or ".join(SUFFIXES))
        held = self.study.data if self.study else trained_on(self.model, self.folder, data)[0]
        about = about_of(self.results if self.metrics else None, self.study, self.folder)
        target = Path(path) if path else self._own_folder() / f"model{SUFFIXES[form]}"
        return export_model(self.model, held, about, target, form)

    def keep_explanation(self, explanation: Explained) -> Path:
        """Write an explanation into the run's folder, and into its page.

        Returns
        -------
        Path
            Of the folder ``explain`` in it.

        Raises
        ------
        StoreError
            M06, if there is no folder or it cannot be written to.
        """
        found = write_explanation(explanation, self._own_folder())
        self.write_report()
        return found

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows: score, groups, decisions, figures.

        Of a model without its run nothing is known to show.
        """
        if not self.metrics:
            return None
        from tenfold.report.run_page import render_notebook  # noqa: PLC0415 - as above

        return render_notebook(self._findings())

    def predict(
        self,
        data: New,
        *,
        coverage: float | None = None,
        schema: Mode | None = None,
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Return what the ensemble says of new rows or pictures.

        Parameters
        ----------
        data : str, Path, DataFrame, Table, or pictures
            Rows with every column that the network learnt from; or a picture, a folder of
            pictures, a list of files, PIL images or arrays, or an array of pictures.
        coverage : float, optional
            Of intervals, 0.9 by default, or of sets of classes; see ``tell``.
        schema : {"strict", "warn"}, optional
            ``"strict"`` refuses rows that are not like those of training, which ``departures``
            lists, and pictures that cannot be read; ``"warn"`` answers all rows, and warns. By
            default every column has to be there, with a cell that can be read.
        progress : callable, optional
            Called with the rows done and all rows, again and again.

        Returns
        -------
        DataFrame
            Laid out by ``answer_table``. Its index is that of a DataFrame, the line of each row
            in a file, or the picture's file; pictures that cannot be read are left out.

        Raises
        ------
        PredictError
            P01, P02 or P07, if the columns or the coverage cannot be had; P08, if the
            schema is ``"strict"`` and the rows do not fit it.
        PictureError
            If there is no picture, or arrays are not pictures.
        """
        kind, schema_ = self.model.kind, self.model.schema
        rows = kind.read_new(data, schema_)
        index = kind.index(data, rows)
        admitted = kind.admit(rows, schema_, schema, warned=rows is data)
        return tell(self.model, admitted, coverage, progress).set_axis(index, axis=0)

    def predict_proba(self, data: New, *, schema: Mode | None = None) -> pd.DataFrame:
        """Return the probability of each class or label, a column for each; see ``predict``.

        Raises
        ------
        PredictError
            P09, if the run predicts numbers.
        """
        if not self.model.schema.classes:
            raise not_of("probabilities", "predicts numbers", "run.predict(DATA)")
        table = self.predict(data, schema=schema)
        names = {f"probability {name}": name for name in self.model.schema.classes}
        return table[list(names)].rename(columns=names)

    def predict_interval(
        self, data: New, coverage: float = 0.9, *, schema: Mode | None = None
    ) -> pd.DataFrame:
        """Return between what the truth of each row is expected: ``low`` and ``high``.

        Raises
        ------
        PredictError
            P09, if the run predicts classes; P07, if so few rows were held out that so much
            coverage cannot be promised.
        """
        if self.model.schema.classes:
            fix = "run.predict(DATA, coverage=0.9) gives sets of classes"
            raise not_of("intervals", "predicts classes", fix)
        return self.predict(data, coverage=coverage, schema=schema)[["low", "high"]]

    def score(self, data: New, *, schema: Mode | None = None) -> float:
        """Return the score of scikit-learn's estimators on labelled data: accuracy, or R2.

        Where rows may have several labels, it is the mean average precision.

        ``evaluate`` gives all metrics, with intervals.
        """
        name = SCORE[self.model.schema.task]
        return self.evaluate(data, schema=schema)[name].value

    def departures(self, data: New) -> pd.DataFrame:
        """Return where rows are not like those of training, a row for each cell or column.

        See ``drift_table``; ``line`` is the label of a DataFrame's row.

        Raises
        ------
        PredictError
            P05, if the run was trained on pictures.
        """
        return pd.DataFrame(self.model.kind.drift(data, self.model.schema))

    def read(
        self,
        source: New,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Read new rows or pictures the way those of training were read.

        It returns a ``Table`` or ``Pictures``.

        Raises
        ------
        PredictError
            P05, if they are of another kind.
        InputError
            If they cannot be read.
        """
        return self.model.kind.read_new(source, self.model.schema, options, progress)

    def read_labelled(
        self,
        source: New,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Read labelled rows or pictures to score; see ``read``."""
        return self.model.kind.read_labelled(source, self.model.schema, options, progress)

    def evaluate(
        self,
        data: New,
        *,
        max_bad: float = 0.01,
        schema: Mode | None = None,
        progress: Progress | None = None,
    ) -> dict[str, TestScore]:
        """Score the ensemble on labelled rows or pictures that it never saw.

        ``coverage`` is the share whose truth lies in its 90 % interval, or set of classes.
        Rows without a target are left out, and a warning says how many there are.

        Raises
        ------
        PredictError
            P01 to P04, if the rows do not fit or lack answers; P08, as of ``predict``.
        PictureError
            If there are no pictures in a folder for each class.
        """
        kind, model = self.model.kind, self.model
        options = RunOptions.named({"max_bad": max_bad})
        rows = kind.read_labelled(data, model.schema, options)
        rows = kind.admit(rows, model.schema, schema, warned=rows is data)
        streams = Streams(int(self.metrics.get("seed", 0)))
        return show(model, rows, streams, progress).with_coverage()
