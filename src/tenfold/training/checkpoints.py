"""States of training on disk, from which a run that was cut off goes on.

There are two generations. A state is written to a temporary file, brought to the disk, and
only then takes the place of the one before, so that whenever the program ends, one of them
is whole; a checksum tells which.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from tenfold.errors import StoreError

FILES: Final = "checkpoint.*tenfold"
NEWEST: Final = "checkpoint.tenfold"
OLDER: Final = "checkpoint.older.tenfold"
FEATURES: Final = "checkpoint.features.tenfold"
MAGIC: Final = b"tenfold checkpoint 1 "
KINDS: Final = {  # how safetensors calls the types of numbers
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
    torch.uint64: "U64",
    torch.uint32: "U32",
    torch.uint16: "U16",
    torch.complex64: "C64",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often the state of training is written.

    Parameters
    ----------
    seconds : float
        Nothing younger than this is written.
    share : float
        Training lasts at least so many times as long as the writing of a state before the
        next one is due.

    Examples
    --------
    >>> Pace(seconds=0, share=0).wait(writing=3.0), Pace().wait(writing=0.5)
    (0, 25.0)
    """

    seconds: float = 1.0
    share: float = 50

    def wait(self, *, writing: float) -> float:
        """Return the seconds until the next state is due, if this one took ``writing``."""
        return max(self.seconds, self.share * writing)


USUAL: Final = Pace()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class State:
    """All that training goes on from.

    Attributes
    ----------
    tensors : dict of str to Tensor
    facts : dict
        A JSON object.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@final
class Checkpoints:
    """The checkpoints of one run.

    A disk that is full ends no training: it is told once, and tried again later.

    Parameters
    ----------
    open_folder : callable
        Makes the run's folder, if it is not there yet, and returns it.
    tell : callable
        Gets a sentence that the user should read.
    pace : Pace, optional
        How often a state is written.
    part : str, optional
        Which training of several it is.
    resumes : bool, optional
        Whether an earlier program may have left states.

    Attributes
    ----------
    begun : bool
        Whether a state was written; what trains in a second needs none.
    pace : Pace
    part : str

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoints = Checkpoints(lambda: Path(folder), print)
    ...     checkpoints.write(State(tensors={"w": torch.ones(2)}, facts={"epoch": 3}))
    ...     found = Checkpoints(lambda: Path(folder), print).read()
    >>> found.tensors["w"], found.facts
    (tensor([1., 1.]), {'epoch': 3})
    """

    def __init__(
        self,
        open_folder: Callable[[], Path],
        tell: Callable[[str], None],
        pace: Pace = USUAL,
        part: str = "",
        *,
        resumes: bool = True,
    ) -> None:
        self._open_folder = open_folder
        self._tell = tell
        self.pace, self.part = pace, part
        self._resumes = resumes
        self._next = time.monotonic() + pace.wait(writing=0.0)
        self._failed = False
        self._newest, self._older = (
            name.replace(".", f".{part}.", 1) if part else name for name in (NEWEST, OLDER)
        )
        self.begun = False

    def of(self, part: str) -> "Checkpoints":
        """Return the checkpoints of one training of several in the same run."""
        return Checkpoints(
            self._open_folder, self._tell, self.pace, part, resumes=self._resumes
        )

    @property
    def folder(self) -> Path:
        """The run's folder; it is made, if it is not there yet."""
        return self._open_folder()

    def has(self, part: str = "") -> bool:
        """Tell whether an earlier program kept a state of this training, or of a part of it."""
        if not self._resumes:
            return False  # and no folder is made, as training may still be refused
        if part:
            return any(self.folder.glob(f"checkpoint.{self.name_of(part)}.*tenfold"))
        return any((self.folder / name).is_file() for name in (self._newest, self._older))

    def name_of(self, part: str) -> str:
        """Return what a part of this training is called.

        Examples
        --------
        >>> Checkpoints(Path, print, part="scratch").name_of("fold-1")
        'scratch.fold-1'
        """
        return f"{self.part}.{part}" if self.part else part

    def due(self) -> bool:
        """Return whether it is time for a state to be written."""
        return time.monotonic() >= self._next

    def write(self, state: State) -> None:
        """Write a state, and keep the one before."""
        started = time.monotonic()
        try:
            folder = self._open_folder()
            fresh = _write(folder / (self._newest + ".part"), state)
            with contextlib.suppress(FileNotFoundError):
                (folder / self._newest).replace(folder / self._older)
            fresh.replace(folder / self._newest)
            _sync_folder(folder)
            self.begun = True
        except OSError as error:
            self._fail(error)
        ended = time.monotonic()
        self._next = ended + self.pace.wait(writing=ended - started)

    def _fail(self, error: OSError) -> None:
        if not self._failed:
            self._tell(
                f"The state of training cannot be saved: {error.strerror}. Training "
                "continues, but cannot be resumed if it is interrupted before there is disk "
                "space."
            )
        self._failed = True

    def read(self) -> State | None:
        """Return the newest state that is whole; None if there is none."""
        folder = self._open_folder()
        for name in (self._newest, self._older):
            path = folder / name
            if not path.is_file():
                continue
            with contextlib.suppress(OSError, ValueError, SafetensorError):
                return _read(path)
            self._tell(f"{name} is damaged, so the previous state is used.")
        return None

    def keep_features(self, features_ND: NDArray[np.floating[Any]]) -> None:
        """Keep what a pretrained network said of all pictures, if that took a while."""
        if not self.due():
            return
        try:
            folder = self._open_folder()
            state = State(tensors={"features": torch.from_numpy(features_ND)})
            _write(folder / (FEATURES + ".part"), state).replace(folder / FEATURES)
        except OSError as error:
            self._fail(error)

    def features(self, pictures: int) -> NDArray[np.floating[Any]] | None:
        """Return what was kept of so many pictures, shape (N, D); None if nothing was."""
        path = self._open_folder() / FEATURES
        if not path.is_file():
            return None
        with contextlib.suppress(OSError, ValueError, SafetensorError, KeyError):
            found = _read(path).tensors["features"].numpy()
            if found.ndim == 2 and len(found) == pictures:
                return found
        self._tell(f"{FEATURES} is damaged; the image features are computed again.")
        return None


