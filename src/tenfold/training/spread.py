"""Folds trained by workers that joblib knows: processes of this machine, Dask's, Ray's.

Each worker trains one fold after the other, and what becomes of a fold is the same to the bit
wherever and beside whatever it is trained (``Shard``). So a worker that ends is no loss: its
fold is trained by another one, from the last checkpoint if there is one.
"""

import contextlib
import os
import queue
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

import joblib
import torch
from torch import nn

from tenfold.errors import ClusterError, TenfoldError
from tenfold.training.channel import LOST, Address, Line, Listener
from tenfold.training.checkpoints import Checkpoints, Pace
from tenfold.training.shard import Shard, Trained
from tenfold.training.watch import Callback, Deadline, Supervision
from tenfold.training.workers import are_far, end_with, share_memory, spread_over

TRIES: Final = 3  # that bring no fold back, one after the other
LOOK_SECONDS: Final = 0.1
END_SECONDS: Final = 20.0  # that workers have for their last step
ALONE: Final = "fold"  # its checkpoints are called so, and by its number
ALIKE: Final = ("tenfold", "torch", "numpy")


class Shared:
    """What all workers get, and once only where joblib can: arrays lie in a file or a store.

    Parameters
    ----------
    shard : Shard
        Of all folds.
    """

    def __init__(self, shard: Shard) -> None:
        self.shard = shard

    def __sizeof__(self) -> int:
        return 10**6  # large enough for Dask to send it to a worker once


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """How folds are trained.

    Attributes
    ----------
    address : Address
    program : int
        Number of the process that asks.
    versions : mapping of str to str
        Of libraries that decide what becomes of a fold.
    folder : Path or None
        Where the states of training are kept, if a worker can see it.
    pace : Pace
    seconds : float or None
        That each fold may take.
    limit : float or None
        That all folds may take.
    """

    address: Address
    program: int
    versions: Mapping[str, str]
    folder: Path | None
    pace: Pace
    seconds: float | None
    limit: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The workers have nothing left to do, or have failed."""

    error: BaseException | None = None


@dataclass(slots=True, eq=False)
class Spreading:
    """Trains folds one by one, wherever joblib sends them.

    Attributes
    ----------
    workers : int
    far : bool
        Whether they may run on other machines.
    folds : int
        How many are trained.
    """

    workers: int
    far: bool
    folds: int = field(default=0, init=False)
    _epochs: dict[int, tuple[int, int]] = field(default_factory=dict, init=False)

    @classmethod
    def found(cls, device: torch.device, checkpoints: Checkpoints | None) -> Self | None:
        """Return what ``joblib.parallel_config`` asks for; None to train all folds at once.

        Folds that workers have begun are finished one by one by whoever goes on with the run.
        """
        begun = checkpoints is not None and checkpoints.has(f"{ALONE}-*")
        workers, far = spread_over(), are_far()
        spread = (workers > 1 or far) and not share_memory() and device.type == "cpu"
        if begun or spread:
            return cls(workers=workers, far=far and spread)
        return None

    def train(self, whole: Shard, care: Supervision) -> Trained:
        """Train all folds, and return their networks side by side.

        Raises
        ------
        ClusterError
            K02, if workers end again and again; K03, if their libraries differ from those here.
        KeyboardInterrupt
            If training is to end before each fold has begun.
        """
        done: dict[int, Trained] = {}
        shared, tries, self.folds = Shared(whole), 0, len(whole)
        with Listener(far=self.far) as listener:
            while len(done) < len(whole):
                before = len(done)
                left = [fold for fold in range(len(whole)) if fold not in done]
                turn = Turn(
                    shared=shared,
                    folds=left,
                    orders=self._orders(listener, care, len(left)),
                    listener=listener,
                    watch=care.watch,
                )
                error = self._turn(turn, done)
                tries = 0 if len(done) > before else tries + 1
                if error is not None:
                    if tries == TRIES:
                        raise _not_brought_back(left, error) from error
                    care.watch.tell(
                        "A worker ended unexpectedly; the folds that it had begun are trained "
                        "again."
                    )
        return whole.join([done[fold] for fold in range(len(whole))])

    def _orders(self, listener: Listener, care: Supervision, folds: int) -> Orders:
        left, turns = care.deadline.left(), -(-folds // self.workers)
        checkpoints = care.checkpoints
        return Orders(
            address=listener.address,
            program=os.getpid(),
            versions={name: version(name) for name in ALIKE},
            folder=None if checkpoints is None else checkpoints.folder.absolute(),
            pace=Pace() if checkpoints is None else checkpoints.pace,
            seconds=None if left is None else left / turns,
            limit=care.deadline.limit,
        )

    def _turn(self, turn: "Turn", done: dict[int, Trained]) -> BaseException | None:
        """Let workers train folds; return what ended them before all were done, or None."""
        found: queue.Queue[tuple[int, Any] | Ended] = queue.Queue()
        pool = _pool()
        collecting = threading.Thread(target=_collect, args=(pool, turn, found), daemon=True)
        collecting.start()
        try:
            while True:
                self._follow(turn)
                with contextlib.suppress(queue.Empty):
                    one = found.get(timeout=LOOK_SECONDS)
                    if isinstance(one, Ended):
                        return one.error
                    fold, result = one
                    done[fold] = _required(result, turn.watch)
                    self._epochs[fold] = 1, 1
        except BaseException:
            turn.over.set()
            turn.listener.stop(LOST)
            collecting.join(END_SECONDS)
            raise

    def _follow(self, turn: "Turn") -> None:
        """Hand on what workers say, and tell them to end where that is asked for."""
        watch = turn.watch
        if reason := watch.stop_reason():
            turn.listener.stop(reason)
        with contextlib.suppress(queue.Empty):
            while said := turn.listener.said.get_nowait():
                if "tell" in said:
                    watch.tell(str(said["tell"]))
                if "epoch" in said:
                    self._epochs[int(said["fold"])] = tuple(said["epoch"])
                    self._tell_epochs(watch)

    def _tell_epochs(self, watch: Callback) -> None:
        """Tell of the mean epoch of all folds; those that are done have taken all of theirs."""
        most = max(most for _, most in self._epochs.values())
        share = sum(done / most for done, most in self._epochs.values()) / self.folds
        watch.epoch(int(share * most), most)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Turn:
    """Folds that are handed out.

    Attributes
    ----------
    shared : Shared
    folds : sequence of int
        By position.
    orders : Orders
    listener : Listener
    watch : Callback
    over : threading.Event
        Set once no more are to be handed out.
    """

    shared: Shared
    folds: Sequence[int]
    orders: Orders
    listener: Listener
    watch: Callback
    over: threading.Event = field(default_factory=threading.Event)

    def calls(self) -> Iterator[Any]:
        """Yield a call for each fold, as joblib asks for them."""
        for fold in self.folds:
            if self.over.is_set():
                return
            yield joblib.delayed(work)(self.shared, fold, self.orders)


def _pool() -> joblib.Parallel:
    """Return what hands out one fold after the other, and each as soon as it is done."""
    try:
        return joblib.Parallel(return_as="generator_unordered", batch_size=1)
    except ValueError:  # Ray's brings all back at once
        return joblib.Parallel(batch_size=1)


def _collect(
    pool: joblib.Parallel, turn: Turn, found: "queue.Queue[tuple[int, Any] | Ended]"
) -> None:
    """Put what workers bring back into a queue, in the order in which it comes."""
    error = None
    try:
        for one in pool(turn.calls()):
            found.put(one)
    except BaseException as raised:  # noqa: BLE001 - of whatever library the workers are
        error = raised
    found.put(Ended(error=error))


def part_of(fold: int) -> str:
    """Return the name of the checkpoints of a fold that is trained alone."""
    return f"{ALONE}-{fold + 1}"


def work(shared: Shared, fold: int, orders: Orders) -> tuple[int, Trained | Exception]:
    """Train a fold in a worker; what goes wrong in it is returned, not raised.

    What joblib raises is then the end of a worker, and nothing else.
    """
    end_with(orders.program)
    try:
        require_alike(orders.versions)
        with Line(orders.address, fold) as line, _deaf_to_interrupts():
            if line.stop_reason() is not None:
                return fold, NotBegun(line.stop_reason())
            checkpoints = None
            if orders.folder is not None and orders.folder.is_dir():
                checkpoints = Checkpoints(
                    lambda: orders.folder or Path(), line.tell, orders.pace, part_of(fold)
                )
            care = Supervision(line, Deadline(orders.seconds, orders.limit), checkpoints)
            trained = shared.shard.only(fold).train(care)
    except TenfoldError as error:
        return fold, error
    except Exception as error:  # noqa: BLE001 - it may be of a kind that cannot be sent
        return fold, RuntimeError(f"{type(error).__name__}: {error}")
    return fold, replace(trained, network=_compact(trained.network))


class NotBegun(Exception):
    """Training is to end, and a fold has not begun."""


def _required(result: Trained | Exception, watch: Callback) -> Trained:
    """Return what was trained, or raise what went wrong."""
    if isinstance(result, NotBegun):
        watch.tell("There is no model yet, as some folds had not begun.")
        raise KeyboardInterrupt
    if isinstance(result, Exception):
        raise result
    return result


def require_alike(versions: Mapping[str, str]) -> None:
    """Refuse to train with other libraries, which may do something else.

    Raises
    ------
    ClusterError
        K03.
    """
    other = {name: version(name) for name in versions if version(name) != versions[name]}
    if other:
        own = ", ".join(f"{name} {number}" for name, number in other.items())
        wanted = " ".join(f"{name}=={versions[name]}" for name in other)
        raise ClusterError(
            "K03",
            f"a worker has {own}",
            place={"worker": socket.gethostname()},
            fix=[f"install there what is installed here: pip install {wanted}"],
        )


def _not_brought_back(folds: Sequence[int], error: BaseException) -> ClusterError:
    lines = str(error).strip().splitlines() or [""]
    names = ", ".join(str(fold + 1) for fold in folds)
    return ClusterError(
        "K02",
        f"workers ended {TRIES} times before they brought back a fold",
        place={"folds": names, "error": f"{type(error).__name__}: {lines[0]}"},
        fix=[
            "give the workers more memory, or use fewer: --backend loky:2",
            "train here: leave --backend out",
        ],
    )


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Leave Ctrl-C, which reaches all processes of a terminal, to the program that asks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _compact(network: nn.Module) -> nn.Module:
    """Return a network on the processor whose tensors are no parts of larger ones.

    What a tensor is a part of is sent with it.
    """
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.detach().cpu().clone()
        tensor.grad = None
    return network
