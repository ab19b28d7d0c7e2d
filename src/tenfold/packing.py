"""What models of tables and of pictures need alike when they are opened."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from tenfold.config import Decision
from tenfold.errors import StoreError
from tenfold.nn.conformal import Conformal
from tenfold.nn.own_modules import MakeModule

MOST_NETWORKS: Final = 10_000
MOST_TREES: Final = 1_000


def fill(module: nn.Module, prefix: str, tensors: Mapping[str, Tensor]) -> None:
    """Let a module's numbers be the tensors whose names begin so.

    Raises
    ------
    RuntimeError, ValueError
        If they are not those of the module by name, shape or type, or one is no number.
    """
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    kinds = {name: tensor.dtype for name, tensor in module.state_dict().items()}
    if kinds != {name: tensor.dtype for name, tensor in own.items()}:
        raise ValueError("the tensors do not match the network")
    if any(bool(one.isnan().any()) for one in own.values() if one.is_floating_point()):
        raise ValueError("a number is none")
    module.load_state_dict(own, assign=True)


def entry_of(network: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return what a manifest says of networks: of those of the folds, where others answer."""
    return network | network["scored"] if prefix and "scored" in network else network


def rebuild_decisions(entries: Iterable[Mapping[str, Any]]) -> tuple[Decision, ...]:
    """Return the decisions that a manifest tells, unknown keys left out."""
    return tuple(
        Decision(what=str(d["what"]), why=str(d["why"]), change_with=str(d["change_with"]))
        for d in entries
    )


def check_counts(
    manifest: Mapping[str, Any], tensors: Mapping[str, Tensor], prefix: str = ""
) -> None:
    """Compare the counts of a manifest with its tensors, before anything is made of them.

    Raises
    ------
    LookupError, TypeError, ValueError
        If they are not alike, or no counts at all.
    """
    networks, folds = int(manifest["networks"]), int(manifest["folds"])
    if not 0 < folds <= networks <= MOST_NETWORKS or networks % folds:
        raise ValueError("a model cannot have this many networks")
    if tensors[f"{prefix}target.mean_F"].shape != (networks,):
        raise ValueError("the number of networks differs from the manifest")
    # An empty tensor may claim any other side, and takes no bytes in the file.
    for name, tensor in tensors.items():
        if (
            name.startswith((f"{prefix}network.", "backbone.", "novelty."))
            and not tensor.numel()
        ):
            check_empty(name, tensor)


def check_empty(name: str, tensor: Tensor) -> None:
    """Raise ValueError if a tensor without numbers claims more than a small shape."""
    if max(tensor.shape, default=0) > MOST_NETWORKS:
        raise ValueError(f"{name} is empty and claims to be large")


def require_function(
    make: MakeModule | None, fact: str = "the model was trained with a custom network"
) -> MakeModule:
    """Return the function of a network of the user's own, whose code no file holds.

    Parameters
    ----------
    make : callable or None
    fact : str, optional
        Why it is needed.

    Raises
    ------
    StoreError
        M05, if it is not given.
    """
    if make is None:
        raise StoreError(
            "M05",
            fact,
            fix=[
                "name its function: --network FILE.py:FUNCTION",
                "load(..., network=function)",
            ],
        )
    return make


def describe_conformal(conformal: Conformal | None) -> dict[str, float] | None:
    """Return what a manifest says of the scores of held-out rows."""
    if conformal is None:
        return None
    return {
        "scores": len(conformal.scores_S),
        "trees": len(conformal.feature_TI),
        "knots": len(conformal.knot_K),
        "least_share": conformal.least_share,
    }


def rebuild_conformal(
    entry: Mapping[str, Any] | None, tensors: Mapping[str, Tensor], columns: int
) -> Conformal | None:
    """Return the scores that a manifest and its tensors describe.

    Raises
    ------
    ValueError
        If they cannot be those of a model with so many columns.
    """
    if entry is None:
        return None
    if not 0 <= int(entry["trees"]) <= MOST_TREES:
        raise ValueError("a model cannot have this many trees")
    with torch.device("meta"):  # sizes that a manifest only claims take no memory
        conformal = Conformal(
            int(entry["scores"]),
            int(entry["trees"]),
            int(entry["knots"]),
            float(entry["least_share"]),
        )
    fill(conformal, "conformal.", tensors)
    if not conformal.usable(columns):
        raise ValueError("the scores do not match the network")
    return conformal
