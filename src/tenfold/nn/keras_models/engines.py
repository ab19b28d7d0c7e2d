"""Which engine runs a model: by its backend, and by what the model allows."""

from collections.abc import Sequence
from typing import Any

from tenfold.nn.keras_models.engine import Engine, Form
from tenfold.nn.keras_models.in_turns import TurnsEngine
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.keras_models.making import why_turns


def make_engine(form: Form, networks: int, models: Sequence[Any]) -> Engine:
    """Return the engine of networks that have a form in common.

    Parameters
    ----------
    form : Form
    networks : int
    models : sequence of keras.Model
        One for each network, if they are to learn; else none.
    """
    backend = load_keras().config.backend()
    why = why_turns(form.model, backend)
    if why:
        return TurnsEngine(form, list(models), why)
    if backend == "jax":
        from tenfold.nn.keras_models.on_jax import JaxEngine  # noqa: PLC0415 - an extra

        return JaxEngine(form, networks)
    from tenfold.nn.keras_models.on_torch import TorchEngine  # noqa: PLC0415 - loads torch.fx

    return TorchEngine(form, networks)
