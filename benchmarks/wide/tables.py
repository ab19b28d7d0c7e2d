"""Real tables with more columns than rows, or nearly so, from the data of R packages.

Shape letters in this file:
    N  rows    P  columns
"""

import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FEWEST: Final = 5  # rows of a class; there are five folds
# Name: package, file, where the columns and the target are in it, and the task.
SPECS: Final = {
    "aemet_lat": ("fda.usc", "aemet.rda", "aemet temp data", "aemet df latitude", "r"),
    "alzheimer": ("modeldata", "ad_data.RData", "ad_data", "ad_data Class", "c"),
    "bloodbrain": ("caret", "BloodBrain.RData", "bbbDescr", "logBBB", "r"),
    "breast_tumors": (
        "mixOmics", "breast.tumors.rda", "breast.tumors gene.exp",
        "breast.tumors sample treatment", "c",
    ),
    "chem_yield": (
        "modeldata", "chem_proc_yield.rda", "chem_proc_yield", "chem_proc_yield yield", "r"
    ),
    "colon": ("plsgenomics", "Colon.rda", "Colon X", "Colon Y", "c"),
    "cox2": ("caret", "cox2.RData", "cox2Descr", "cox2Class", "c"),
    "cox2_ic50": ("caret", "cox2.RData", "cox2Descr", "log cox2IC50", "r"),
    "dhfr": ("caret", "dhfr.RData", "dhfr", "dhfr Y", "c"),
    "diverse16s": (
        "mixOmics", "diverse.16S.rda", "diverse.16S data.TSS", "diverse.16S bodysite", "c"
    ),
    "gasoline": ("pls", "gasoline.RData", "gasoline NIR", "gasoline octane", "r"),
    "hepatic": (
        "modeldata", "hepatic_injury_qsar.rda", "hepatic_injury_qsar",
        "hepatic_injury_qsar class", "c",
    ),
    "koren": ("mixOmics", "Koren.16S.rda", "Koren.16S data.TSS", "Koren.16S bodysite", "c"),
    "leukemia": ("plsgenomics", "leukemia.rda", "leukemia X", "leukemia Y", "c"),
    "liver_alb": (
        "mixOmics", "liver.toxicity.rda", "liver.toxicity gene",
        "liver.toxicity clinic ALB.g.dL.", "r",
    ),
    "liver_chol": (
        "mixOmics", "liver.toxicity.rda", "liver.toxicity gene",
        "liver.toxicity clinic Cholesterol.mg.dL.", "r",
    ),
    "lymphoma": ("spls", "lymphoma.RData", "lymphoma x", "lymphoma y", "c"),
    "mayonnaise": ("pls", "mayonnaise.RData", "mayonnaise NIR", "mayonnaise oil.type", "c"),
    "mdrr": ("caret", "mdrr.RData", "mdrrDescr", "mdrrClass", "c"),
    "mice": ("spls", "mice.RData", "mice x", "mice y 0", "r"),
    "multidrug": (
        "mixOmics", "multidrug.rda", "multidrug compound", "multidrug cell.line Class", "c"
    ),
    "nci60": ("ISLR", "NCI60.rda", "NCI60 data", "NCI60 labs", "c"),
    "nir_ethanol": ("chemometrics", "NIR.rda", "NIR xNIR", "NIR yGlcEtOH Ethanol", "r"),
    "nir_glucose": ("chemometrics", "NIR.rda", "NIR xNIR", "NIR yGlcEtOH Glucose", "r"),
    "nirsoil_c": ("prospectr", "NIRsoil.RData", "NIRsoil spc", "NIRsoil Ciso", "r"),
    "nirsoil_n": ("prospectr", "NIRsoil.RData", "NIRsoil spc", "NIRsoil Nt", "r"),
    "nutrimouse_diet": (
        "mixOmics", "nutrimouse.rda", "nutrimouse gene", "nutrimouse diet", "c"
    ),
    "pac": ("chemometrics", "PAC.rda", "PAC X", "PAC y", "r"),
    "permeability": (
        "modeldata", "permeability_qsar.rda", "permeability_qsar",
        "permeability_qsar permeability", "r",
    ),
    "phoneme150": (
        "fda.usc", "phoneme.rda", "phoneme learn data + phoneme test data",
        "phoneme classlearn + phoneme classtest", "c",
    ),
    "prostate": ("spls", "prostate.RData", "prostate x", "prostate y", "c"),
    "riboflavin": ("hdi", "riboflavin.RData", "riboflavin x", "riboflavin y", "r"),
    "srbct": ("plsgenomics", "SRBCT.rda", "SRBCT X", "SRBCT Y", "c"),
    "stemcells": ("mixOmics", "stemcells.rda", "stemcells gene", "stemcells celltype", "c"),
    "tecator_fat": ("caret", "tecator.RData", "absorp", "endpoints 1", "r"),
    "vac18": ("mixOmics", "vac18.rda", "vac18 genes", "vac18 stimulation", "c"),
    "yarn": ("pls", "yarn.RData", "yarn NIR", "yarn density", "r"),
    "yeast_cycle": ("spls", "yeast.RData", "yeast x", "yeast y 0", "r"),
}  # fmt: skip
# Drawn by a seed before anything was measured; tables of one study stay together.
DEVELOPING: Final = (
    "aemet_lat", "multidrug", "diverse16s", "chem_yield", "mdrr", "pac", "gasoline",
    "phoneme150", "koren", "mice", "yarn", "liver_alb", "liver_chol", "breast_tumors",
    "prostate", "stemcells", "nirsoil_c", "nirsoil_n", "leukemia", "riboflavin",
)  # fmt: skip
JUDGED: Final = tuple(name for name in SPECS if name not in DEVELOPING)


