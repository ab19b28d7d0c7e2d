"""Processes that are forked, or begun anew, after their parent has computed: they answer."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tenfold.locks import OneAtATime

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system forks nothing")

# Two threads compute in the parent. With them, torch itself waits for ever in a forked child.
PROGRAM: Final = """
import json, multiprocessing, os, pickle, select, signal, sys
import numpy as np, torch
import tenfold
from tenfold import ImageClassifier, TabularRegressor
from tests.engine_pictures import stripes
from tests.engine_tables import houses, normed_module

SECONDS = 120  # after which a child is taken to wait for ever
frame, (pictures, classes) = houses(3_000), stripes(24)
X, y = frame.drop(columns="price"), frame["price"]
QUICK = {"folds": 3, "epochs": 1}

def table(): return TabularRegressor(**QUICK, quality="fast").fit(X, y)
def own(): return TabularRegressor(**QUICK, network=normed_module).fit(X[:60], y[:60])
def heads(): return ImageClassifier(folds=2, img_size=32).fit(pictures, classes)
def scratch():
    asked = {"folds": 2, "img_size": 32, "network": "scratch", "epochs": 1}
    return ImageClassifier(**asked).fit(pictures, classes)
FEW = {"folds": 3, "training": tenfold.TrainOptions(epochs=1), "quality": "fast"}
def trained(): return tenfold.train(frame, **FEW, out=None)
def said_of_run(folder): return tenfold.load(folder).predict(X)["prediction"].to_numpy()

def forked(ask):
    '''Return what a forked child says; None if it does not.'''
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(here, "wb") as answer:
                pickle.dump(ask(), answer)
        finally:
            os._exit(0)
    os.close(here)
    with os.fdopen(there, "rb") as answer:
        if not select.select([answer], [], [], SECONDS)[0]:
            os.kill(child, signal.SIGKILL)
        said = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(said) if said else None

def main(out):
    assert torch.get_num_threads() == 2
    found = {}
    for make, rows in ((table, X), (own, X), (heads, pictures), (scratch, pictures)):
        model = make()
        ask = getattr(model, "predict_proba", model.predict)
        wanted = ask(rows)
        for what in ("first", "second"):
            found[f"{make.__name__} {what}"] = np.array_equal(forked(lambda: ask(rows)), wanted)
    run = tenfold.train(frame, **FEW, out=out)
    for make in (trained, heads, scratch):
        found[f"{make.__name__} learns"] = forked(lambda: bool(make())) is True
    wanted = run.predict(X)["prediction"].to_numpy()
    for method in ("fork", "forkserver", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            said = pool.apply_async(said_of_run, [run.folder]).get(SECONDS)
        found[method] = np.array_equal(said, wanted)
    found["threads as before"] = torch.get_num_threads() == 2
    print(json.dumps(found))

if __name__ == "__main__":
    main(sys.argv[1])
"""


@pytest.mark.slow
def test_children_of_every_kind_answer_and_learn(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, program, tmp_path / "runs"],
        env=os.environ | {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 4 * 2 + 3 + 3 + 1
    assert [what for what, well in found.items() if not well] == []


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of later Pythons
def test_a_forked_child_waits_for_no_thread_that_is_not_there() -> None:
    """The thread that forks stays inside; another's lock is left behind in the parent."""
    mine, others = OneAtATime(), OneAtATime()
    others._inside, before = [0], others._lock  # as if another thread were inside
    with mine:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with others, mine:
                    status = 0 if others._lock is not before else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
