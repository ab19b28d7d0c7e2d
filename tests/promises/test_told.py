"""What a user is told: a page that loads nothing, leaks, and options that do not fit."""

from pathlib import Path

import pytest

import tenfold
from tenfold.errors import AuditError, UsageError
from tests.engine_options import asked
from tests.engine_pages import loads_nothing
from tests.promises.cases import CASES, Case, Kind
from tests.promises.conftest import Trained

# The first case of each kind: the network has no part in these promises.
KINDS = {type(case.kind).__name__.lower(): case for case in reversed(CASES.values())}
over_kinds = pytest.mark.parametrize("case", KINDS.values(), ids=KINDS)


def test_the_report_is_written_and_loads_nothing(trained: Trained) -> None:
    page = (trained.folder / "report.html").read_text(encoding="utf-8")
    assert loads_nothing(page)
    assert trained.data.stem in page
    assert not loads_nothing(page.replace("</head>", '<script src="x.js"></script></head>'))


def severities(kind: Kind, data: Path) -> dict[str, str]:
    """Return the codes of what an audit finds in data, each with how grave it is."""
    options = {k: v for k, v in kind.options.items() if k in {"target", "weight_column"}}
    found = tenfold.audit(data, **asked(**options)).findings
    return {one.code: one.severity for one in found}


@over_kinds
def test_a_planted_leak_is_found_and_training_refuses_or_names_it(
    case: Case, tmp_path: Path
) -> None:
    planted, leaky = case.kind.planted, case.kind.leaky(tmp_path)
    found = severities(case.kind, leaky)
    assert found[planted] in {"error", "warning"}
    assert planted not in severities(case.kind, case.kind.write(tmp_path))
    if found[planted] == "error":
        with pytest.raises(AuditError) as caught:
            case.train(leaky, tmp_path / "runs", folds=3, audit="stop")
        assert caught.value.code == planted
    else:
        run = case.train(leaky, tmp_path / "runs", folds=3, audit="stop")
        assert any(d["what"].startswith(f"{planted}:") for d in run.metrics["decisions"])


@over_kinds
def test_options_that_say_nothing_of_the_kind_are_refused(case: Case, tmp_path: Path) -> None:
    data = case.kind.write(tmp_path)
    for name, value in case.kind.foreign.items():
        with pytest.raises(UsageError) as caught:
            case.train(data, tmp_path / "runs", **{name: value})
        assert name in str(caught.value).splitlines()[0]
        assert caught.value.code == "U02"
    assert not (tmp_path / "runs").exists()
