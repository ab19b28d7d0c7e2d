"""What tests of commands share. Each file has its own ``home``, a folder to work in."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tenfold.cli import main


@pytest.fixture
def run_tenfold(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return what runs the command in this process: exit status, output, messages."""
    monkeypatch.chdir(home)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tenfold", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run
