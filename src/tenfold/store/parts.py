"""What models of tables and of pictures need alike when they are opened."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tenfold.errors import StoreError
from tenfold.nn.conformal import Conformal
from tenfold.nn.own import MakeModule


def fill(module: nn.Module, prefix: str, tensors: Mapping[str, Tensor]) -> None:
    """Let a module's numbers be the tensors whose names begin so."""
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    module.load_state_dict(own, assign=True)


def require_function(make: MakeModule | None) -> MakeModule:
    """Return the function of a network of the user's own, whose code no file holds.

    Raises
    ------
    StoreError
        M05, if it is not given.
    """
    if make is None:
        raise StoreError(
            "M05",
            "the model was trained with a network of its user's own",
            fix=[
                "name its function: --network FILE.py:FUNCTION",
                "load(..., network=function)",
            ],
        )
    return make


def describe_conformal(conformal: Conformal | None) -> dict[str, int] | None:
    """Return what a manifest says of the scores of held-out rows."""
    if conformal is None:
        return None
    return {"scores": len(conformal.scores_S), "trees": len(conformal.feature_TI)}


def rebuild_conformal(
    told: Mapping[str, Any] | None, tensors: Mapping[str, Tensor], columns: int
) -> Conformal | None:
    """Return the scores that a manifest and its tensors describe.

    Raises
    ------
    ValueError
        If they cannot be those of a model with so many columns.
    """
    if told is None:
        return None
    with torch.device("meta"):  # sizes that a manifest only claims take no memory
        conformal = Conformal(int(told["scores"]), int(told["trees"]))
    fill(conformal, "conformal.", tensors)
    if not conformal.usable(columns):
        raise ValueError("the scores are not those of the network")
    return conformal
