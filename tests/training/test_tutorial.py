"""The tutorial's network is the one that plain torch would train."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from tenfold.config import TrainOptions
from tenfold.nn.mlp import FoldMLP
from tenfold.seeds import Streams
from tenfold.training.batches import BatchPlan
from tenfold.training.fit_tables import TableShard
from tenfold.training.stack import Stack
from tests.engine_tables import (
    CPU,
    coded,
    fit,
    fold_answers,
    mixed_frame,
    plan_for,
    small_plan,
    splits_at,
    three_folds,
)

EPOCHS = 5


def test_the_tutorials_plan_is_the_tutorials() -> None:
    """Dense 13 relu, Dense 1, normal initialisation, squared error, Adam, 100 epochs of 5."""
    rows, options = coded(mixed_frame("regression", 12))[0], TrainOptions(network="tutorial")
    plan = plan_for(rows, 3, "regression", options)
    assert (plan.body.hidden, plan.body.activation, plan.body.init) == (
        (13,),
        "relu",
        "keras_normal",
    )
    recipe = plan.recipe
    assert (recipe.epochs, recipe.batch_size, recipe.lr) == (100, 5, 1e-3)
    assert (recipe.betas, recipe.epsilon, recipe.schedule) == ((0.9, 0.999), 1e-7, "constant")
    assert (recipe.members, recipe.validating, recipe.average, recipe.decay) == (
        1,
        0,
        None,
        0.0,
    )
    assert (plan.features.style, plan.standardize_target) == ("raw", False)
    standard = plan_for(rows, 3, "regression", replace(options, standardize=True))
    assert standard.features.style == "standard"


def test_a_fold_of_the_tutorial_is_a_plain_network_trained_on_the_same_batches() -> None:
    """Written anew with torch.nn.Sequential and Adam; only rows and start are shared."""
    frame = mixed_frame("regression", 97)[["size", "age", "w", "y"]].fillna({"size": 50.0})
    rows, task = coded(frame, weights=False)
    splits = splits_at(rows, three_folds(97, unequal=True))
    plan = small_plan("tutorial", rows, 3, task, epochs=EPOCHS)
    streams = Streams(0)
    start, _ = TableShard.of(rows, splits, task, plan, streams, CPU).build()
    assert isinstance(start, FoldMLP)
    fits = fit(rows, splits, task, plan)

    for fold in range(3):
        plain = nn.Sequential(nn.Linear(3, 13), nn.ReLU(), nn.Linear(13, 1))
        with torch.no_grad():
            for layer, i in ((plain[0], 0), (plain[2], 1)):
                assert isinstance(layer, nn.Linear)
                inputs = layer.in_features  # the rest fills them up
                layer.weight.copy_(start.weights[i][fold, :inputs].T)
                layer.bias.copy_(start.biases[i][fold, 0])
        optimizer = torch.optim.Adam(plain.parameters(), lr=1e-3, eps=1e-7)
        x = torch.tensor(rows.numbers, dtype=torch.float32)
        y = torch.tensor(rows.target, dtype=torch.float32)
        batches = BatchPlan(
            Stack.of(splits.learn[[fold]], splits.held_out[[fold]], ((fold, 0),)),
            rows.weights,
            streams,
            batch_size=5,
            epochs=EPOCHS,
            cut="full",
        )
        sizes = []
        for number in range(batches.rounds):
            one = batches.round(number)
            for at, weights in zip(one.rows_SFB[:, 0], one.weights_SFB[:, 0], strict=True):
                mine = at[weights > 0]
                sizes.append(len(mine))
                optimizer.zero_grad()
                nn.functional.mse_loss(plain(x[mine])[:, 0], y[mine]).backward()
                optimizer.step()
        learnt = int(splits.learn[fold].sum())
        assert sizes == ([5] * (learnt // 5) + [learnt % 5] * (learnt % 5 > 0)) * EPOCHS

        with torch.no_grad():
            expected = plain(x)[:, 0].double()
        found = fold_answers(fits, fold, rows.numbers, rows.codes)[0, :, 0]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
        untrained = start.weights[0][fold, :3].T
        assert not torch.allclose(plain[0].weight, untrained, rtol=1e-2, atol=1e-3)
        torch.testing.assert_close(
            fits.network.weights[0][fold, :3].T, plain[0].weight, rtol=1e-3, atol=1e-5
        )
    assert np.isfinite(found.numpy()).all()
