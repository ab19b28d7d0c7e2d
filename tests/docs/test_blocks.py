"""What a page shows of an output is compared with it, beside what it leaves out, too."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ANYTHING, alike

LINES: Final = st.lists(
    st.tuples(
        st.integers(-9_999, 9_999).filter(lambda number: abs(number) > 4),
        st.sampled_from(["shown", "left out", "cut before", "cut behind"]),
    ),
    min_size=1,
    max_size=8,
)
NAMES: Final = "abcdefgh"  # of lines, so that each is found in one place alone


def page_and_output(lines: list[tuple[int, str]]) -> tuple[str, str]:
    page, output = [], []
    for name, (number, how) in zip(NAMES, lines, strict=False):
        output.append(f"{name} is {number:,} and 17 more")
        page.append(
            {
                "shown": output[-1],
                "left out": ANYTHING,
                "cut before": f"{ANYTHING} {number:,} and 17 more",
                "cut behind": f"{name} is {number:,} {ANYTHING}",
            }[how]
        )
    return "\n".join(page), "\n".join(output)


@given(LINES)
def test_an_output_is_alike_whatever_a_page_leaves_out(lines: list[tuple[int, str]]) -> None:
    assert alike(*page_and_output(lines))


@given(LINES, st.data())
def test_a_number_that_a_page_shows_must_be_near(
    lines: list[tuple[int, str]], data: st.DataObject
) -> None:
    """A line that is cut before its number may be any below one that is left out."""
    named = [at for at, (_, how) in enumerate(lines) if how in {"shown", "cut behind"}]
    if not named:
        return
    at = data.draw(st.sampled_from(named))
    output = page_and_output(lines)[1]
    number, how = lines[at]
    lines[at] = (data.draw(st.sampled_from([2 * number, number // 2, -number])), how)
    assert not alike(page_and_output(lines)[0], output)


@pytest.mark.parametrize(
    ("page", "output"),
    [
        ("...\nMSE 9.1 (sd 2.0)\n...", "fold 1\nMSE 19.1 (sd 2.0)\nsaved in runs/houses-1"),
        ("MSE ...\nRMSE 5.0", "MSE 8\nRMSE 7.0"),
        ("a ... in 9 s", "a 1 2 3 in 90 s"),
        ("... 5 rows", "there are 15 rows"),
        ("-5 ...", "5 and more"),
        ("1 ... 2", "1 more"),
    ],
)
def test_what_is_left_out_hides_no_other_number(page: str, output: str) -> None:
    assert not alike(page, output)
