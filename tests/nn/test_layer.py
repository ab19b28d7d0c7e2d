"""Products with few columns give a row the same bits at every place of a block."""

import pytest
import torch

from tenfold.nn.layer import narrow_product

BLOCK = 64


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 6, 7, 10, 17, 40])
@pytest.mark.parametrize("inputs", [5, 64, 330])
def test_a_row_gets_the_same_bits_at_every_place(columns: int, inputs: int) -> None:
    draw = torch.Generator().manual_seed(columns)
    x_FBI = torch.randn(3, BLOCK, inputs, generator=draw)
    weight_FIO = torch.randn(3, inputs, columns, generator=draw)
    bias_F1O = torch.randn(3, 1, columns, generator=draw)
    said_FBO = narrow_product(bias_F1O, x_FBI, weight_FIO, 0.7)
    wanted_FBO = bias_F1O + 0.7 * x_FBI @ weight_FIO
    torch.testing.assert_close(said_FBO, wanted_FBO, rtol=1e-4, atol=1e-4)
    for shift in (1, 3, 8, 33):
        moved_FBO = narrow_product(bias_F1O, x_FBI.roll(shift, dims=1), weight_FIO, 0.7)
        assert torch.equal(moved_FBO, said_FBO.roll(shift, dims=1))
