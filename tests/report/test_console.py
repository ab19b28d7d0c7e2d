"""What is shown while a network trains: decisions, a bar if there is time, Ctrl-C."""

import io
import signal
import threading

import pytest
from rich.console import Console

from tenfold.config import Decision
from tenfold.report.console import PATIENCE_SECONDS, TerminalWatch

LONG = Decision(what="a [b]choice[/b] " + "x" * 200, why="1,234 rows", change_with="--option")


class Screen:
    """A console that keeps what is written to it."""

    def __init__(self, *, terminal: bool, quiet: bool = False) -> None:
        self.file = io.StringIO()
        console = Console(file=self.file, force_terminal=terminal, quiet=quiet, width=80)
        self.watch = TerminalWatch(console)

    @property
    def text(self) -> str:
        return self.file.getvalue()

    def train(self, *, seconds: float) -> None:
        """Act like a training that has taken so long when its epochs end."""
        with self.watch.listening():
            self.watch.decided([])
            self.watch._bar._started -= seconds
            for epoch in (1, 2, 3):
                self.watch.epoch(epoch, 50)


def test_a_decision_is_one_line_whatever_it_holds() -> None:
    screen = Screen(terminal=False)
    screen.watch.decided([LONG])
    first, second = screen.text.splitlines()
    assert first == "Decided, with the option that changes each decision:"
    assert second == f"  {LONG.what} ({LONG.why}); --option"


def test_what_is_decided_while_training_is_told_after_it() -> None:
    screen = Screen(terminal=False)
    screen.watch.decided([LONG])
    screen.watch.epoch(1, 1)
    screen.watch.decided([LONG])
    screen.watch.decided([])
    heads = [line for line in screen.text.splitlines() if not line.startswith(" ")]
    assert heads == [
        f"{when}, with the option that changes each decision:"
        for when in ("Decided", "Decided while training")
    ]


def test_a_bar_shows_on_a_terminal_once_training_takes_a_while() -> None:
    screen = Screen(terminal=True)
    screen.train(seconds=PATIENCE_SECONDS + 1)
    assert "training" in screen.text
    assert "epoch 3 of at most 50" in screen.text


@pytest.mark.parametrize(
    ("terminal", "quiet", "seconds"),
    [(True, False, 0.0), (False, False, 9.0), (True, True, 9.0)],
    ids=["short", "no terminal", "quiet"],
)
def test_no_bar_otherwise(terminal: bool, quiet: bool, seconds: float) -> None:
    screen = Screen(terminal=terminal, quiet=quiet)
    screen.train(seconds=seconds)
    assert "epoch" not in screen.text
    assert screen.text.count("\n") <= 1


def test_quiet_writes_nothing_at_all() -> None:
    screen = Screen(terminal=True, quiet=True)
    screen.watch.decided([LONG])
    screen.train(seconds=9.0)
    assert screen.text == ""


def test_the_first_ctrl_c_asks_for_an_end_and_the_second_forces_it() -> None:
    screen = Screen(terminal=False)
    before = signal.getsignal(signal.SIGINT)
    with screen.watch.listening():
        assert screen.watch.stop_reason() is None
        signal.raise_signal(signal.SIGINT)
        assert screen.watch.stop_reason() == "Ctrl-C"
        assert screen.text == (
            "Ctrl-C: finishing with the best state so far; press it again to abort\n"
        )
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_is_given_back_after_an_error() -> None:
    screen = Screen(terminal=False)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="broken"), screen.watch.listening():
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert screen.watch.stop_reason() is None


def test_training_in_another_thread_leaves_signals_alone() -> None:
    screen, found = Screen(terminal=False), []

    def work() -> None:
        with screen.watch.listening():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]


def test_a_terminal_is_left_clean_after_the_bar() -> None:
    """The cursor comes back, and the bar's line is wiped for the results below it."""
    screen = Screen(terminal=True)
    screen.train(seconds=9.0)
    assert screen.text.rindex("\x1b[?25h") > screen.text.rindex("\x1b[?25l")
    assert screen.text.endswith("\x1b[2K")
