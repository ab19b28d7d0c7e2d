"""BatchPlan: every row once an epoch, in an order that only its own fold decides."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tenfold.seeds import Streams
from tenfold.training.batches import BatchPlan
from tenfold.training.stack import Member, Stack

ROWS = 53
over_cuts = pytest.mark.parametrize("cut", ["even", "filled", "full"])


def folds(rows: int = ROWS) -> NDArray[np.bool_]:
    """Return what three networks learn from: unequal parts of the rows."""
    at = np.arange(rows)
    return np.stack([at % 2 == 0, at % 3 != 0, at >= 5])


def make_plan(
    learn: NDArray[np.bool_],
    cut: str = "even",
    *,
    members: tuple[Member, ...] = ((0, 0), (1, 0), (2, 0)),
    weights: NDArray[np.float64] | None = None,
    seed: int = 0,
    epochs: int = 3,
    batch_size: int = 8,
) -> BatchPlan:
    weights = np.ones(learn.shape[1]) if weights is None else weights
    stack = Stack.of(learn, np.zeros_like(learn), members)
    return BatchPlan(
        stack, weights, Streams(seed), batch_size=batch_size, epochs=epochs, cut=cut
    )


def steps_of(plan: BatchPlan, network: int) -> list[NDArray[np.int64]]:
    """Return the rows of each step of a network, fillers left out, over all of training."""
    out = []
    for number in range(plan.rounds):
        batches = plan.round(number)
        for rows_FB, weights_FB in zip(batches.rows_SFB, batches.weights_SFB, strict=True):
            out.append(rows_FB[network][weights_FB[network] > 0].numpy())
    return out[: int(plan.last_F[network])]


def epochs_of(plan: BatchPlan, network: int, epochs: int = 3) -> list[NDArray[np.int64]]:
    """Return the rows of each epoch of a network, in their order."""
    steps = steps_of(plan, network)
    each = len(steps) // epochs
    return [np.concatenate(steps[e * each : (e + 1) * each]) for e in range(epochs)]


@over_cuts
def test_every_network_sees_each_of_its_rows_once_an_epoch_and_no_other(cut: str) -> None:
    learn = folds()
    plan = make_plan(learn, cut)
    for network, mine in enumerate(learn):
        for seen in epochs_of(plan, network):
            assert sorted(seen) == np.flatnonzero(mine).tolist()


@over_cuts
def test_fillers_too_are_rows_that_the_network_may_learn_from(cut: str) -> None:
    learn = folds()
    plan = make_plan(learn, cut)
    fillers = 0
    for number in range(plan.rounds):
        batches = plan.round(number)
        fillers += int((batches.weights_SFB == 0).sum())
        for network, mine in enumerate(learn):
            assert mine[batches.rows_SFB[:, network].numpy()].all()
    assert fillers > 0


@over_cuts
def test_orders_differ_between_epochs_members_folds_and_seeds(cut: str) -> None:
    everyone = np.ones((4, ROWS), dtype=bool)
    plan = make_plan(everyone, cut, members=((0, 0), (0, 1), (1, 0), (1, 1)))
    orders = [tuple(seen) for network in range(4) for seen in epochs_of(plan, network)]
    orders.append(
        tuple(epochs_of(make_plan(everyone[:1], cut, members=((0, 0),), seed=1), 0)[0])
    )
    assert len(set(orders)) == 4 * 3 + 1
    again = make_plan(everyone, cut, members=((0, 0), (0, 1), (1, 0), (1, 1)))
    assert tuple(epochs_of(again, 3)[2]) == tuple(epochs_of(plan, 3)[2])


@over_cuts
def test_what_a_network_sees_does_not_depend_on_those_beside_it(cut: str) -> None:
    learn = folds()
    together = make_plan(learn, cut)
    for network in range(3):
        alone = make_plan(learn[[network]], cut, members=((network, 0),))
        pairs = zip(steps_of(together, network), steps_of(alone, 0), strict=True)
        assert all(np.array_equal(one, other) for one, other in pairs)
    misnamed = make_plan(learn[[0]], cut, members=((1, 0),))
    assert not np.array_equal(epochs_of(together, 0)[0], epochs_of(misnamed, 0)[0])


def test_filled_batches_are_of_one_size_whatever_folds_stand_beside() -> None:
    """A batch norm, and what a dropout draws, depend on the number of rows, fillers too."""
    learn = folds()
    whole = make_plan(learn, "filled")
    assert whole.width == -(-ROWS // whole.steps) == 8
    for network in range(3):
        alone = make_plan(learn[[network]], "filled", members=((network, 0),))
        assert alone.width == whole.width
        one, other = alone.round(1), whole.round(1)
        assert np.array_equal(one.rows_SFB[:, 0], other.rows_SFB[:, network])
    even = [make_plan(learn[[n]], members=((n, 0),)).width for n in range(3)]
    assert len(set(even)) > 1


def test_even_cuts_spread_the_rows_and_full_cuts_leave_a_rest() -> None:
    learn = folds()
    even, full = make_plan(learn), make_plan(learn, "full")
    for network, mine in enumerate(learn):
        count = int(mine.sum())
        sizes = [len(step) for step in steps_of(even, network)]
        assert max(sizes) - min(sizes) <= 1
        assert len(sizes) == 3 * -(-ROWS // 8)
        sizes = [len(step) for step in steps_of(full, network)][: -(-count // 8)]
        assert sizes == [8] * (count // 8) + [count % 8] * (count % 8 > 0)
    # The network with fewer rows is done earlier.
    assert even.last_F.tolist() == [21, 21, 21]
    assert full.last_F.tolist() == [3 * 4, 3 * 5, 3 * 6]
    assert (full.steps, full.rounds) == (6, 3)


def test_the_shares_of_a_step_are_a_mean_over_its_rows() -> None:
    learn = folds()
    full = make_plan(learn, "full").round(0)
    per_step = full.weights_SFB.sum(dim=2)
    assert per_step.numpy() == pytest.approx(np.ones(per_step.shape), rel=1e-6)
    # Even steps of 7 and 8 rows weigh each row alike; their shares sum to 1 on average.
    even = make_plan(learn)
    shares = even.round(0).weights_SFB
    for network in range(3):
        mine = shares[:, network]
        assert len(mine[mine > 0].unique()) == 1
        assert float(mine.sum()) == pytest.approx(even.steps, rel=1e-6)


@pytest.mark.parametrize("cut", ["even", "filled"])
def test_shares_follow_the_weights_of_the_rows_and_not_their_unit(cut: str) -> None:
    weights = np.random.default_rng(0).uniform(0.5, 2.0, ROWS)
    learn = folds()
    plan, other = (make_plan(learn, cut, weights=w) for w in (weights, weights * 1000))
    one = plan.round(0)
    for network in range(3):
        shares = one.weights_SFB[:, network]
        rows = one.rows_SFB[:, network][shares > 0].numpy()
        ratio = shares[shares > 0].numpy() / weights[rows]
        assert ratio == pytest.approx(np.full(len(ratio), ratio[0]), rel=1e-5)
        assert float(shares.sum()) == pytest.approx(plan.steps, rel=1e-5)
    assert other.round(0).weights_SFB.numpy() == pytest.approx(
        one.weights_SFB.numpy(), rel=1e-5
    )


def test_a_batch_larger_than_the_table_is_the_whole_table() -> None:
    plan = make_plan(folds(), batch_size=500)
    assert plan.steps == 1
    assert plan.width == max(folds().sum(axis=1))
