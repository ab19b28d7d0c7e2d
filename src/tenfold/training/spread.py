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
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

import joblib
import torch
from torch import nn

from tenfold.errors import ClusterError, TenfoldError
from tenfold.training.channel import LOST, Address, Line, Listener
from tenfold.training.checkpoints import Checkpoints, Pace
from tenfold.training.shard import Shard, Trained
from tenfold.training.watch import CTRL_C, Callback, Deadline, Supervision
from tenfold.training.workers import (
    are_far,
    bring_back,
    cluster_hosts,
    end_with,
    spread_over,
    spreads,
)

Content = TypeVar("Content")

ALONE: Final = "fold"  # its checkpoints are called so, and by its number
ALIKE: Final = ("tenfold", "torch", "numpy")


class Shared(Generic[Content]):
    """What all workers get, and once only where joblib can: arrays lie in a file or a store.

    Parameters
    ----------
    content : object
    """

    def __init__(self, content: Content) -> None:
        self.content = content

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
    part : str
        What these are called, ahead of the number of the fold.
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
    part: str
    pace: Pace
    seconds: float | None
    limit: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spreading:
    """Trains folds one by one, wherever joblib sends them.

    Attributes
    ----------
    workers : int
    far : bool
        Whether they may run on other machines.
    here : bool
        Whether this process trains the folds, one after the other.
    """

    workers: int
    far: bool
    here: bool = False

    @classmethod
    def found(cls, device: torch.device, checkpoints: Checkpoints | None) -> Self | None:
        """Return what ``joblib.parallel_config`` asks for; None to train all folds at once.

        Whoever goes on with a run finishes it as it was begun, all folds at once or one by one.
        """
        begun = checkpoints is not None and checkpoints.has(f"{ALONE}-*")
        if spreads(device) and (begun or checkpoints is None or not checkpoints.has()):
            return cls(workers=spread_over(), far=are_far())
        return cls(workers=1, far=False, here=True) if begun else None

    def train(self, whole: Shard, care: Supervision) -> Trained:
        """Train all folds, and return their networks side by side.

        Raises
        ------
        ClusterError
            K02, if workers end again and again; K03, if their libraries differ from those here;
            K04, if a callback ends training before each fold has begun.
        KeyboardInterrupt
            If Ctrl-C is pressed before each fold has begun.
        """
        shared, found = Shared(whole), {}
        towards = cluster_hosts() if self.far else ()
        with Listener(far=self.far, towards=towards) as listener:
            following = _Following(listener=listener, watch=care.watch, folds=len(whole))

            def hand_out(folds: Sequence[int]) -> Iterator[Any]:
                orders = self._orders(listener, care, len(whole))
                yield from (joblib.delayed(work)(shared, fold, orders) for fold in folds)

            def take(one: tuple[int, Trained | Exception]) -> int | None:
                fold, result = one
                if isinstance(result, Lost):
                    return None
                found[fold] = required(result, care.watch)
                following.epochs[fold] = 1, 1
                return fold

            with joblib.parallel_config("sequential") if self.here else nullcontext():
                bring_back(
                    len(whole),
                    hand_out,
                    take,
                    look=following.look,
                    end=lambda: listener.stop(LOST),
                    tell=care.watch.tell,
                )
        return whole.join([found[fold] for fold in range(len(whole))])

    def _orders(self, listener: Listener, care: Supervision, folds: int) -> Orders:
        checkpoints, limit = care.checkpoints, care.deadline.limit
        return Orders(
            address=listener.address,
            program=os.getpid(),
            versions={name: version(name) for name in ALIKE},
            folder=None if checkpoints is None else checkpoints.folder.absolute(),
            part=ALONE if checkpoints is None else checkpoints.name_of(ALONE),
            pace=Pace() if checkpoints is None else checkpoints.pace,
            seconds=None if limit is None else limit / -(-folds // self.workers),
            limit=limit,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Following:
    """What workers say of all folds, on its way to who follows the run.

    Attributes
    ----------
    listener : Listener
    watch : Callback
    folds : int
    epochs : dict of int to (int, int)
        Of each fold that has told of one: how many are done, and how many there are at most.
    told : set of str
        Sentences, each of which is told once.
    """

    listener: Listener
    watch: Callback
    folds: int
    epochs: dict[int, tuple[int, int]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Hand on what workers said, and tell them to end where that is asked for."""
        if reason := self.watch.stop_reason():
            self.listener.stop(reason)
        with contextlib.suppress(queue.Empty):
            while said := self.listener.said.get_nowait():
                if "tell" in said and said["tell"] not in self.told:
                    self.told.add(said["tell"])
                    self.watch.tell(said["tell"])
                if "epoch" in said:
                    self.epochs[said["fold"]] = tuple(said["epoch"])
                    # The mean epoch of all folds; those that are done have taken all of theirs.
                    most = max(last for _, last in self.epochs.values())
                    share = sum(done / last for done, last in self.epochs.values()) / self.folds
                    self.watch.epoch(int(share * most), most)


def work(shared: Shared[Shard], fold: int, orders: Orders) -> tuple[int, Trained | Exception]:
    """Train a fold in a worker; what goes wrong in it is returned, not raised.

    What joblib raises is then the end of a worker, and nothing else.
    """
    end_with(orders.program)
    try:
        require_alike(orders.versions)
        with Line(orders.address, fold) as line, _deaf_to_interrupts():
            checkpoints = None
            if orders.folder is not None and orders.folder.is_dir():
                name = f"{orders.part}-{fold + 1}"
                checkpoints = Checkpoints(
                    lambda: orders.folder or Path(), line.tell, orders.pace, name
                )
            begun = checkpoints is not None and checkpoints.has()
            reason = line.stop_reason()
            if reason == LOST:
                return fold, Lost(reason)
            if reason is not None and not begun:
                return fold, NotBegun(reason)
            care = Supervision(line, Deadline(orders.seconds, orders.limit), checkpoints)
            trained = shared.content.only(fold).train(care)
            if line.stop_reason() == LOST:
                return fold, Lost(LOST)
    except TenfoldError as error:
        return fold, error
    except Exception as error:  # noqa: BLE001 - it may be of a kind that cannot be sent
        return fold, RuntimeError(f"{type(error).__name__}: {error}")
    return fold, replace(trained, network=_compact(trained.network))


class NotBegun(Exception):
    """Training is to end, and a fold has not begun."""


class Lost(Exception):
    """A worker no longer heard the program, and ended a training that may still be wanted."""


def required(result: Trained | Exception, watch: Callback) -> Trained:
    """Return what was trained, or raise what went wrong."""
    if isinstance(result, NotBegun):
        if str(result) != CTRL_C:
            raise ClusterError(
                "K04",
                f"training was to end ({result}) before each fold had begun",
                fix=[
                    "use as many workers as there are folds",
                    "train all folds at once: leave --backend out",
                ],
            )
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