def clear(folder: Path) -> None:
    """Take away the checkpoints of a run that is written."""
    for path in folder.glob("checkpoint.*"):
        path.unlink(missing_ok=True)


def is_unfinished(folder: Path) -> bool:
    """Return whether a run was cut off in training, or before all of it was written."""
    return any(path.is_file() for path in folder.glob(FILES))


def _write(path: Path, state: State) -> Path:
    """Write a state, and bring it to the disk; a part of one is taken away.

    Tensors go from their memory to the file, one after the other: a copy of all of them would
    need as much memory as training.
    """
    found = hashlib.sha256()
    try:
        with path.open("wb") as file:
            file.write(MAGIC + b"0" * len(found.hexdigest()) + b"\n")
            for part in _as_safetensors(state):
                found.update(part)
                file.write(part)
            file.seek(len(MAGIC))
            file.write(found.hexdigest().encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path


def _as_safetensors(state: State) -> Iterator[bytes | memoryview]:
    """Yield a state in the format of safetensors: a header, and the bytes of each tensor."""
    header: dict[str, Any] = {"__metadata__": {"facts": json.dumps(state.facts)}}
    start = 0
    # The widest numbers come first, so that each begins at a multiple of its width.
    ordered = sorted(state.tensors.items(), key=lambda item: -item[1].element_size())
    for name, tensor in ordered:
        end = start + tensor.numel() * tensor.element_size()
        kind = KINDS[tensor.dtype]
        header[name] = {
            "dtype": kind,
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        start = end
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    yield len(encoded).to_bytes(8, "little") + encoded
    for _, tensor in ordered:
        plain = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
        yield plain.numpy().data


def _read(path: Path) -> State:
    """Return the state in a file.

    Raises
    ------
    ValueError, SafetensorError
        If it is not whole.
    """
    first, _, content = path.read_bytes().partition(b"\n")
    if first != MAGIC + hashlib.sha256(content).hexdigest().encode():
        raise ValueError("the checksum is wrong")
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    return State(tensors=safetensors.torch.load(content), facts=json.loads(metadata["facts"]))


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def not_of_this_run() -> StoreError:
    """Return the error of a state that other data or another network left."""
    return StoreError(
        "M12",
        "the checkpoint belongs to other rows, folds or networks",
        fix=["use the data and options that the run began with", "train again"],
    )
