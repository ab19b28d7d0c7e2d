"""Kernels of torch that have no public name, each with a way around it in public names.

Another version of torch may name them otherwise, want other arguments, or lack them. So each
is tried on a few numbers when it is first called, and taken only if it gives what the way
around gives; nothing else in Tenfold names what torch does not document. It is not tried
earlier, as a process that has computed cannot be forked any more (GNU OpenMP), and a comparison
forks one that has only loaded this module. What each gains is in benchmarks/by_hand.

Shape letters in this file:
    B  pictures in a batch    C  channels    H, W  height and width    K  side of a filter
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Final, TypeVar, cast

import torch
from torch import Tensor
from torch.nn import functional, grad

aten, onednn = torch.ops.aten, torch.ops.mkldnn

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
FusedActivation = tuple[str, list[float], str]
"""Name, numbers and kind of what a kernel of oneDNN does to each sum."""
NO_ACTIVATION: Final[FusedActivation] = ("none", [], "")
CLIPPED_AT_6: Final[FusedActivation] = ("hardtanh", [0.0, 6.0], "")


def trusted(
    kernel: Kernel, plain: Kernel, sample: Callable[[Kernel], Sequence[Tensor]]
) -> Kernel:
    """Return a kernel if this torch has it and it does what is expected, or the way around it.

    Parameters
    ----------
    kernel, plain : callable
        Of the same arguments.
    sample : callable
        Calls one of them and returns what came of it.

    Examples
    --------
    >>> def missing(x):
    ...     return torch.ops.aten.no_such_kernel(x)
    >>> trusted(missing, torch.relu, lambda way: [way(torch.ones(2))]) is torch.relu
    True
    """
    return kernel if works(lambda: zip(sample(kernel), sample(plain), strict=True)) else plain


def tried_first(
    kernel: Kernel, plain: Kernel, sample: Callable[[Kernel], Sequence[Tensor]]
) -> Kernel:
    """Return what chooses between a kernel and the way around it when it is first called."""
    choose = cache(lambda: trusted(kernel, plain, sample))

    @wraps(plain)
    def chosen(*given: Any, **named: Any) -> Any:
        return choose()(*given, **named)

    chosen.__dict__["choose"] = choose  # so that a test can see which is taken
    return cast("Kernel", chosen)


def works(pairs: Callable[[], Any]) -> bool:
    """Tell whether tensors can be computed in two ways, and are nearly equal."""
    try:
        return all(torch.allclose(one, other, rtol=1e-3, atol=1e-4) for one, other in pairs())
    except Exception:  # noqa: BLE001 - of a torch that is not known yet, in whatever way
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class AdamNumbers:
    """What Adam is told: its decays of running means, the weight decay, and epsilon."""

    betas: tuple[float, float]
    decay: float
    epsilon: float


def _adam_step(state: Sequence[Tensor], count: Tensor, lr: float, adam: AdamNumbers) -> None:
    numbers, gradients, means, squares = ([part] for part in state)
    torch._fused_adamw_(
        numbers,
        gradients,
        means,
        squares,
        [],
        [count],
        lr=lr,
        beta1=adam.betas[0],
        beta2=adam.betas[1],
        weight_decay=adam.decay,
        eps=adam.epsilon,
        amsgrad=False,
        maximize=False,
    )


@torch.no_grad()
def plain_adam_step(
    state: Sequence[Tensor], count: Tensor, lr: float, adam: AdamNumbers
) -> None:
    """Take a step of Adam as ``adam_step`` does, an operation at a time."""
    numbers, gradients, means, squares = state
    (fast, slow), steps = adam.betas, float(count)
    numbers.mul_(1 - lr * adam.decay)
    means.lerp_(gradients, 1 - fast)
    squares.mul_(slow).addcmul_(gradients, gradients, value=1 - slow)
    spread = (squares / (1 - slow**steps)).sqrt_().add_(adam.epsilon)
    numbers.addcdiv_(means, spread, value=-lr / (1 - fast**steps))


def _adam_sample(way: Callable[..., None]) -> list[Tensor]:
    state = [torch.linspace(low, 2.0, 5) for low in (-1.0, -3.0, 0.0, 0.0)]
    way(state, torch.tensor(3.0), 0.1, AdamNumbers(betas=(0.9, 0.95), decay=0.3, epsilon=1e-6))
    return state


adam_step = tried_first(_adam_step, plain_adam_step, _adam_sample)
"""Move numbers by their gradients, their running means and squares, and the step's number."""


def _silu_into(sums: Tensor, out: Tensor) -> Tensor:
    found: Tensor = aten.silu.out(sums, out=out)
    return found


def plain_silu_into(sums: Tensor, out: Tensor) -> Tensor:
    """Write ``silu`` of sums into other memory."""
    return functional.silu(out.copy_(sums), inplace=True)


def _silu_gradient(gradients: Tensor, sums: Tensor) -> Tensor:
    found: Tensor = aten.silu_backward.grad_input(gradients, sums, grad_input=gradients)
    return found


def plain_silu_gradient(gradients: Tensor, sums: Tensor) -> Tensor:
    """Turn gradients at ``silu`` of sums into gradients at the sums, in place."""
    share = torch.sigmoid(sums)
    return gradients.mul_(share * (1 + sums * (1 - share)))


def _relu_gradient(gradients: Tensor, sums: Tensor) -> Tensor:
    found: Tensor = aten.threshold_backward.grad_input(gradients, sums, 0, grad_input=gradients)
    return found


