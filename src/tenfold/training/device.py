"""Where training runs."""

from dataclasses import dataclass

import torch
from torch import nn

from tenfold.config import Decision
from tenfold.errors import NetworkError


def choose_device(name: str) -> tuple[torch.device, tuple[Decision, ...]]:
    """Return the device of that name; ``"auto"`` takes a GPU if there is one.

    Raises
    ------
    NetworkError
        N06, if the machine has no such device.

    Examples
    --------
    >>> choose_device("cpu")
    (device(type='cpu'), ())
    """
    if name == "auto":
        found, why = "cpu", "no GPU was found"
        if torch.cuda.is_available():
            found, why = "cuda", f"{torch.cuda.get_device_name()} was found"
        decision = Decision(what=f"device {found}", why=why, change_with="--device")
        return torch.device(found), (decision,)
    kind, _, number = name.partition(":")
    counts = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }
    if kind not in counts or not (number.isdigit() or not number):
        raise NetworkError(
            "N06",
            f"{name!r} is no device",
            fix=["--device auto, cpu, cuda, cuda:1 or mps"],
        )
    if int(number or 0) >= counts[kind]:
        raise NetworkError(
            "N06",
            f"device {name!r} was asked for, "
            f"and this machine has {counts[kind]} of the kind {kind}",
            fix=["--device auto"],
        )
    return torch.device(name), ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where networks are computed, and in which type of numbers.

    Attributes
    ----------
    device : torch.device
    precision : torch.dtype or None
        Type of products; None for float32.
    """

    device: torch.device
    precision: torch.dtype | None = None

    @property
    def on_gpu(self) -> bool:
        """Whether the device is none of the processor's."""
        return self.device.type != "cpu"


def choose_place(name: str) -> tuple[Place, tuple[Decision, ...]]:
    """Return the device of that name, and bfloat16 exactly where hardware makes it.

    Elsewhere it is emulated, and slower than float32.

    Raises
    ------
    NetworkError
        N06, if the machine has no such device.
    """
    device, placed = choose_device(name)
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
        name = torch.cuda.get_device_name(device)
    else:
        has = torch.cpu.get_capabilities()
        fast = device.type == "cpu" and bool(has.get("avx512_bf16") or has.get("amx_bf16"))
        name = "the processor" if device.type == "cpu" else "Apple's GPU"
    if fast:
        what, why = "products in bfloat16", f"{name} has it in hardware"
    else:
        what, why = "products in float32", f"{name} has no bfloat16 in hardware"
    precise = Decision(what=what, why=why, change_with="--device")
    place = Place(device=device, precision=torch.bfloat16 if fast else None)
    return place, (*placed, precise)


def widest(device: torch.device) -> torch.dtype:
    """Return the widest type of numbers that a device has: Apple's GPUs lack float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def move(module: nn.Module, device: torch.device) -> None:
    """Move a module to a device, in place, its numbers no wider than the device has them."""
    for part in module.modules():
        for name, buffer in part.named_buffers(recurse=False):
            if buffer.dtype == torch.float64:
                setattr(part, name, buffer.to(widest(device)))
    module.to(device)