def read(name: str, folder: Path, *, rare: bool = False) -> tuple[Any, NDArray[Any]]:
    """Return the columns of a table, (N, P), and its target, (N,).

    Rows without a target are left out, and so are those of classes with fewer than FEWEST
    rows, unless they are asked for.

    Raises
    ------
    FileNotFoundError
        If no folder holds the package's file.
    """
    package, file, columns, target, task = SPECS[name]
    found = sorted((folder / package).rglob(file))
    if not found:
        raise FileNotFoundError(f"{folder / package} holds no {file}")
    objects = _load(found[0])
    x_NP = np.concatenate([_numbers(_at(objects, one)) for one in columns.split(" + ")])
    parts = target.removeprefix("log ").split(" + ")
    own = np.concatenate([np.asarray(list(_at(objects, one))) for one in parts])
    y_N = np.array([f"class {one}" for one in own]) if task == "c" else own.astype(float)
    if target.startswith("log "):
        y_N = np.log(y_N)
    if target.startswith(columns):
        x_NP = _numbers(_without(_at(objects, columns), target.split()[-1]))
    keep = np.ones(len(y_N), dtype=bool) if task == "c" else np.isfinite(y_N)
    if task == "c" and not rare:
        _, place, count = np.unique(y_N, return_inverse=True, return_counts=True)
        keep = count[place] >= FEWEST
    return x_NP[keep], y_N[keep]


def _load(path: Path) -> Any:
    import rdata  # noqa: PLC0415 - only this benchmark needs it
    from rdata.conversion import DEFAULT_CLASS_MAP  # noqa: PLC0415

    # Data frames with matrices in them are no DataFrames of pandas.
    plain = {"data.frame": lambda found, _: dict(found), "AsIs": lambda found, _: found}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rdata.read_rda(path, constructor_dict={**DEFAULT_CLASS_MAP, **plain})


def _at(objects: Any, path: str) -> Any:
    """Return what lies at a path of names; a number is the column of a matrix."""
    found = objects
    for word in path.split():
        found = np.asarray(found)[:, int(word)] if word.isdigit() else found[word]
    return found


def _without(columns: Any, target: str) -> Any:
    return {name: column for name, column in columns.items() if name != target}


def _numbers(columns: Any) -> NDArray[np.float64]:
    """Return columns as numbers, NaN for what is none."""
    import pandas as pd  # noqa: PLC0415 - after the number of threads is set

    table = pd.DataFrame(columns if isinstance(columns, dict) else np.asarray(columns))
    return table.apply(pd.to_numeric, errors="coerce").to_numpy(float)
