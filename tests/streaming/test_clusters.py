"""Workers of Dask and Ray answer parts of tables, train folds, and see pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import torch

import tenfold
from tenfold import TrainOptions, predict_file
from tenfold.cli.backend import workers
from tenfold.data.files import batch, batches
from tenfold.errors import ClusterError
from tenfold.kinds.images import shared_features
from tenfold.kinds.images.picture_model import picture_features
from tenfold.kinds.images.shared_features import Look, features_by_workers
from tenfold.nn.backbones import load_backbone
from tenfold.nn.fused import BATCH
from tenfold.nn.inputs import PictureInputs
from tenfold.run import Run
from tenfold.training.workers import spreads
from tests.engine_tables import houses

pytestmark = pytest.mark.slow


def trained(out: Path) -> Run:
    few = TrainOptions(epochs=2)
    return tenfold.train(houses(), "price", folds=3, training=few, quality="fast", out=out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("runs"))


def model_of(run: Run) -> bytes:
    assert run.folder is not None
    return (run.folder / "model.tenfold").read_bytes()


@pytest.fixture
def new(tmp_path: Path) -> Path:
    houses(200, seed=5).to_parquet(tmp_path / "new.parquet", row_group_size=50)
    return tmp_path / "new.parquet"


@pytest.fixture(scope="module")
def dask_client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ray_started() -> Iterator[None]:
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


@pytest.mark.usefixtures("dask_client")
def test_partitions_of_dask_are_answered_by_its_workers(run: Run, new: Path) -> None:
    frames = pytest.importorskip("dask.dataframe")
    rows = frames.from_pandas(pd.read_parquet(new), npartitions=4)
    answers = rows.map_partitions(run.predict, meta=run.predict(houses(1))).compute()
    pd.testing.assert_frame_equal(answers, run.predict(pd.read_parquet(new)))


@pytest.mark.usefixtures("dask_client")
def test_batches_are_answered_by_workers_of_dask(
    run: Run, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict_file(run, new, tmp_path / "whole.csv")
    monkeypatch.setattr(batches, "LONG_CELLS", 0)
    monkeypatch.setattr(batch, "BATCH_ROWS", 32)
    with joblib.parallel_config(backend="dask"):
        predict_file(run, new, tmp_path / "out.csv", jobs=2)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.usefixtures("ray_started")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray's of its own options
def test_batches_of_ray_are_answered_by_its_workers(run: Run, new: Path) -> None:
    data = pytest.importorskip("ray.data")
    frame = pd.read_parquet(new)
    answers = data.from_pandas(frame).map_batches(
        run.predict, batch_format="pandas", batch_size=64
    )
    found = answers.to_pandas().sort_values("prediction", ignore_index=True)
    wanted = run.predict(frame).sort_values("prediction", ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)  # they are of Arrow


# ---- Training ----


@pytest.mark.usefixtures("dask_client")
def test_folds_that_workers_of_dask_train_give_the_same_model_file(
    run: Run, tmp_path: Path
) -> None:
    with joblib.parallel_config(backend="dask"):
        assert model_of(trained(tmp_path)) == model_of(run)


@pytest.mark.usefixtures("ray_started")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_folds_that_workers_of_ray_train_give_the_same_model_file(
    run: Run, tmp_path: Path
) -> None:
    pytest.importorskip("ray.util.joblib").register_ray()
    with joblib.parallel_config(backend="ray", n_jobs=2):
        assert model_of(trained(tmp_path)) == model_of(run)


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_features_that_workers_compute_are_those_of_one_process(
    backend: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "dask":
        request.getfixturevalue("dask_client")
    monkeypatch.setattr(shared_features, "PIECE", 2 * BATCH)
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(50, 40, 40, 3), dtype=np.uint8)
    at = rng.integers(50, size=5 * BATCH + 3)
    look = Look(backbone=load_backbone(), size=64, mirrored=True, precision=None)
    inputs = PictureInputs(
        pixels_MHW3=torch.from_numpy(pixels),
        at_N=torch.from_numpy(at),
        size=64,
        device=torch.device("cpu"),
    )
    wanted = picture_features(look.backbone, inputs, mirrored=True, precision=None).numpy()
    done: list[tuple[int, int]] = []
    with joblib.parallel_config(backend=backend, n_jobs=2):
        found = features_by_workers(look, pixels, at, lambda *of: done.append(of), pytest.fail)
    np.testing.assert_array_equal(found, wanted)
    assert max(done)[1] == len(at)


@pytest.mark.usefixtures("dask_client")
def test_the_command_finds_a_cluster_by_its_address(
    dask_client: Any, run: Run, tmp_path: Path
) -> None:
    address = dask_client.scheduler.address.replace("tcp:", "dask:")
    with workers(address):
        assert spreads(torch.device("cpu"))
        assert model_of(trained(tmp_path)) == model_of(run)
    assert not spreads(torch.device("cpu"))


def test_a_cluster_without_a_worker_is_told() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        pytest.raises(ClusterError, match="has no worker") as found,
        workers(cluster.scheduler_address.replace("tcp:", "dask:")),
    ):
        pass
    assert found.value.code == "K01"
