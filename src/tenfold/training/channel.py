"""What a program and its workers say to each other while they train.

A worker tells how far it is; the program tells it to end. Both go through one connection of
each worker to the program, a JSON object a line. A connection that is lost ends the worker's
training, so that none goes on for a program that is gone; a worker on another machine that
cannot connect trains without one.
"""

import contextlib
import hashlib
import hmac
import json
import queue
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedIOBase, BufferedRWPair
from typing import Any, Final, Self, final

from tenfold.training.watch import Callback

HERE: Final = "127.0.0.1"
ANYWHERE: Final = "192.0.2.1"  # of the documentation's network
TRY_SECONDS: Final = 3.0
SAY_SECONDS: Final = 0.1
LONGEST_LINE: Final = 10_000
LOST: Final = "the program that asked for it has ended"

Said = dict[str, Any]
Bytes = BufferedIOBase | BufferedRWPair


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a program listens to its workers.

    Attributes
    ----------
    hosts : tuple of str
        The names or numbers by which workers may reach it, the likeliest first.
    port : int
    secret : str
        What a worker must know to be listened to.
    """

    hosts: tuple[str, ...]
    port: int
    secret: str


@final
class Listener:
    """The program's end; ``with`` opens and closes it.

    Parameters
    ----------
    far : bool
        Whether workers may run on other machines.
    towards : sequence of str
        Other machines of the cluster, which tell by which address this one is reached.

    Attributes
    ----------
    said : queue.Queue of dict
        What workers say.
    """

    def __init__(self, *, far: bool, towards: Sequence[str] = ()) -> None:
        self.said: queue.Queue[Said] = queue.Queue()
        self._secret = secrets.token_hex(16)
        self._reason: str | None = None
        self._lock = threading.Lock()
        self._workers: list[Bytes] = []
        listener = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = TRY_SECONDS

            def handle(self) -> None:
                # Strangers, and workers that are gone.
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                    listener.listen(self.connection, self.rfile, self.wfile)

        self._server = _Server(("" if far else HERE, 0), Handler)
        hosts = (*_own_addresses(towards), HERE) if far else (HERE,)
        port = int(self._server.server_address[1])
        self.address = Address(hosts=hosts, port=port, secret=self._secret)

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._reason = LOST
            for worker in self._workers:
                _say(worker, {"stop": LOST})
        self._server.shutdown()
        self._server.server_close()

    def stop(self, reason: str) -> None:
        """Tell all workers, those to come too, to end and keep their best state."""
        with self._lock:
            if self._reason is None:
                self._reason = reason
                for worker in self._workers:
                    _say(worker, {"stop": reason})

    def listen(self, connection: socket.socket, hears: Bytes, says: Bytes) -> None:
        """Listen to a worker until it ends; both show that they know the secret."""
        nonce = secrets.token_hex(16)
        _say(says, {"nonce": nonce})
        said = json.loads(hears.readline(LONGEST_LINE))
        if not hmac.compare_digest(str(said["answer"]), _answer(self._secret, nonce)):
            return
        connection.settimeout(None)
        with self._lock:
            self._workers.append(says)
            answer = _answer(self._secret, str(said["nonce"]))
            _say(says, {"answer": answer, "stop": self._reason})
        try:
            while line := hears.readline(LONGEST_LINE):
                with contextlib.suppress(ValueError):
                    self.said.put(json.loads(line))
        finally:
            with self._lock:
                self._workers.remove(says)


@final
class Line(Callback):
    """A worker's end: follows a training there, and tells the program of it.

    Parameters
    ----------
    address : Address
    fold : int
        Which fold it trains, by position.
    """

    def __init__(self, address: Address, fold: int) -> None:
        self._fold = fold
        self._said_at = 0.0
        self._reason: str | None = None
        self._file: Any = None
        self._socket = None
        found = _connected(address)
        if found is not None:
            self._socket, self._file, self._reason = found
            threading.Thread(target=self._hear, daemon=True).start()
        elif address.hosts == (HERE,):
            self._reason = LOST

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def epoch(self, done: int, most: int) -> None:
        """Tell of an epoch, but not of each where they are short."""
        if time.monotonic() - self._said_at >= SAY_SECONDS or done == most:
            self._said_at = time.monotonic()
            self._tell({"fold": self._fold, "epoch": [done, most]})

    def tell(self, what: str) -> None:
        """Tell a sentence that the user should read now."""
        self._tell({"fold": self._fold, "tell": what[: LONGEST_LINE // 10]})

    def stop_reason(self) -> str | None:
        """Return what the program asks to end training for, or None."""
        return self._reason

    def _tell(self, said: Said) -> None:
        if self._file is not None:
            _say(self._file, said)

    def _hear(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError):
            while line := self._file.readline(LONGEST_LINE):
                self._reason = json.loads(line)["stop"]
        self._reason = self._reason or LOST


@final
class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128  # workers that begin at the same time


def _connected(address: Address) -> tuple[socket.socket, Any, str | None] | None:
    """Return a connection to the program, and what it asks for; None if there is no way."""
    for host in address.hosts:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError, ValueError, KeyError, TypeError))
            found = socket.create_connection((host, address.port), TRY_SECONDS)
            stack.enter_context(found)
            file = stack.enter_context(found.makefile("rwb"))
            said = _introduced(file, address.secret)
            if said is not None:  # another program may listen there
                found.settimeout(None)
                stack.pop_all()
                return found, file, said["stop"]
    return None


def _introduced(file: Bytes, secret: str) -> Said | None:
    """Return what the program says first, if both show that they know the secret."""
    nonce = secrets.token_hex(16)
    said = json.loads(file.readline(LONGEST_LINE))
    _say(file, {"answer": _answer(secret, str(said["nonce"])), "nonce": nonce})
    said = json.loads(file.readline(LONGEST_LINE))
    known = hmac.compare_digest(str(said["answer"]), _answer(secret, nonce))
    return dict(said) if known else None


def _answer(secret: str, nonce: str) -> str:
    """Return what shows that one knows the secret, and does not tell it."""
    return hmac.new(secret.encode(), nonce.encode(), hashlib.sha256).hexdigest()


def _say(file: Bytes, said: Said) -> None:
    """Say a line; who no longer hears it is told nothing."""
    with contextlib.suppress(OSError, ValueError):
        file.write(json.dumps(said).encode() + b"\n")
        file.flush()


def _own_addresses(towards: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers and the name of this machine in its networks, the likeliest first."""
    found = []
    for host in (*towards, ANYWHERE):
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way,
        ):
            way.connect((host, 9))  # nothing is sent
            found.append(str(way.getsockname()[0]))
    return tuple(dict.fromkeys([*found, socket.gethostname()]))
