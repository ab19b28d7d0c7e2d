"""Which engine runs a model: by its backend, and by what the model allows."""

import re
from collections.abc import Sequence
from typing import Any

from tenfold.keras_backend import NAMES
from tenfold.nn.keras_models.engine import Array, Engine, Entering, Form, State
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
    why = form.turns or why_turns(form.model, backend)
    if why:
        return TurnsEngine(form, list(models), why)
    if backend == "jax":
        from tenfold.nn.keras_models.on_jax import JaxEngine  # noqa: PLC0415 - an extra

        return JaxEngine(form, networks)
    from tenfold.nn.keras_models.on_torch import TorchEngine  # noqa: PLC0415 - loads torch.fx

    return TorchEngine(form, networks)


def find_turns(form: Form, state: State, x: Entering, y: Array) -> str:
    """Return why copies of a model cannot learn together, found by trying.

    Parameters
    ----------
    form : Form
    state : State
        The numbers of two copies.
    x, y
        Some rows of each, (2, B, ...).
    """
    backend = load_keras().config.backend()
    if why := why_turns(form.model, backend):
        return why
    engine = make_engine(form, 2, ())
    engine.put(state)
    try:
        engine.try_step(x, y)
    except Exception as error:  # noqa: BLE001 - code of a user's fails in as many ways as it can
        at = re.search(r"when calling (\w+)", str(error))
        what = f"its layer {at[1]}" if at else str(error).strip().partition("\n")[0][:200]
        return f"Keras on {NAMES[backend]} cannot run several at once: {what}"
    return ""
