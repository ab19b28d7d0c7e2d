"""Pieces of work side by side: in order, alone on their core, and nothing left behind."""

import os
import subprocess
import sys
import time
from typing import Final

import pytest
import torch

from tenfold.nn.threads import each_in_a_thread


def test_results_come_in_the_order_of_the_items() -> None:
    def later_first(number: int) -> int:
        time.sleep(0.02 * (3 - number))
        return number * number

    assert list(each_in_a_thread(later_first, range(4))) == [0, 1, 4, 9]


def test_a_piece_computes_on_one_core_and_the_caller_on_as_many_as_before() -> None:
    """A thread that took over the caller's number would share its core with another."""
    before = torch.get_num_threads()

    def cores(_: int) -> int:
        torch.rand(200_000).sum()  # whatever asks for threads first
        return torch.get_num_threads()

    for _ in range(2):
        assert set(each_in_a_thread(cores, range(8))) == {1}
        assert torch.get_num_threads() == before


def test_an_error_of_a_piece_reaches_the_caller() -> None:
    def refuse(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    with pytest.raises(ValueError, match="two"):
        list(each_in_a_thread(refuse, range(50)))
    assert list(each_in_a_thread(refuse, [5])) == [5]


def test_pieces_may_have_pieces_of_their_own() -> None:
    def inner(number: int) -> int:
        return sum(each_in_a_thread(lambda x: x + number, range(3)))

    assert list(each_in_a_thread(inner, range(3))) == [3, 6, 9]


FORKED: Final = """
import os, torch
from tenfold.nn.threads import make_ready
READY_BEFORE
child = os.fork()
if child == 0:
    BEFORE_COMPUTING
    os._exit(torch.get_num_threads())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), torch.get_num_threads())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system forks nothing")
@pytest.mark.parametrize(
    ("parent", "child", "threads"),
    [("make_ready()", "", 1), ("", "make_ready()", 1), ("", "", 2)],
    ids=["after the library has computed", "before it has", "and it never computes"],
)
def test_a_forked_child_computes_on_one_core(parent: str, child: str, threads: int) -> None:
    """What never computes with the library is left alone: the control."""
    program = FORKED.replace("READY_BEFORE", parent).replace("BEFORE_COMPUTING", child)
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=os.environ | {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"},
        capture_output=True,
        check=True,
    )
    assert said.stdout.split() == [str(threads).encode(), b"2"]
