"""Pieces of work side by side: in order, alone on their core, and nothing left behind."""

import time

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
