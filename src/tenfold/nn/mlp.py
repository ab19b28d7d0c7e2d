"""F multi-layer perceptrons side by side, with their gradients written by hand.

On a small machine a small network spends its time between operations, not in
them, and autograd would double their number. The gradients below are the
textbook's; tests/nn/test_mlp.py compares them with autograd's.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    D  features
    Q  columns of words         L  codes of a column  E  numbers that a word becomes
    I  inputs of a layer        O  outputs of a layer
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

from tenfold.data.encode import UNSEEN
from tenfold.nn.features import FoldFeatures
from tenfold.nn.network import FoldNetwork, ParameterGroup

aten = torch.ops.aten
TABLE_STD: Final = 0.3  # words begin near each other, as most of them mean little
VECTOR: Final = 16  # float32 numbers in the widest registers


@dataclass(frozen=True, kw_only=True, slots=True)
class MLPOptions:
    """The shape of a perceptron, and how it starts.

    Parameters
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    activation : {"relu", "silu"}
    word_numbers : int
        E, the numbers that a word of a large column becomes.
    init : {"scaled", "keras_normal"}
        ``"scaled"``: weights of deviation 1, each layer divided by the root of
        its inputs (so that one step size suits every width), units scaled to
        variance 1 and bent at rows that the network learns from, a learnt factor
        for each feature (arXiv 2407.04491). ``"keras_normal"``: weights of
        deviation 0.05 and biases of 0, used as they are.
    """

    hidden: tuple[int, ...]
    activation: Literal["relu", "silu"] = "silu"
    word_numbers: int = 8
    init: Literal["scaled", "keras_normal"] = "scaled"


@final
class FoldMLP(FoldNetwork):
    """F perceptrons on F kinds of features.

    Parameters
    ----------
    features : FoldFeatures
    outputs : int
        O of the last layer.
    options : MLPOptions
    """

    def __init__(self, features: FoldFeatures, outputs: int, options: MLPOptions) -> None:
        super().__init__()
        self.features = features
        self.options = options
        folds, words = len(features.center_FP), options.word_numbers
        sizes = [features.width + words * len(features.tables), *options.hidden, outputs]
        shapes = list(pairwise(sizes))
        scaled = options.init == "scaled"
        self.factors = [inputs**-0.5 if scaled else 1.0 for inputs, _ in shapes]
        self.scale_F1I = nn.Parameter(torch.ones(folds, 1, sizes[0])) if scaled else None
        self.weights = _zeros([(folds, *shape) for shape in shapes])
        self.biases = _zeros([(folds, 1, out) for _, out in shapes])
        self.tables = _zeros([(folds, features.levels[q], words) for q in features.tables])
        # What the backward pass needs of the last forward pass.
        self._inputs: list[Tensor] = []
        self._sums_before: list[Tensor] = []
        self._codes: list[Tensor] = []
        self._spaces: dict[str, Tensor] = {}

    def groups(self) -> list[ParameterGroup]:
        """Return all parameters; the factors are RealMLP's (arXiv 2407.04491, table A.1)."""
        if self.scale_F1I is None:
            return [ParameterGroup(parameters=list(self.parameters()))]
        groups = [
            ParameterGroup(parameters=[self.scale_F1I], lr_factor=12.0),
            ParameterGroup(parameters=list(self.weights)),
            ParameterGroup(parameters=list(self.biases), lr_factor=0.1, decay_factor=0.0),
            ParameterGroup(parameters=list(self.tables), lr_factor=0.1, decay_factor=0.0),
        ]
        return [group for group in groups if group.parameters]

    @torch.no_grad()
    def start(
        self, x_FBD: Tensor, codes_FBQ: Tensor, generators: Sequence[torch.Generator]
    ) -> None:
        """Draw the first weights, each network from its own generator.

        Parameters
        ----------
        x_FBD : Tensor of shape (F, B, D), float32
            Features of rows that each network may learn from; ``"scaled"`` weights
            are fitted to them.
        codes_FBQ : Tensor of shape (F, B, Q), int64
        generators : sequence of F torch.Generator
        """
        scaled = self.options.init == "scaled"
        for weight_FIO in self.weights:
            for weight_IO, generator in zip(weight_FIO, generators, strict=True):
                weight_IO.normal_(std=1.0 if scaled else 0.05, generator=generator)
        for table_FLE in self.tables:
            for table_LE, generator in zip(table_FLE, generators, strict=True):
                table_LE.normal_(std=TABLE_STD, generator=generator)
            table_FLE[:, UNSEEN] = 0.0  # no row teaches it, so it must say nothing
        if scaled:
            self._scale_to(x_FBD, codes_FBQ, generators)

    def _scale_to(
        self, x_FBD: Tensor, codes_FBQ: Tensor, generators: Sequence[torch.Generator]
    ) -> None:
        """Scale weights so that each unit varies by 1 over the rows, and bend it at a row."""
        inputs_FBI = self._with_words(x_FBD, codes_FBQ)[0]
        last = len(self.weights) - 1
        for i, (weight_FIO, bias_F1O) in enumerate(zip(self.weights, self.biases, strict=True)):
            sums_FBO = self._sums(i, inputs_FBI)
            spread_F1O = sums_FBO.std(dim=1, keepdim=True, correction=0).clamp_min_(1e-3)
            weight_FIO.div_(spread_F1O)
            if i == last:
                return
            sums_FBO /= spread_F1O
            rows, units = sums_FBO.shape[1:]
            at_FO = [torch.randint(rows, (units,), generator=g) for g in generators]
            at_F1O = torch.stack(at_FO)[:, None].to(sums_FBO.device)
            bias_F1O.copy_(-sums_FBO.gather(1, at_F1O))
            inputs_FBI = self._activate(sums_FBO + bias_F1O)

    def forward(self, x_FBD: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs of features, shape (F, B, O)."""
        h_FBI = self._scaled(self._with_words(x_FBD, codes_FBQ)[0])
        last = len(self.weights) - 1
        for i in range(last):
            h_FBI = self._activate(self._sums(i, h_FBI))
        outputs = self.weights[last].shape[2]
        if outputs <= 2:
            return self._sums(last, h_FBI)
        # A product with a few columns, such as 5, may round a row differently at another
        # place of the block; with whole vectors of columns it does not.
        fill = (0, -outputs % VECTOR)
        weight, bias = (nn.functional.pad(t[last], fill) for t in (self.weights, self.biases))
        return torch.baddbmm(bias, h_FBI, weight, alpha=self.factors[last])[..., :outputs]

    @torch.no_grad()
    def train_forward(self, x_FBD: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs like ``forward``, and keep what ``train_backward`` needs."""
        words_FBI, self._codes = self._with_words(x_FBD, codes_FBQ)
        if self.scale_F1I is not None:
            space = self._space("scaled", words_FBI)
            words_FBI = torch.mul(words_FBI, self.scale_F1I, out=space)
        self._inputs, self._sums_before = [words_FBI], []
        last = len(self.weights) - 1
        for i in range(last):
            self._sums_before.append(self._sums(i, self._inputs[i]))
            self._inputs.append(self._activate(self._sums_before[i]))
        return self._sums(last, self._inputs[last])

    @torch.no_grad()
    def train_backward(self, slope_FBO: Tensor) -> None:
        """Set ``grad`` of every parameter, given the slope of the loss at the last outputs."""
        for i in range(len(self.weights) - 1, -1, -1):
            slope_FBO = slope_FBO * self.factors[i]
            weight = self.weights[i]
            if weight.grad is None:
                weight.grad = torch.empty_like(weight)
            torch.bmm(self._inputs[i].mT, slope_FBO, out=weight.grad)
            self.biases[i].grad = slope_FBO.sum(dim=1, keepdim=True) / self.factors[i]
            if i > 0:
                slope_FBO = torch.bmm(slope_FBO, self.weights[i].mT)
                slope_FBO = self._activation_slope(slope_FBO, self._sums_before[i - 1])
        self._scale_backward()
        self._tables_backward(slope_FBO)

    def _sums(self, layer: int, inputs_FBI: Tensor) -> Tensor:
        return torch.baddbmm(
            self.biases[layer], inputs_FBI, self.weights[layer], alpha=self.factors[layer]
        )

    def _scaled(self, inputs_FBI: Tensor) -> Tensor:
        return inputs_FBI if self.scale_F1I is None else inputs_FBI * self.scale_F1I

    def _scale_backward(self) -> None:
        if self.scale_F1I is None:
            return
        # A scale multiplies a row of the first weights, whose slope is known already:
        # the sum over that row is cheaper than another matrix product.
        weight = self.weights[0]
        slope_FI = torch.mul(weight, weight.grad, out=self._space("products", weight)).sum(
            dim=2
        )
        slope_F1I = slope_FI[:, None] / self.scale_F1I
        self.scale_F1I.grad = slope_F1I.masked_fill_(self.scale_F1I == 0, 0.0)

    def _space(self, name: str, like: Tensor) -> Tensor:
        """Return the same memory in every step: fresh pages cost more than the arithmetic."""
        space = self._spaces.get(name)
        if space is None or space.shape != like.shape or space.device != like.device:
            space = self._spaces[name] = torch.empty_like(like)
        return space

    def _with_words(self, x_FBD: Tensor, codes_FBQ: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Append each large column's numbers for its words; return its rows' places too."""
        if not self.tables:
            return x_FBD, []
        parts, places = [x_FBD], []
        for table_FLE, column in zip(self.tables, self.features.tables, strict=True):
            folds, levels, _ = table_FLE.shape
            codes_FB = self.features.known(codes_FBQ, column)
            start_F1 = torch.arange(folds, device=codes_FB.device)[:, None] * levels
            places.append(codes_FB + start_F1)
            parts.append(table_FLE.flatten(0, 1)[places[-1]])
        return torch.cat(parts, dim=-1), places

    def _tables_backward(self, slope_FBO: Tensor) -> None:
        """Set the tables' ``grad``, given the slope at the first layer's product."""
        if not self.tables:
            return
        first = self.features.width
        slope_FBE = torch.bmm(slope_FBO, self.weights[0][:, first:].mT)
        if self.scale_F1I is not None:
            slope_FBE *= self.scale_F1I[..., first:]
        slopes = slope_FBE.split(self.options.word_numbers, dim=-1)
        for table, places_FB, slope in zip(self.tables, self._codes, slopes, strict=True):
            gradient = torch.zeros_like(table).flatten(0, 1)
            gradient.index_add_(0, places_FB.flatten(), slope.flatten(0, 1))
            table.grad = gradient.view_as(table)

    def _activate(self, sums: Tensor) -> Tensor:
        return (
            nn.functional.silu(sums) if self.options.activation == "silu" else torch.relu(sums)
        )

    def _activation_slope(self, slope: Tensor, sums: Tensor) -> Tensor:
        found: Tensor
        if self.options.activation == "silu":
            found = aten.silu_backward(slope, sums)
        else:
            found = aten.threshold_backward(slope, sums, 0)
        return found


def _zeros(shapes: Sequence[tuple[int, ...]]) -> nn.ParameterList:
    return nn.ParameterList(nn.Parameter(torch.zeros(shape)) for shape in shapes)
