"""The metrics that Keras models are compiled with, of the rows that each fold holds out.

Shape letters in this file:
    G  folds
"""

from collections.abc import Callable

import numpy as np
import torch

from tenfold.config import Decision
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.nn.inputs import Inputs
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.training.fit import FoldFits


def keras_metrics(
    fits: FoldFits, inputs: Callable[[], Inputs], rows: Encoded, splits: Splits
) -> tuple[Decision, ...]:
    """Return what Keras says of held-out rows by the metrics of ``compile``, if there are any.

    Parameters
    ----------
    fits : FoldFits
    inputs : callable
        Returns the rows as the networks of the folds see them.
    rows : Encoded
    splits : Splits
    """
    network = fits.network
    if not isinstance(network, KerasNetwork) or not network.has_metrics:
        return ()
    found_G, seen_rows = [], inputs()
    for fold, held_out in enumerate(splits.held_out):
        if not held_out.any():
            continue
        alone = network.only(np.array([fold]))
        at_1B = torch.from_numpy(np.flatnonzero(held_out))[None]
        x, codes = seen_rows.seen_by(alone).block(at_1B)
        target = fits.target.only(np.array([fold]))
        seen = target.seen(torch.from_numpy(rows.target)[at_1B])[0]
        found_G.append(alone.judge(x, codes, seen, rows.weights[held_out]))
    names = [name for name in (found_G[0] if found_G else ()) if name != "loss"]
    said = [f"{name} {_told([found[name] for found in found_G])}" for name in names]
    if not said:
        return ()
    what = f"metrics of the Keras model, on held-out rows: {', '.join(said)}"
    why = "the model is compiled with them; they are computed by Keras"
    return (Decision(what=what, why=why, change_with="--network"),)


def _told(values_G: list[float]) -> str:
    mean, spread = float(np.mean(values_G)), float(np.std(values_G, ddof=len(values_G) > 1))
    return f"{mean:.4g} (sd {spread:.3g})"
