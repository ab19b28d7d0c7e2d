"""How a run that repeats another differs from it: measured on what both said."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tenfold.errors import StoreError
from tenfold.store.folder import MODEL, read_answers_of_run
from tenfold.store.run_config import fingerprint


def compare_runs(
    before: Path,
    now: Path,
    classes: tuple[str, ...],
    then_versions: Mapping[str, str],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return how far the answers of two runs to the same held-out rows are apart.

    Parameters
    ----------
    before, now : Path
        Folders of the runs.
    classes : tuple of str
        Empty in regression.
    then_versions, versions : mapping of str to str

    Returns
    -------
    dict
        ``run``, ``same_bits``: whether the model files are equal, ``largest_difference`` and
        ``mean_difference``: of answers to held-out rows, null if the earlier run has none,
        ``versions``: those that changed, [then, now].
    """
    changed = {
        name: [then_versions.get(name), version]
        for name, version in versions.items()
        if then_versions.get(name) != version
    }
    found: dict[str, Any] = {
        "run": str(before),
        "same_bits": None,
        "largest_difference": None,
        "mean_difference": None,
        "versions": changed,
    }
    if (before / MODEL).is_file():
        found["same_bits"] = fingerprint(before / MODEL) == fingerprint(now / MODEL)
    try:
        then, present = (read_answers_of_run(folder, classes) for folder in (before, now))
    except StoreError:  # the earlier run may have been moved, or only its config.json kept
        return found
    if then.shape == present.shape:
        differences = np.abs(then - present)[~np.isnan(present)]
        found["largest_difference"] = float(differences.max(initial=0.0))
        found["mean_difference"] = float(differences.mean()) if differences.size else 0.0
    return found


def repeated_line(found: Mapping[str, Any]) -> str:
    """Return in a sentence what ``compare_runs`` found."""
    changed = [
        f"{name} {then} then, {now} now" for name, (then, now) in found["versions"].items()
    ]
    versions = f" ({'; '.join(changed)})" if changed else ""
    if found["same_bits"]:
        return f"bit for bit the same as {found['run']}{versions}"
    if found["largest_difference"] is None:
        return f"repeats {found['run']}, which has no predictions to compare with{versions}"
    return (
        f"not bit for bit the same as {found['run']}: predictions for held-out rows differ by "
        f"at most {found['largest_difference']:.3g}, {found['mean_difference']:.3g} on "
        f"average{versions}"
    )
