"""F copies of a Keras model on JAX: many steps of all copies in one compiled program.

Shape letters in this file:
    S  steps    F  networks    B  rows in a batch    W  outputs of the model
"""

from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tenfold.nn.keras_models.engine import (
    Array,
    Engine,
    Entering,
    Form,
    State,
    Taken,
    layers_of,
    pick,
    stacked,
)

Carried = tuple[list[Any], list[Any], list[Any]]
"""Trained, fixed and driven variables."""

CONVOLUTIONS: Final = (
    "a processor computes the convolutions of several networks at once more slowly"
)


class JaxEngine(Engine):
    """Copies that take steps in compiled programs.

    On a processor a convolution inside of a loop, or of several networks at once, takes five
    to ten times as long as by itself (benchmarks/LOG.md): there copies with convolutions take
    turns within a step, by one program that is compiled once.

    Parameters
    ----------
    form : Form
    networks : int
        F.
    """

    def __init__(self, form: Form, networks: int) -> None:
        self._form, self._networks = form, networks
        self._now: Carried = ([], [], [])
        convolves = any(hasattr(layer, "kernel_size") for layer in layers_of(form.model))
        if convolves and jax.default_backend() == "cpu":
            self.turns = CONVOLUTIONS
        self._one = jax.jit(self._moved, static_argnames="factor", donate_argnums=0)
        self._all = jax.jit(self._steps, static_argnames="factor", donate_argnums=0)
        self._say = jax.jit(form.said if self.turns else jax.vmap(form.said))

    def put(self, state: State) -> None:
        """Let the copies have these numbers."""
        parts = (state.trained, state.fixed, state.driven)
        now: Any = tuple([jnp.array(one) for one in part] for part in parts)
        self._now = self._apart(now) if self.turns else now

    def take(self) -> State:
        """Return the numbers that the copies have now."""
        now: Any = self._now
        if self.turns:
            now = jax.tree.map(lambda *each: stacked(each), *now)
        trained, fixed, driven = jax.tree.map(np.asarray, now)
        return State(trained=trained, fixed=fixed, driven=driven)

    def learn(
        self, x: Entering, y: Array, share_SFB: Array, go_SF: NDArray[np.bool_], how: Taken
    ) -> NDArray[np.float64]:
        """Take S steps; see ``Engine.learn``."""
        if self.turns:
            loss_SF = self._in_turns(x, y, share_SFB, go_SF, how.factor)
        else:
            self._now, found = self._all(self._now, (x, y, share_SFB, go_SF), factor=how.factor)
            loss_SF = np.array(found, dtype=np.float64)
        loss_SF[-1, ~self._finite()] = np.nan
        return loss_SF

    def try_step(self, x: Entering, y: Array) -> None:
        """Trace a step of two copies without computing it."""
        share_FB = np.full(y.shape[:2], 1 / y.shape[1], dtype=np.float32)
        moved = partial(self._moved, factor=1.0)
        if self.turns:
            jax.eval_shape(moved, self._now[0], (pick(x, 0), y[0], share_FB[0]))
        else:
            jax.eval_shape(jax.vmap(moved), self._now, (x, y, share_FB))

    def answer(self, x: Entering) -> Array:
        """Return what each copy says of its rows, (F, B, W)."""
        if not self.turns:
            return np.asarray(self._say(self._now[0], self._now[1], x))
        each: Any = self._now
        return stacked([self._say(*now[:2], pick(x, f)) for f, now in enumerate(each)])

    def _in_turns(
        self, x: Entering, y: Array, share_SFB: Array, go_SF: NDArray[np.bool_], factor: float
    ) -> NDArray[np.float64]:
        each: Any = self._now
        losses = {}  # looked at in the end: JAX goes on while Python prepares the next step
        for s, f in zip(*np.nonzero(go_SF), strict=True):
            batch = pick(x, s, f), y[s, f], share_SFB[s, f]
            each[f], losses[s, f] = self._one(each[f], batch, factor=factor)
        loss_SF = np.zeros(go_SF.shape)
        for at, loss in losses.items():
            loss_SF[at] = loss
        return loss_SF

    def _apart(self, now: Carried) -> Any:
        return [jax.tree.map(lambda one, f=f: one[f], now) for f in range(self._networks)]

    def _finite(self) -> NDArray[np.bool_]:
        """Return which copies have finite numbers only."""
        if self.turns:
            each: Any = self._now
            return np.array([all(np.isfinite(v.sum()) for v in now[0]) for now in each])
        found = np.ones(self._networks, dtype=bool)
        for one in self._now[0]:
            found &= np.isfinite(np.asarray(one)).reshape(self._networks, -1).all(axis=1)
        return found

    def _steps(self, now: Carried, batches: Any, factor: float) -> tuple[Carried, Any]:
        """Take the steps of all copies, each copy by itself."""
        step = jax.vmap(partial(self._step, factor=factor))
        return jax.lax.scan(step, now, batches)

    def _step(self, now: Carried, batch: Any, *, factor: float) -> tuple[Carried, Any]:
        """Take one step of one copy, if it has one to take."""
        *batch, goes = batch
        after, loss = self._moved(now, batch, factor=factor)
        after = jax.tree.map(lambda new, old: jnp.where(goes, new, old), after, now)
        return after, jnp.where(goes, loss, 0.0)

    def _moved(self, now: Carried, batch: Any, *, factor: float) -> tuple[Carried, Any]:
        """Take one step of one copy."""
        trained, fixed, driven = now
        x, y, share_B = batch
        learn = jax.value_and_grad(self._form.judged, has_aux=True)
        (loss, fixed), gradients = learn(trained, fixed, x, y, share_B)
        model = self._form.model
        moved, driven = model.optimizer.stateless_apply(driven, gradients, trained)
        if factor != 1:
            moved = [
                old + factor * (new - old) for old, new in zip(trained, moved, strict=True)
            ]
        return (list(moved), list(fixed), list(driven)), loss
