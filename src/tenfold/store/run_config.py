"""What a run was asked for, in ``config.json``: enough to repeat it, or to go on with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from tenfold.config import RunOptions, flat_of
from tenfold.errors import StoreError
from tenfold.store.files import reading

CONFIG: Final = "config.json"
FRAME: Final = "DataFrame"  # what stands for the name of data that have none
Source = str | Path | pd.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What a run was asked for.

    Attributes
    ----------
    data, test : str
        Where the data were, and the test data; ``test`` may be None.
    sha256, test_sha256 : str or None
        Of their bytes; None for what has no bytes to read again.
    network_sha256 : str or None
        Of the file of a network of the user's own.
    by_hand : tuple of str
        What was given as objects of Python, which no file holds: ``folds``, ``network``.
    options : RunOptions
    versions : dict of str to str
    """

    data: str
    sha256: str | None
    test: str | None = None
    test_sha256: str | None = None
    network_sha256: str | None = None
    by_hand: tuple[str, ...] = ()
    options: RunOptions
    versions: Mapping[str, str]

    @classmethod
    def of(
        cls,
        data: Source,
        test: Source | None,
        options: RunOptions,
        by_hand: tuple[str, ...],
        versions: Mapping[str, str],
    ) -> Self:
        """Return what a run on these data is asked for."""
        network = Path(options.train.network.rpartition(":")[0])
        return cls(
            data=name_of(data),
            sha256=fingerprint(data),
            test=None if test is None else name_of(test),
            test_sha256=None if test is None else fingerprint(test),
            network_sha256=fingerprint(network) if network.is_file() else None,
            by_hand=by_hand,
            options=options,
            versions=versions,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``config.json``."""
        return {
            "format": 1,
            "data": self.data,
            "sha256": self.sha256,
            "test": self.test,
            "test_sha256": self.test_sha256,
            "network_sha256": self.network_sha256,
            "by_hand": list(self.by_hand),
            "options": self.options.to_dict(),
            "versions": dict(self.versions),
        }

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read ``config.json``.

        Raises
        ------
        StoreError
            M04, if it is missing or damaged.
        """
        with reading(path):
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                data=str(found["data"]),
                sha256=found["sha256"],
                test=found.get("test"),
                test_sha256=found.get("test_sha256"),
                network_sha256=found.get("network_sha256"),
                by_hand=tuple(found.get("by_hand", ())),
                options=RunOptions.from_dict(found["options"]),
                versions=dict(found["versions"]),
            )

    def require_data(self, present: "Config") -> None:
        """Refuse data that are not those of this run; ``present`` is of those of now.

        Raises
        ------
        StoreError
            M12, naming all that changed.
        """
        found = {}
        for what, then, now in (
            ("data", self.sha256, present.sha256),
            ("test", self.test_sha256, present.test_sha256),
            ("network", self.network_sha256, present.network_sha256),
        ):
            if then != now:
                where = getattr(self, what) if what != "network" else self.options.train.network
                found[what] = f"{where} has changed: its SHA-256 is different"
        _refuse(found)

    def require_options(self, asked: Mapping[str, Any]) -> None:
        """Refuse options, given by their names, that are not those of this run.

        Raises
        ------
        StoreError
            M12, naming all that changed.
        """
        known = flat_of(self.options)
        _refuse(
            {
                name: f"{known[name]} then, {value} now"
                for name, value in asked.items()
                if name in known and known[name] != value
            }
        )


def _refuse(changed: Mapping[str, str]) -> None:
    if changed:
        raise StoreError(
            "M12",
            f"{' and '.join(changed)} changed since the run began",
            place=changed,
            fix=["restore the original", "train again: tenfold train DATA"],
        )


def name_of(data: Source) -> str:
    """Return what data are called in ``config.json``."""
    return FRAME if isinstance(data, pd.DataFrame) else str(data)


def fingerprint(data: Source) -> str:
    """Return the SHA-256 of a file, of all files of a folder, or of a DataFrame's cells.

    Examples
    --------
    >>> a, b = pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [1, 3]})
    >>> fingerprint(a) == fingerprint(a.copy()), fingerprint(a) == fingerprint(b)
    (True, False)
    """
    found = hashlib.sha256()
    if isinstance(data, pd.DataFrame):
        found.update(repr(list(data.columns)).encode())
        found.update(repr([str(kind) for kind in data.dtypes]).encode())
        for column in range(data.shape[1]):
            found.update(_of_cells(data.iloc[:, column]))
        return found.hexdigest()
    path = Path(data)
    if not path.is_dir():
        return _of_file(path)
    for inner in sorted(p for p in path.rglob("*") if p.is_file()):
        found.update(f"{inner.relative_to(path).as_posix()}\0{_of_file(inner)}\n".encode())
    return found.hexdigest()


def _of_cells(cells: "pd.Series[Any]") -> bytes:
    try:
        plain = cells if cells.dtype.kind in "biufM" else cells.astype(str)
        return pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes()
    except (TypeError, ValueError):  # long floats, bytes, half of a pair of surrogates
        texts = "\0".join(map(str, cells.tolist()))
        return hashlib.sha256(texts.encode(errors="surrogatepass")).digest()


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
