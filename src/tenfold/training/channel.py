"""What a program and its workers say to each other while they train.

A worker tells how far it is; the program tells it to end. Both go through one connection of
each worker to the program, a JSON object a line. A connection that is lost ends the worker's
training, so that none goes on for a program that is gone; a worker on another machine that
cannot connect trains without one.
"""

import contextlib
import hmac
import json
import queue
import secrets
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from io import BufferedIOBase, BufferedRWPair
from typing import Any, Final, Self, final

from tenfold.training.watch import Callback

HERE: Final = "127.0.0.1"
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
        What a worker says first; others are not listened to.
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

    Attributes
    ----------
    said : queue.Queue of dict
        What workers say.
    """

    def __init__(self, *, far: bool) -> None:
        self.said: queue.Queue[Said] = queue.Queue()
        self._secret = secrets.token_hex(16)
        self._reason: str | None = None
        self._lock = threading.Lock()
        self._workers: list[Bytes] = []
        listener = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = TRY_SECONDS

            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    listener.listen(self.connection, self.rfile, self.wfile)

        self._server = socketserver.ThreadingTCPServer(
            ("" if far else HERE, 0), Handler, bind_and_activate=True
        )
        self._server.daemon_threads = True
        hosts = (*_own_addresses(), HERE) if far else (HERE,)
        port = int(self._server.server_address[1])
        self.address = Address(hosts=hosts, port=port, secret=self._secret)

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for worker in self._workers:
                _say(worker, {"stop": LOST})

    def stop(self, reason: str) -> None:
        """Tell all workers, those to come too, to end and keep their best state."""
        with self._lock:
            if self._reason is None:
                self._reason = reason
                for worker in self._workers:
                    _say(worker, {"stop": reason})

    def listen(self, connection: socket.socket, hears: Bytes, says: Bytes) -> None:
        """Listen to a worker until it ends."""
        first = hears.readline(LONGEST_LINE).strip()
        if not hmac.compare_digest(first, self._secret.encode()):
            return
        connection.settimeout(None)
        with self._lock:
            self._workers.append(says)
            _say(says, {"stop": self._reason})
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
        self._reason: str | None = None
        self._said_at = 0.0
        self._file: Any = None
        self._socket = _connected(address)
        if self._socket is None and address.hosts == (HERE,):
            self._reason = LOST
        if self._socket is not None:
            self._file = self._socket.makefile("rwb")
            _say(self._file, address.secret)
            self._listen_once()  # training may be over by now
            threading.Thread(target=self._hear, daemon=True).start()

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
        while self._listen_once():
            pass

    def _listen_once(self) -> bool:
        """Wait for the program to say something; return whether it may say more."""
        line = b""
        with contextlib.suppress(OSError, ValueError):
            line = self._file.readline(LONGEST_LINE)
        self._reason = json.loads(line)["stop"] if line else self._reason or LOST
        return bool(line)


def _say(file: Bytes, said: Said | str) -> None:
    """Say a line; who no longer hears it is told nothing."""
    line = said if isinstance(said, str) else json.dumps(said)
    with contextlib.suppress(OSError, ValueError):
        file.write(line.encode() + b"\n")
        file.flush()


def _connected(address: Address) -> socket.socket | None:
    for host in address.hosts:
        with contextlib.suppress(OSError):
            found = socket.create_connection((host, address.port), TRY_SECONDS)
            found.settimeout(None)
            return found
    return None


def _own_addresses() -> tuple[str, ...]:
    """Return the names and numbers of this machine in its network."""
    found = [socket.gethostname()]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to:
        to.connect(("192.0.2.1", 9))  # of the documentation's network: nothing is sent
        found.append(str(to.getsockname()[0]))
    return tuple(found)
