"""Loading a run that was written."""

from pathlib import Path

from tenfold.nn.own_modules import MakeModule, load_function
from tenfold.run import Run
from tenfold.store.archive import load_model
from tenfold.store.folder import METRICS, find_model, read_metrics


def load(run: str | Path, *, network: str | MakeModule | None = None) -> Run:
    """Load a run: its folder, or its model file alone.

    Parameters
    ----------
    run : str or Path
    network : str or callable, optional
        The function of a network of your own, which no file holds.

    Raises
    ------
    StoreError
        M01 to M05 or M07, if there is no model or it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, pandas as pd
    >>> from tenfold import TrainOptions, train
    >>> x = np.linspace(0, 1, 60)
    >>> frame, few = pd.DataFrame({"x": x, "y": 3 * x}), TrainOptions(epochs=2)
    >>> with tempfile.TemporaryDirectory() as home:
    ...     run = train(frame, "y", folds=3, training=few, out=home)
    ...     load(run.folder).predict(frame[:2]).equals(run.predict(frame[:2]))
    True
    """
    path = find_model(Path(run))
    make = load_function(network) if isinstance(network, str) else network
    model = load_model(path, make)
    found = read_metrics(path.with_name(METRICS))
    return Run(folder=path.parent, metrics=found, model=model, file=path)
