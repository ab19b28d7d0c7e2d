"""What is promised of Keras models, asked on a backend by python -m tests.keras.promises."""

import json
import sys
from dataclasses import replace

import numpy as np
import torch

from tests.keras.models import CASES, arrays_of, fit_case, in_turns, splits_of

# Not all sums are made in the same order; in float32 that is seen after some steps.
CLOSE = 1e-4
CHANGED = "bits have changed"


def scrambled_rows(name: str) -> str:
    """Tell what changing a fold's held-out rows does to its weights, and how models learn.

    CHANGED, if not all bits stay; else why models take turns, empty if they learn together.
    """
    case = CASES[name]
    arrays, splits = arrays_of(case), splits_of()
    other, held_out = arrays_of(case, seed=1), splits.held_out[0]
    x, y = arrays.x_GNX.copy(), arrays.y_N.copy()
    x[:, held_out] = 100 * other.x_GNX[:, held_out]
    y[held_out] = other.y_N[held_out]
    changed = replace(arrays, x_GNX=x, y_N=y)
    before, after = (fit_case(case, one, splits).network for one in (arrays, changed))
    states = [{k: v[0] for k, v in one.state_dict().items()} for one in (before, after)]
    same = all(torch.equal(own, states[1][key]) for key, own in states[0].items())
    return str(before.turns) if same else CHANGED


def all_differ(name: str) -> bool:
    """Tell whether networks of different folds differ, so that the promise above says much."""
    case = CASES[name]
    state = fit_case(case, arrays_of(case), splits_of()).network.state_dict()
    return not torch.equal(state["trained.0"][0], state["trained.0"][1])


def together_is_alone(name: str) -> float:
    """Return how far folds together are from each fold alone, in spreads of the answers."""
    case = CASES[name]
    arrays, splits = arrays_of(case), splits_of()
    whole = fit_case(case, arrays, splits, epochs=20)
    alone = [fit_case(case, arrays, splits.only(f), epochs=20) for f in range(len(splits))]
    pairs = [(whole.answers[f], one.answers[0]) for f, one in enumerate(alone)]
    return max(float(np.abs(a - b).max() / b.std()) for a, b in pairs)


def together_is_keras(name: str) -> float:
    """Return how far steps together are from Keras' own, in spreads of the answers."""
    case = CASES[name]
    arrays, splits = arrays_of(case), splits_of()
    whole = fit_case(case, arrays, splits, epochs=5)
    own = fit_case(case, arrays, splits, epochs=5, make=in_turns(case))
    pairs = zip(whole.answers, own.answers, strict=True)
    return max(float(np.abs(a - b).max() / b.std()) for a, b in pairs)


def main() -> None:
    """Write what the promises that are named come to, as JSON."""
    asked = [one.split("=") for one in sys.argv[1:]]
    found = {f"{promise}={name}": globals()[promise](name) for promise, name in asked}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
