"""What of a row enters a Keras model: its features, its pixels, or its columns by name.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    D  features
    Q  columns of categories    H, W  height and width of a picture
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import torch
from torch import Tensor

from tenfold.errors import NetworkError
from tenfold.nn.features import FoldFeatures
from tenfold.nn.keras_models.engine import Array
from tenfold.nn.keras_models.library import load_keras

Tensors = Tensor | dict[str, Tensor]
"""What enters models: one tensor, or one for each named input."""

# Layers that expect a column as it is written, not standardised.
PREPARING: Final = frozenset(
    {
        "Normalization",
        "Discretization",
        "Rescaling",
        "Hashing",
        "IntegerLookup",
        "CategoryEncoding",
    }
)


class Entrance(ABC):
    """How what Tenfold makes of rows becomes what a Keras model takes."""

    @abstractmethod
    def entering(self, x: Tensor, codes: Tensor, at: slice, of: FoldFeatures | None) -> Tensors:
        """Return what enters the models of some networks beside each other.

        Parameters
        ----------
        x : Tensor of shape (..., F, B, D) or (..., F, B, 3, H, W)
        codes : Tensor of shape (..., F, B, Q)
        at : slice
            Of the F.
        of : FoldFeatures or None
            The features of tables.
        """

    def only(self, at_F: Array) -> "Entrance":  # noqa: ARG002 - most are the same for all
        """Return the entrance of some of the networks."""
        return self

    def describe(self) -> dict[str, Any]:
        """Return what a model file says of it."""
        return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Vector(Entrance):
    """All features as one vector; of each network as many as its fold has.

    Parameters
    ----------
    inputs_F : tuple of F int
    """

    inputs_F: tuple[int, ...]

    def entering(
        self,
        x: Tensor,
        codes: Tensor,  # noqa: ARG002
        at: slice,
        of: FoldFeatures | None,  # noqa: ARG002
    ) -> Tensors:
        """Return features, (..., F, B, inputs)."""
        return x[..., at, :, : self.inputs_F[at.start]]

    def only(self, at_F: Array) -> "Vector":
        """Return the entrance of some of the networks."""
        return Vector(inputs_F=tuple(self.inputs_F[f] for f in at_F))


@dataclass(frozen=True, slots=True)
class Pixels(Entrance):
    """Pictures with colours last, (height, width, 3), values from 0 to 1."""

    def entering(
        self,
        x: Tensor,
        codes: Tensor,  # noqa: ARG002
        at: slice,
        of: FoldFeatures | None,  # noqa: ARG002
    ) -> Tensors:
        """Return pictures, (..., F, B, H, W, 3)."""
        whole = x[..., at, :, :, :, :]
        if load_keras().config.image_data_format() == "channels_last":
            whole = whole.movedim(-3, -1)
        return whole


@dataclass(frozen=True, slots=True)
class Arrays(Entrance):
    """Arrays as they are."""

    def entering(
        self,
        x: Tensor,
        codes: Tensor,
        at: slice,
        of: FoldFeatures | None,  # noqa: ARG002
    ) -> Tensors:
        """Return the rows, (..., F, B, ...)."""
        return x.narrow(codes.dim() - 3, at.start, at.stop - at.start)


@dataclass(frozen=True, kw_only=True, slots=True)
class ArraysByName(Entrance):
    """Columns of an array, as a model with named inputs takes them.

    Parameters
    ----------
    places : mapping of str to int
    dtypes : mapping of str to str
    """

    places: Mapping[str, int]
    dtypes: Mapping[str, str]

    def entering(
        self,
        x: Tensor,
        codes: Tensor,
        at: slice,
        of: FoldFeatures | None,  # noqa: ARG002
    ) -> Tensors:
        """Return each column, (..., F, B, 1)."""
        own = x.narrow(codes.dim() - 3, at.start, at.stop - at.start)
        return {
            name: _typed(own[..., place, None], self.dtypes[name])
            for name, place in self.places.items()
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A column that enters a model under its own name.

    Parameters
    ----------
    places : tuple of int
        Of its numbers among the columns of numbers; none for a category.
    code : int or None
        Of a category among the columns of categories.
    plain : bool
        Whether numbers enter as they are written, not standardised.
    width : int
        Numbers that the input takes: of a category 1, or one for each of its codes.
    dtype : str
    """

    places: tuple[int, ...]
    code: int | None
    plain: bool
    width: int
    dtype: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns(Entrance):
    """Columns by name, as a model with named inputs takes them.

    Parameters
    ----------
    named : mapping of str to Named
    """

    named: Mapping[str, Named]

    def entering(self, x: Tensor, codes: Tensor, at: slice, of: FoldFeatures | None) -> Tensors:
        """Return each column, (..., F, B, width)."""
        if of is None:
            raise ValueError("only tables have columns")
        return {
            name: _category(one, codes, at, of)
            if one.code is not None
            else _number(one, x, at, of)
            for name, one in self.named.items()
        }

    def describe(self) -> dict[str, Any]:
        """Return what a model file says of it."""
        told = {name: asdict(one) for name, one in self.named.items()}
        return {"columns": told}


