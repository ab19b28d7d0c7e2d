"""What models of tables and of pictures need alike when they are opened."""

from collections.abc import Mapping

from torch import Tensor, nn

from tenfold.errors import StoreError
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
