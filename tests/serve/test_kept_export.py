"""A run that is served is exported once."""

from pathlib import Path

import pytest

import tenfold
from tenfold import Run
from tenfold.cli.views import exported
from tests.engine_options import asked
from tests.engine_tables import houses


def trained(home: Path, epochs: int = 2) -> Run:
    table = home / "houses.csv"
    houses(60).to_csv(table, index=False)
    return tenfold.train(table, "price", **asked(folds=2, epochs=epochs, out=home / "runs"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return trained(tmp_path)


def folder_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


def test_a_run_is_exported_into_its_folder_and_only_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(run)
    with exported(folder, None) as file:
        assert file == folder / "model.onnx"
    assert "exporting" in capsys.readouterr().err
    monkeypatch.delattr(Run, "export")
    with exported(folder, None) as file:
        assert file == folder / "model.onnx"
    assert not capsys.readouterr().err


@pytest.mark.parametrize("there", [b"mine", None])
def test_another_file_in_its_place_is_neither_served_nor_changed(
    there: bytes | None, run: Run, tmp_path: Path
) -> None:
    """It is no exported file at all, or that of another model."""
    folder = folder_of(run)
    if there is None:
        there = trained(tmp_path, epochs=3).export().path.read_bytes()
    (folder / "model.onnx").write_bytes(there)
    with exported(folder, None) as file:
        assert file != folder / "model.onnx"
        assert file.is_file()
    assert (folder / "model.onnx").read_bytes() == there
    assert not file.exists()


def test_a_run_that_moved_keeps_its_export(run: Run, tmp_path: Path) -> None:
    with exported(folder_of(run), None):
        pass
    moved = folder_of(run).rename(tmp_path / "moved")
    with exported(moved, None) as file:
        assert file == moved / "model.onnx"
