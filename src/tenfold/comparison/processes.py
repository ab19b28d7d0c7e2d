"""A process for each contender, so that its memory is its own.

Nothing of another contender's is in it, and if memory runs out the system ends it rather
than the command. What it reaches comes back bit by bit, so that nothing is lost when it
fails later on.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Final, Self, final

from tenfold.comparison.entry import Entry
from tenfold.comparison.job import Ended, Job, Message, in_a_line, pack, read_frame, write_frame

Hear = Callable[[str, Entry], None]
"""Takes the name of a round and what is reached in it."""

PROGRAM: Final = "from tenfold.comparison.worker import main; main()"
# A limit ends training between two folds; what does not come to such a place is ended by
# force, after so much longer.
GRACE: Final = 1.5
GRACE_SECONDS: Final = 20.0


@final
class Processes:
    """Runs jobs, each in a process of its own.

    A mother process for classical models and one for networks load their libraries once;
    each job gets a child of theirs, which has nothing but these libraries in it.
    """

    def __init__(self) -> None:
        self._mothers: dict[bool, _Mother] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for mother in self._mothers.values():
            mother.end()

    def run(
        self, job: Job, hear: Hear | None = None, *, shared: bool = False
    ) -> dict[str, Entry]:
        """Run a job to its end.

        Parameters
        ----------
        job : Job
        hear : callable, optional
            Called again and again while the job runs.
        shared : bool
            Whether other work may run beside it.

        Returns
        -------
        dict of str to Entry
            By the name of the round; the entry of one that failed says why.
        """
        packed = pack_job(job)
        if not isinstance(packed, Packed):
            return packed
        return self.run_packed(packed, hear, shared=shared)

    def run_packed(
        self, job: "Packed", hear: Hear | None = None, *, shared: bool = False
    ) -> dict[str, Entry]:
        """Run a job that was packed; see ``run``."""
        network = job.network
        mother = self._mothers.pop(network, None) or _Mother(networks=network)
        reached: dict[str, Entry] = {}
        try:
            ended, why = mother.follow(job, reached, hear)
        except BaseException:  # Ctrl-C too
            mother.end()
            raise
        if why:
            mother.end()
        else:
            self._mothers[network] = mother
        for name in job.rounds:
            entry = reached.get(name, job.nothing)
            if name not in ended:
                entry = entry.failed(why or "its process ended unexpectedly")
            reached[name] = replace(entry, shared=shared)
        return reached


@dataclass(frozen=True, slots=True)
class Packed:
    """A job as bytes, and what has to be known of it outside its process."""

    data: bytes
    network: bool
    nothing: Entry
    rounds: tuple[str, ...]
    limit: float | None


def pack_job(job: Job) -> Packed | dict[str, Entry]:
    """Pack a job; if its contender cannot leave this process, return entries that say so."""
    nothing = Entry(name=job.contender.name, kind=job.contender.kind)
    rounds = tuple(this.name for this in job.rounds)
    try:
        data = pack(job)
    except Exception as error:  # noqa: BLE001 - of whatever object a user's estimator holds
        why = f"it cannot be sent to a separate process: {in_a_line(error)}"
        return dict.fromkeys(rounds, nothing.failed(why))
    return Packed(data, job.contender.network is not None, nothing, rounds, job.limit)


@final
class _Mother:
    """A process that has loaded its libraries, and has a child for each job."""

    def __init__(self, *, networks: bool) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in ``end``
        self._said_before = 0
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our program
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is for the command, which ends its processes
        )
        self._messages: queue.Queue[Message | Ended | None] = queue.Queue()
        threading.Thread(target=self._receive, daemon=True).start()
        self._send(pack((sys.path, networks)))

    def follow(
        self, job: Packed, reached: dict[str, Entry], hear: Hear | None
    ) -> tuple[set[str], str]:
        """Give it a job, and take note of what it says until its child ends.

        Returns
        -------
        ended : set of str
            The rounds that came to their end.
        why : str
            Why the others did not; empty if all did.
        """
        self._said_before = self._errors.seek(0, os.SEEK_END)
        threading.Thread(target=self._send, args=(job.data,), daemon=True).start()
        ended: set[str] = set()
        patience = None if job.limit is None else GRACE * job.limit + GRACE_SECONDS
        while True:
            try:
                said = self._messages.get(timeout=patience)
            except queue.Empty:
                return ended, f"it exceeded the time limit of {job.limit:g} s and was stopped"
            if isinstance(said, Message):
                reached[said.round] = said.entry
                if said.last:
                    ended.add(said.round)
                if hear is not None:
                    hear(said.round, said.entry)
            elif said is not None and said.status == 0:
                return ended, ""
            else:
                return ended, self._last_words(said)

    def end(self) -> None:
        """End the process and its child."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):  # what was not yet sent has nobody to read it
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._errors.close()

    def _send(self, data: bytes) -> None:
        to: IO[bytes] | None = self._process.stdin
        if to is not None:
            with contextlib.suppress(OSError, ValueError):  # it may have ended
                write_frame(to, data)

    def _receive(self) -> None:
        said = self._process.stdout
        if said is not None:
            with contextlib.suppress(EOFError, OSError), said:
                while True:
                    self._messages.put(read_frame(said))
        self._messages.put(None)

    def _last_words(self, ended: Ended | None) -> str:
        """Say why a process ended that did not say it itself."""
        status = self._process.wait() if ended is None else ended.status
        if status == -signal.SIGKILL:
            return "the system killed it, most likely because memory ran out"
        if status < 0:
            return f"it was ended by {signal.Signals(-status).name}"
        self._errors.seek(self._said_before)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"its process ended with status {status}"


def run_job(job: Packed) -> dict[str, Entry]:
    """Run a job in a process of its own, on whatever machine this is called."""
    with Processes() as processes:
        return processes.run_packed(job, shared=True)
