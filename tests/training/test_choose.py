"""Which plan and device a run gets; the default recipe's numbers are not fixed here."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tenfold.config import TrainOptions
from tenfold.errors import NetworkError
from tenfold.nn.mlp import MLPOptions
from tenfold.training.device import choose_device, move, widest
from tests.engine_tables import coded, linear_module, mixed_frame, plan_for

ROWS, _ = coded(mixed_frame("regression", 48))


@pytest.mark.parametrize("network", ["auto", "tutorial"])
def test_what_the_user_sets_is_taken(network: str) -> None:
    asked = TrainOptions(network=network, epochs=3, batch_size=7, lr=0.123)
    plan = plan_for(ROWS, 3, "regression", asked)
    assert (plan.recipe.epochs, plan.recipe.batch_size, plan.recipe.lr) == (3, 7, 0.123)
    default = plan_for(ROWS, 3, "regression", TrainOptions(network=network))
    assert (default.recipe.epochs, default.recipe.batch_size, default.recipe.lr) != (
        3,
        7,
        0.123,
    )
    assert plan.body == default.body


@pytest.mark.parametrize("quality", ["fast", "medium", "best"])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_every_quality_has_a_plan_whose_members_can_watch(task: str, quality: str) -> None:
    plan = plan_for(ROWS, 3, task, TrainOptions(quality=quality))
    assert isinstance(plan.body, MLPOptions)
    recipe = plan.recipe
    assert recipe.validating <= min(recipe.members, recipe.blocks)
    assert recipe.decay >= 0


def test_many_columns_get_no_bins() -> None:
    """Bins took ten gigabytes on a table of 1,000 columns."""
    rows, _ = coded(mixed_frame("classification", 120))
    for columns, coded_so in ((500, True), (501, False)):
        wide = replace(rows, numbers=np.zeros((len(rows), columns)))
        plan = plan_for(wide, 3, "classification", TrainOptions())
        assert (bool(plan.features.bins), plan.features.recurring) == (coded_so, coded_so)


def test_numbers_of_few_rows_get_no_bins_beside_a_linear_model() -> None:
    for rows, coded_so in ((99, False), (100, True)):
        few, task = coded(mixed_frame("regression", rows))
        assert bool(plan_for(few, 3, task, TrainOptions()).features.bins) is coded_so


@pytest.mark.parametrize("quality", ["fast", "medium", "best"])
def test_each_member_of_a_small_table_validates_on_another_block(quality: str) -> None:
    recipe = plan_for(ROWS, 3, "regression", TrainOptions(quality=quality)).recipe
    assert recipe.validating == recipe.blocks <= recipe.members


def test_in_time_no_trend_is_carried_on_by_a_linear_model() -> None:
    timed = replace(ROWS, times=np.arange(len(ROWS), dtype=float))
    plan = plan_for(timed, 3, "regression", TrainOptions())
    assert plan.features.linear is None
    assert plan.recipe.validating == 1


def test_a_network_of_ones_own_comes_as_a_function_or_as_a_file(tmp_path: Path) -> None:
    plan = plan_for(ROWS, 3, "regression", TrainOptions(network="own"), linear_module)
    assert plan.body is linear_module
    file = tmp_path / "mine.py"
    file.write_text("import torch\ndef net(i, o):\n    return torch.nn.Linear(i, o)\n")
    plan = plan_for(ROWS, 3, "regression", TrainOptions(network=f"{file}:net"))
    assert callable(plan.body)
    assert plan.features.style == "standard"


def test_the_tutorials_network_refuses_classes() -> None:
    with pytest.raises(NetworkError) as caught:
        plan_for(ROWS, 3, "classification", TrainOptions(network="tutorial"))
    assert caught.value.code == "N04"


def test_a_device_that_the_machine_lacks_is_refused() -> None:
    assert choose_device("cpu") == (torch.device("cpu"), ())
    device, decisions = choose_device("auto")
    assert device.type in {"cpu", "cuda"}
    assert [d.change_with for d in decisions] == ["--device"]
    for name in ("gpu", "cuda:99", "cpu:1", "cuda:x"):
        with pytest.raises(NetworkError) as caught:
            choose_device(name)
        assert caught.value.code == "N06"


def test_a_module_is_moved_in_place_with_the_widest_numbers_of_the_device() -> None:
    """Apple's GPUs have no float64."""
    assert widest(torch.device("mps")) == torch.float32
    assert widest(torch.device("cpu")) == torch.float64
    module = torch.nn.BatchNorm1d(3).double()
    move(module, torch.device("cpu"))
    assert module.running_mean.dtype == torch.float64
