"""Rows of JSON mean what rows of a table mean; requests share calls; shares are Shapley's."""

import asyncio
import itertools
import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from tenfold.errors import PredictError, StoreError
from tenfold.exported import Exported, Feeds
from tenfold.kinds.services import service_of
from tenfold.kinds.tables.served_contributions import Contributions
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_rows import Rows
from tenfold.serve.batching import Batches
from tenfold.serve_options import ServeOptions
from tests.engine_served import frame_of_houses, table_file


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> TableFile:
    return TableFile(Exported.open(table_file(tmp_path_factory.mktemp("served"))))


words = some.none() | some.text(max_size=6) | some.sampled_from(["Ulm", "Köln"])
spelt = some.sampled_from(["yes", "No", "TRUE", "0", "perhaps"])
moments = some.dates().map(str) | some.datetimes().map(lambda moment: moment.isoformat())
unfit = some.sampled_from(["large", "soon", "-"])
numbers = some.floats(allow_nan=False, allow_infinity=False)
ROWS = some.fixed_dictionaries(
    {
        "area": some.none() | numbers | some.integers(-(2**70), 2**70) | unfit,
        "built": some.none() | moments | unfit,
        "garden": some.none() | some.booleans() | spelt,
        "lift": some.none() | some.booleans() | some.integers(-1, 2),
        "town": words | some.integers(-3, 10**9) | some.booleans() | numbers,
    }
)


def taken(read: Callable[[], Feeds]) -> Feeds | str:
    """Return rows as a model takes them, or the code of their refusal."""
    try:
        return read()
    except PredictError as error:
        return error.code


@settings(max_examples=200)
@given(row=ROWS)
def test_a_row_of_json_means_what_a_row_of_a_table_means(
    exported: TableFile, row: dict[str, Any]
) -> None:
    """But for text that a file cannot hold. A cell that is unfit is refused in both."""
    frame = pd.DataFrame([row], dtype=object)
    frame["town"] = frame["town"].map(
        lambda cell: cell.encode(errors="replace").decode() if isinstance(cell, str) else cell
    )
    body = json.dumps({"rows": [row]}).encode()
    known = taken(lambda: exported.feeds(frame))
    found = taken(lambda: Rows(exported, 10).of_json(body)[0])
    if isinstance(known, str) or isinstance(found, str):
        assert (known, found) == ("P02", "P02")
        return
    for name, cells in known.items():
        assert found[name].dtype == cells.dtype
        np.testing.assert_array_equal(found[name], cells, err_msg=name)


def test_requests_that_wait_are_answered_in_one_call() -> None:
    calls: list[int] = []
    first = threading.Event()

    def ask(feeds: Feeds, outputs: Any) -> Feeds:
        calls.append(len(feeds["x"]))
        first.wait(5)
        return {"y": feeds["x"] * 2}

    async def scene() -> list[NDArray[Any]]:
        batches = Batches(ask, 6, lambda rows: None)
        one = asyncio.create_task(batches.answer({"x": np.array([[0.0]])}, ("y",), 1))
        await asyncio.sleep(0.05)  # the model is busy with the first
        rest = [
            asyncio.create_task(batches.answer({"x": np.full((n, 1), float(n))}, ("y",), n))
            for n in (1, 2, 3, 4)
        ]
        gone = asyncio.create_task(batches.answer({"x": np.full((1, 1), 9.0)}, ("y",), 1))
        await asyncio.sleep(0.05)
        gone.cancel()
        first.set()
        found = await asyncio.gather(one, *rest)
        batches.close()
        return [said["y"] for said in found]

    said = asyncio.run(scene())
    assert calls == [1, 6, 4]  # six rows at most
    for n, one in enumerate(said):
        np.testing.assert_array_equal(one, np.full((max(n, 1), 1), 2.0 * n))


def test_a_call_that_fails_fails_those_who_asked_and_no_others() -> None:
    def ask(feeds: Feeds, outputs: Any) -> Feeds:
        if feeds["x"].max() > 1:
            raise ValueError("too large")
        return {"y": feeds["x"]}

    async def scene() -> list[Any]:
        batches = Batches(ask, 1, lambda rows: None)
        asked = [batches.answer({"x": np.array([[x]])}, ("y",), 1) for x in (1.0, 2.0, 0.5)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        batches.close()
        return found

    good, bad, last = asyncio.run(scene())
    assert (good["y"].item(), last["y"].item()) == (1.0, 0.5)
    assert isinstance(bad, ValueError)


def test_shares_are_the_shapley_values_of_the_background(exported: TableFile) -> None:
    """Every subset of columns is tried, and weighed as Shapley (1953) does."""
    background = exported.background
    assert background is not None
    names = [one.name for one in exported.inputs]
    row = exported.feeds(frame_of_houses(1, seed=4))
    count = len(names)

    def value(subset: set[int]) -> float:
        feeds: Feeds = {}
        for at, name in enumerate(names):
            cells = [math.nan if b[at] is None else b[at] for b in background.rows]
            kept = np.repeat(row[name], len(cells), axis=0)
            other = np.array(cells, dtype=row[name].dtype)[:, None]
            feeds[name] = kept if at in subset else other
        said = exported.file.ask(feeds, ["prediction"])["prediction"][:, 0]
        return float(np.dot(background.weights, said))

    values = {
        subset: value(set(subset))
        for size in range(count + 1)
        for subset in itertools.combinations(range(count), size)
    }
    known = np.zeros(count)
    for at in range(count):
        for subset, without in values.items():
            if at not in subset:
                share = math.factorial(len(subset)) * math.factorial(count - len(subset) - 1)
                gain = values[tuple(sorted((*subset, at)))] - without
                known[at] += share / math.factorial(count) * gain
    found = Contributions(exported, background).of(row, 0)
    shares = np.array([found.shares[name] for name in names])
    assert found.base == pytest.approx(values[()])
    np.testing.assert_allclose(shares, known, atol=0.05 * np.abs(known).max())


def test_the_same_question_gets_the_same_shares(exported: TableFile) -> None:
    row = exported.feeds(frame_of_houses(1, seed=5))
    background = exported.background
    assert background is not None
    twice = [Contributions(exported, background).of(row, 0) for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "sounds"}, {"schema": {}}, {"inputs": ({"name": 1},)}, {"background": {}}],
)
def test_a_file_whose_label_nothing_here_can_read_is_refused(
    exported: TableFile, wrong: dict[str, Any]
) -> None:
    file = exported.file
    assert isinstance(file, Exported)
    service_of(file, ServeOptions())  # the control
    other = Exported(file._session, replace(file.label, **wrong))
    with pytest.raises(StoreError, match="M09"):
        service_of(other, ServeOptions())
