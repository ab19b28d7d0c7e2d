"""What is known of a run, from memory or from its folder."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenfold.config import RunOptions
from tenfold.exported import About
from tenfold.learning import Remembered
from tenfold.model import Model
from tenfold.report.summary import Results
from tenfold.store.explanation_files import read_explanation
from tenfold.store.folder import (
    HISTORY,
    MODEL,
    PREDICTIONS,
    read_answers_of_run,
    read_tables,
    run_tables,
)
from tenfold.store.mistake_files import read_mistakes
from tenfold.store.run_config import CONFIG, Config, fingerprint
from tenfold.study.study import Study

if TYPE_CHECKING:
    from tenfold.report.run_page import Findings


def findings_of(results: Results, study: Study | None, folder: Path | None) -> "Findings":
    """Return all that a page shows of a run.

    Raises
    ------
    StoreError
        M04, if a file of the run is missing or damaged.
    """
    from tenfold.report.run_page import Findings  # noqa: PLC0415 - loads Matplotlib

    home = folder or Path("run")
    if study is not None:
        tables, mistakes = run_tables(study), study.mistakes()
    else:
        tables, mistakes = read_tables(home, results.classes), read_mistakes(home)
    return Findings(
        name=home.name,
        summary=results,
        predictions=tables[PREDICTIONS],
        history=tables[HISTORY],
        mistakes=mistakes,
        explanation=None if folder is None else read_explanation(folder),
    )


def about_of(results: Results | None, study: Study | None, folder: Path | None) -> About:
    """Return what an exported file tells of a run; of a model alone only its name."""
    file = (folder or Path("run")) / MODEL
    model = fingerprint(file) if file.is_file() else ""
    if results is None:
        return About(name=file.parent.name, model=model)
    return replace(findings_of(results, study, folder).about, model=model)


def remembered(
    model: Model[Any, Any], study: Study | None, folder: Path | None, data: Any
) -> Remembered:
    """Return how a run was trained, read once more if it is an earlier one."""
    if study is not None:
        return Remembered(study=study)
    again, options = trained_on(model, folder, data)
    known = read_answers_of_run(folder or Path("run"), model.schema.classes)
    return Remembered(data=again, options=options, answers=known)


def trained_on(
    model: Model[Any, Any], folder: Path | None, data: Any
) -> tuple[Any, RunOptions]:
    """Return what an earlier run was trained on, or some of it, and the run's options."""
    config = Config.read((folder or Path("run")) / CONFIG)
    again = model.kind.read_again(config.options, config.data, model.schema, data)
    return again, config.options