def _number(one: Named, x: Tensor, at: slice, of: FoldFeatures) -> Tensor:
    places = list(one.places)
    numbers = x[..., at, :, places]
    if one.plain:
        scale = of.scale_FP[at, None, places].to(x.device)
        centre = of.center_FP[at, None, places].to(x.device)
        numbers = (numbers / scale.where(scale > 0, 1.0)).double() + centre
    return _typed(numbers, one.dtype)


def _category(one: Named, codes: Tensor, at: slice, of: FoldFeatures) -> Tensor:
    """Return codes, 0 where a network's fold never held the category, or one for each code."""
    column = one.code or 0
    steps = codes if codes.dim() > 3 else codes[None]
    known = torch.stack([of.known(step, column) for step in steps])
    found = (known if codes.dim() > 3 else known[0])[..., at, :, None]
    if one.width > 1:
        found = found == torch.arange(one.width, device=found.device)
    return _typed(found, one.dtype)


def named_columns(
    model: Any,
    places: Mapping[str, tuple[list[int], list[int]]],
    categories: Mapping[str, int],
) -> dict[str, Named] | None:
    """Return which columns enter a model by name; None if it has one input of all features.

    Parameters
    ----------
    model : keras.Model
    places : mapping
        Of each column: the places of its numbers, and those of its codes.
    categories : mapping of str to int
        How many codes each column has.

    Raises
    ------
    NetworkError
        N03, if some of several inputs are no columns.
    """
    inputs = getattr(model, "inputs", None) or []
    names = [str(one.name) for one in inputs]
    unknown = [name for name in names if name not in places]
    if len(names) <= 1 and unknown:
        return None
    if not names:
        return None
    if unknown:
        raise NetworkError(
            "N03",
            f"the model has an input {unknown[0]!r}, but no column is called so",
            place={"columns": ", ".join(list(places)[:10])},
            fix=[f"keras.Input((1,), name={next(iter(places), 'age')!r})"],
        )
    return {
        name: _named(model, tensor, *places[name], categories.get(name, 0))
        for name, tensor in zip(names, inputs, strict=True)
    }


def _named(model: Any, tensor: Any, numbers: list[int], codes: list[int], count: int) -> Named:
    name, width = str(tensor.name), int(tensor.shape[-1]) if len(tensor.shape) > 1 else 1
    dtype = str(tensor.dtype)
    if dtype == "string":
        fact = f"the input {name!r} takes words as text, which needs TensorFlow"
        fix = [f'keras.Input((1,), name="{name}", dtype="int32") and an Embedding of its codes']
        raise NetworkError("N11", fact, fix=fix)
    if not codes and width != len(numbers):
        fact = f"the input {name!r} takes {width} numbers, but its column has {len(numbers)}"
        raise NetworkError("N03", fact, fix=[f"keras.Input(({len(numbers)},), name={name!r})"])
    if codes and width not in {1, count}:
        fact = f"the input {name!r} takes {width} numbers, but its column has {count} codes"
        fix = [f"keras.Input((1,), name={name!r}) for a code, or ({count},) for one-hot codes"]
        raise NetworkError("N03", fact, fix=fix)
    return Named(
        places=() if codes else tuple(numbers),
        code=codes[0] if codes else None,
        plain=_is_prepared(model, name),
        width=width,
        dtype=dtype,
    )


def _is_prepared(model: Any, name: str) -> bool:
    """Tell whether the first layer behind an input expects a column as it is written."""
    for layer in model.layers:
        sources = getattr(layer, "input", None)
        alike = [
            getattr(one, "name", None)
            for one in (sources if isinstance(sources, list) else [sources])
        ]
        if name in alike and type(layer).__name__ in PREPARING:
            return True
    return False


def _typed(tensor: Tensor, dtype: str) -> Tensor:
    """Return a tensor in a type that a model names, or the widest that torch has instead."""
    return tensor.to(getattr(torch, dtype, torch.int64))