def plain_relu_gradient(gradients: Tensor, sums: Tensor) -> Tensor:
    """Turn gradients at ``relu`` of sums into gradients at the sums, in place."""
    return gradients.masked_fill_(sums <= 0, 0.0)


def _activation_sample(way: Callable[[Tensor, Tensor], Tensor]) -> list[Tensor]:
    one, other = torch.linspace(-3.0, 3.0, 7), torch.linspace(2.0, -1.0, 7)
    return [way(one, other), one, other]


silu_into = tried_first(_silu_into, plain_silu_into, _activation_sample)
silu_gradient = tried_first(_silu_gradient, plain_silu_gradient, _activation_sample)
relu_gradient = tried_first(_relu_gradient, plain_relu_gradient, _activation_sample)


def _depthwise_gradient(
    x_BCHW: Tensor, weight_C1KK: Tensor, gradient_BCHW: Tensor, stride: int, at: int
) -> Tensor:
    wanted = [number == at for number in range(3)]
    # Stride, padding, dilation, whether it is transposed, padding of outputs, groups.
    place = ([stride, stride], [0, 0], [1, 1], False, [0, 0], len(weight_C1KK))
    gradients = aten.convolution_backward(
        gradient_BCHW, x_BCHW, weight_C1KK, None, *place, wanted
    )
    found: Tensor = gradients[at]
    return found


def plain_depthwise_gradient(
    x_BCHW: Tensor, weight_C1KK: Tensor, gradient_BCHW: Tensor, stride: int, at: int
) -> Tensor:
    """Return the gradient of a depthwise convolution at its input (0) or its filters (1)."""
    rest = (gradient_BCHW, stride, 0, 1, len(weight_C1KK))
    if at == 0:
        found: Tensor = grad.conv2d_input(x_BCHW.shape, weight_C1KK, *rest)
    else:
        found = grad.conv2d_weight(x_BCHW, weight_C1KK.shape, *rest)
    return found


def _depthwise_sample(way: Callable[..., Tensor]) -> list[Tensor]:
    x, weight = torch.linspace(-1, 1, 100).view(1, 4, 5, 5), torch.ones(4, 1, 3, 3)
    return [way(x, weight, x[:, :, :2, :2], 2, at) for at in range(2)]


depthwise_gradient = tried_first(
    _depthwise_gradient, plain_depthwise_gradient, _depthwise_sample
)


def packed(weight: Tensor, stride: Sequence[int], groups: int, shape: Sequence[int]) -> Tensor:
    """Return filters in the order of oneDNN's kernel for maps of a shape, (B, C, H, W)."""
    found: Tensor = onednn._reorder_convolution_weight(  # noqa: SLF001 - it has no other name
        weight.contiguous(memory_format=torch.channels_last),
        [0, 0],
        list(stride),
        [1, 1],
        groups,
        list(shape),
    )
    return found


def fused_matrix(
    rows: Tensor,
    weight: Tensor,
    bias: Tensor,
    activation: FusedActivation,
    added: Tensor | None,
) -> Tensor:
    """Return a product with its bias, activated, or with other rows added."""
    kernel = onednn._linear_pointwise  # noqa: SLF001 - it has no other name
    if added is None:
        out: Tensor = kernel(rows, weight, bias, *activation)
    else:
        out = kernel.binary(rows, added, weight, bias, "add")
    return out


def fused_conv(
    x_BCHW: Tensor, place: tuple[Any, ...], activation: FusedActivation, added: Tensor | None
) -> Tensor:
    """Return a convolution by packed filters, activated, or added to other maps in place.

    ``place`` holds the filters, the bias, and how the filters go over the maps.
    """
    if added is None:
        kernel = onednn._convolution_pointwise  # noqa: SLF001 - it has no other name
        out: Tensor = kernel(x_BCHW, *place, *activation)
    else:
        kernel = onednn._convolution_pointwise_
        out = kernel.binary(added, x_BCHW, *place, "add", None, None, [], None)
    return out


@cache
def has_fused_kernels() -> bool:
    """Tell whether torch has oneDNN's fused kernels, and they do what is expected of them.

    Those of torch for processors do. Without them an ``EfficientNetLite`` runs as it is.
    """
    return torch.backends.mkldnn.is_available() and works(_fused_sample)


@torch.no_grad()
def _fused_sample() -> Any:
    x = torch.linspace(-1.0, 9.0, 512).view(2, 4, 8, 8)
    x = x.contiguous(memory_format=torch.channels_last)
    weight, bias = torch.linspace(-1.0, 1.0, 144).view(4, 4, 3, 3), torch.ones(4)
    place = (packed(weight, [1, 1], 1, x.shape), bias, [1, 1], [1, 1], [1, 1], 1)
    plain = functional.conv2d(x, weight, bias, padding=1)
    rows, matrix = x.permute(0, 2, 3, 1).flatten(0, 2), weight[:, :, 0, 0].contiguous()
    product = functional.linear(rows, matrix, bias)
    yield fused_conv(x, place, CLIPPED_AT_6, None), plain.clamp(0.0, 6.0)
    yield (
        fused_conv(x, place, NO_ACTIVATION, x.clone(memory_format=torch.preserve_format)),
        plain + x,
    )
    yield fused_matrix(rows, matrix, bias, CLIPPED_AT_6, None), product.clamp(0.0, 6.0)
    yield fused_matrix(rows, matrix, bias, NO_ACTIVATION, rows), product + rows
