"""What a program and its workers say to each other, and who is not listened to."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tenfold.training import channel
from tenfold.training.channel import LONGEST_LINE, LOST, Address, Line, Listener


def until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until something holds; return whether it came to hold in time."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_an_epoch_and_a_sentence_reach_the_program() -> None:
    with Listener(far=False) as listener, Line(listener.address, 3) as line:
        line.epoch(1, 9)
        line.tell("look here")
        assert listener.said.get(timeout=5) == {"fold": 3, "epoch": [1, 9]}
        assert listener.said.get(timeout=5) == {"fold": 3, "tell": "look here"}


def test_of_short_epochs_few_are_told_and_the_last_in_any_case() -> None:
    with Listener(far=False) as listener, Line(listener.address, 0) as line:
        for epoch in range(1, 501):
            line.epoch(epoch, 500)
        found = [listener.said.get(timeout=5)["epoch"][0]]
        while found[-1] != 500:
            found.append(listener.said.get(timeout=5)["epoch"][0])
        assert len(found) < 50


def test_an_end_reaches_workers_that_are_there_and_those_that_come() -> None:
    with Listener(far=False) as listener, Line(listener.address, 0) as before:
        assert before.stop_reason() is None
        listener.stop("enough")
        listener.stop("another reason")
        assert until(lambda: before.stop_reason() == "enough")
        with Line(listener.address, 1) as after:
            assert after.stop_reason() == "enough"


def test_a_worker_ends_with_the_program() -> None:
    with Listener(far=False) as listener:
        line = Line(listener.address, 0)
        assert line.stop_reason() is None
    assert until(lambda: line.stop_reason() == LOST)
    line.epoch(1, 1)  # nobody hears it, and nothing happens


def test_a_worker_without_a_way_to_the_program_trains_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "TRY_SECONDS", 0.2)
    with Listener(far=False) as listener:
        address = replace(listener.address, hosts=("192.0.2.1",))
    with Line(address, 0) as line:
        line.epoch(1, 1)
        line.tell("nobody hears it")
        assert line.stop_reason() is None


def test_a_worker_on_this_machine_whose_program_is_gone_trains_nothing() -> None:
    with Listener(far=False) as listener:
        address = listener.address
    with Line(address, 0) as line:
        assert line.stop_reason() == LOST


NOBODY = ["", "\n", "no json\n", "{}\n", '{"answer": "0", "nonce": "1"}\n', "x" * 20_000]


@pytest.mark.parametrize("said", NOBODY, ids=range(len(NOBODY)))
def test_who_does_not_know_the_secret_is_not_listened_to(said: str) -> None:
    with Listener(far=False) as listener:
        with socket.create_connection((channel.HERE, listener.address.port)) as stranger:
            stranger.sendall(said.encode() + b'{"fold": 0, "epoch": [1, 1]}\n')
            stranger.shutdown(socket.SHUT_WR)
            answered = b""
            with contextlib.suppress(ConnectionResetError):
                while part := stranger.recv(1_000):
                    answered += part
        assert listener.address.secret.encode() not in answered
        assert b"stop" not in answered
        with Line(listener.address, 7) as line:
            line.epoch(2, 2)
            assert listener.said.get(timeout=5)["fold"] == 7


OWN = "not for all"
SAYS = [b"", b"HTTP/1.1 400\r\n", b'{"nonce": "0"}\n{"answer": 1}\n']


@pytest.mark.parametrize("says", SAYS, ids=range(len(SAYS)))
def test_another_server_learns_nothing_and_does_not_hold_up_a_worker(
    says: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "TRY_SECONDS", 0.3)
    heard: list[bytes] = []
    with socket.create_server((channel.HERE, 0)) as server:

        def serve() -> None:
            asker, _ = server.accept()
            with asker, contextlib.suppress(ConnectionResetError):
                asker.sendall(says)
                while part := asker.recv(1_000):
                    heard.append(part)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        with Line(Address(hosts=(channel.HERE,), port=port, secret=OWN), 0) as line:
            assert line.stop_reason() == LOST
        thread.join(5)
        assert not thread.is_alive()
    assert OWN.encode() not in b"".join(heard)


def test_a_long_sentence_is_cut() -> None:
    with Listener(far=False) as listener, Line(listener.address, 0) as line:
        line.tell("\u00e9" * LONGEST_LINE)
        assert len(listener.said.get(timeout=5)["tell"]) < LONGEST_LINE


def test_only_this_machine_is_listened_to_unless_workers_are_far() -> None:
    with Listener(far=False) as near:
        assert near.address.hosts == (channel.HERE,)
    with Listener(far=True) as far:
        assert len(far.address.hosts) >= 2
        assert socket.gethostname() in far.address.hosts
        assert far.address.hosts[-1] == channel.HERE
        assert far.address.secret != near.address.secret


def test_a_machine_of_the_cluster_tells_by_which_address_this_one_is_reached() -> None:
    with Listener(far=True, towards=["127.0.0.1", "no such machine"]) as listener:
        assert listener.address.hosts[0] == "127.0.0.1"
        with Line(listener.address, 1) as line:
            assert line.stop_reason() is None
