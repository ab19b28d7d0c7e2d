"""A run answers the parts of tables that Dask and Ray hold, in processes of theirs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions, predict_file
from tenfold.data.files import batch, batches
from tenfold.run import Run
from tests.engine_tables import houses

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    few = TrainOptions(epochs=2)
    out = tmp_path_factory.mktemp("runs")
    return tenfold.train(houses(), "price", folds=3, training=few, quality="fast", out=out)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    houses(200, seed=5).to_parquet(tmp_path / "new.parquet", row_group_size=50)
    return tmp_path / "new.parquet"


@pytest.fixture(scope="module")
def dask_client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
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
