"""Runs that are cut off: between two checkpoints, and between two changes of their folder."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tenfold import resume
from tenfold.cli.streams import endable
from tenfold.config import RunOptions
from tenfold.errors import StoreError
from tenfold.launch import carry_out
from tenfold.learning import UserObjects
from tenfold.request import Request
from tenfold.store.run_config import fingerprint
from tenfold.training.checkpoints import FEATURES, FILES, Checkpoints, Pace

ROOT: Final = Path(__file__).parents[1]
EVERY_CHUNK: Final = Pace(seconds=0, share=0)
CHANGES: Final = (
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
)  # what Python tells hooks of


class Snapshots:
    """A folder for checkpoints that is copied before each of them is written.

    A program that ends between two checkpoints leaves what is in one of the copies.

    Parameters
    ----------
    home : Path
        Gets the folder and its copies.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "run"
        self._copies = home / "copies"
        self.folder.mkdir(parents=True)
        self.cuts: list[Path] = []

    def open(self) -> Path:
        """Return the folder, after it was copied."""
        copy = self._copies / str(len(self.cuts))
        shutil.copytree(self.folder, copy)
        kept = [path for path in copy.glob(FILES) if path.name != FEATURES]
        if newest := [path for path in kept if ".older." not in path.name]:
            # As if the program had ended in the middle of writing the next.
            for path in newest:
                path.with_name(path.name + ".part").write_bytes(b"half a st")
            self.cuts.append(copy)
        else:
            shutil.rmtree(copy)
        return self.folder

    @property
    def checkpoints(self) -> Checkpoints:
        """Return checkpoints that are written after every chunk of steps."""
        return Checkpoints(self.open, print, EVERY_CHUNK)

    def all_cuts(self) -> list[Path]:
        """Return a folder for each checkpoint that was written, the last one included."""
        self.open()
        return self.cuts


def kept_in(folder: Path, warnings: list[str] | None = None) -> Checkpoints:
    """Return checkpoints in a folder, written after every chunk of steps."""
    return Checkpoints(
        lambda: folder, (warnings if warnings is not None else []).append, EVERY_CHUNK
    )


def run_of(data: Path, out: Path, **options: Any) -> Request:
    """Return the request of a run whose state is written after every chunk of steps."""
    return Request(
        data=data,
        test=None,
        options=RunOptions.named(options),
        objects=UserObjects(),
        out=out,
        pace=EVERY_CHUNK,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A run that ended before a change of its folder, and what became of it.

    Attributes
    ----------
    before : str
        The change.
    status : int
        How its process ended; negative for a signal.
    code : str
        Of the message with which it could not go on; empty if it did.
    model : str or None
        Fingerprint of the model in the end.
    left : tuple of str
        Names of its files in the end.
    """

    before: str
    status: int
    code: str
    model: str | None
    left: tuple[str, ...]


def cut_everywhere(
    data: Path, home: Path, options: dict[str, Any], ending: str = "SIGKILL", first: int = 0
) -> list[Cut]:
    """Cut a run off before every change of its folder, and let each go on.

    Parameters
    ----------
    data, home : Path
    options : dict
    ending : str
        The signal that its process sends itself.
    first : int
        Changes that are passed over. After another signal than ``"SIGKILL"`` only the next
        one counts.
    """
    asked = json.dumps([str(data), str(home), options, ending, first])
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine_cuts", asked],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Cut(**cut | {"left": tuple(cut["left"])}) for cut in json.loads(done.stdout)]


def main() -> None:
    """Cut runs off in forks of this process."""
    data, home, options, ending, first = json.loads(sys.argv[1])
    found = []
    for number in itertools.count(first):
        out = Path(home) / str(number)
        out.mkdir(parents=True)
        request = run_of(Path(data), out, **options)
        status = in_a_fork(begin, request, number, ending)
        at = out / "change"
        if not at.is_file():
            break
        (folder,) = [path for path in out.iterdir() if path.is_dir()] or [out]
        goes_on = in_a_fork(go_on, folder, out)
        model = folder / "model.tenfold"
        cut = Cut(
            before=at.read_text(),
            status=status,
            code="" if goes_on == 0 else (out / "code").read_text(),
            model=fingerprint(model) if model.is_file() else None,
            left=tuple(sorted(path.name for path in folder.iterdir())),
        )
        found.append(asdict(cut))
        if ending != "SIGKILL":
            break
    sys.stdout.write(json.dumps(found))


def in_a_fork(do: Callable[..., object], *given: object) -> int:
    """Do something in a forked process; return its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            do(*given)
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def begin(request: Request, number: int, ending: str) -> None:
    """Train, and end before the change of this number."""
    out, seen = str(request.out), [0]

    def hook(event: str, details: tuple[Any, ...]) -> None:
        if event not in CHANGES or not str(details[0]).startswith(out):
            return
        seen[0] += 1
        if seen[0] - 1 == number:
            what = f"{event} {Path(str(details[0])).name}"
            Path(out, "change").write_text(what)
            with suppress(OSError):  # as if half of it had not reached the disk
                if ".part" in what and ending == "SIGKILL":
                    os.truncate(details[0], Path(details[0]).stat().st_size // 2)
            os.kill(os.getpid(), getattr(signal, ending))

    sys.addaudithook(hook)
    with endable():
        carry_out(request)


def go_on(folder: Path, out: Path) -> None:
    """Go on with a run; write down the code of what stands against it."""
    try:
        resume(folder)
    except StoreError as error:
        (out / "code").write_text(error.code)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
