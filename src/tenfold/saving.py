"""A run that is trained, written so that nothing of it is lost."""

from dataclasses import replace
from pathlib import Path

from tenfold.errors import StoreError
from tenfold.report.summary import versions
from tenfold.run import Run
from tenfold.store.begun import BegunFolder
from tenfold.store.files import write_json, writing
from tenfold.store.folder import METRICS, write_run
from tenfold.store.repeated import compare_runs
from tenfold.store.rescue import rescue
from tenfold.store.run_config import CONFIG, Config
from tenfold.study.study import Study
from tenfold.training.checkpoints import is_unfinished


def keep(
    run: Run,
    study: Study,
    begun: BegunFolder,
    repeats: tuple[Path, Config] | None = None,
) -> Run:
    """Write a run into its folder, and return it with this folder.

    Parameters
    ----------
    run : Run
    study : Study
        Its study.
    begun : BegunFolder
    repeats : tuple of (Path, Config), optional
        The run that it repeats, which it is compared with.

    Raises
    ------
    StoreError
        M06, if something cannot be written. The message says how the run is had without
        training anew: it goes on from its last checkpoint; or it was written elsewhere; or
        only its page is missing.
    """

    def write(folder: Path) -> Run:
        write_run(folder, study, run.metrics)
        if repeats is None:
            return replace(run, folder=folder)
        before, known = repeats
        classes = study.schema.classes
        found = compare_runs(before, folder, classes, known.versions, versions())
        metrics = {**run.metrics, "repeats": found}
        write_json(folder / METRICS, metrics)
        return replace(run, folder=folder, metrics=metrics)

    def write_elsewhere(folder: Path) -> None:
        if begun.config is not None:
            write_json(folder / CONFIG, begun.config.to_dict())
        write(folder)

    where = begun.path or begun.open()
    try:
        with writing("run", where):
            kept = write(begun.open())
    except StoreError as error:
        if is_unfinished(where):
            error.fix = (*error.fix, f"then resume: tenfold train --resume {where}")
        else:
            rescue(error, where.name, write_elsewhere)
        raise
    kept.write_report()
    return kept
