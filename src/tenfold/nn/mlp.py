"""F multi-layer perceptrons side by side.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    I  inputs of a layer
    Q  columns of codes         L  codes of a column  E  numbers that a category becomes
    O  outputs of a layer       D  inputs of the linear model
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.nn.features import ALIGNED, FoldFeatures
from tenfold.nn.layer import (
    ACTIVATIONS,
    ActivationName,
    Layer,
    gradient_memory,
    narrow_product,
    within,
)
from tenfold.nn.network import ParameterGroup, TrainedNetwork

TABLE_STD: Final = 0.3  # categories begin near each other, as most of them mean little
# What a linear model has for each output besides its coefficients, before it is fitted.
LINEAR_PARTS: Final = {"intercept_F1O": 0.0, "low_F1O": -np.inf, "high_F1O": np.inf}


@dataclass(frozen=True, kw_only=True, slots=True)
class MLPOptions:
    """The shape of a perceptron, and how it starts.

    Parameters
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    activation : {"relu", "silu"}
    embedding_size : int
        E, the numbers that a category of a large column becomes.
    init : {"scaled", "keras_normal"}
        ``"scaled"``: weights of deviation 1, each layer divided by the root of
        its inputs (so that one learning rate suits every width), units scaled to
        variance 1 and its kink at rows that the network learns from, a learnt factor
        for each feature (arXiv 2407.04491). ``"keras_normal"``: weights of
        deviation 0.05 and biases of 0, used as they are.
    """

    hidden: tuple[int, ...]
    activation: ActivationName = "silu"
    embedding_size: int = 8
    init: Literal["scaled", "keras_normal"] = "scaled"


@final
class FoldMLP(TrainedNetwork):
    """F perceptrons on F kinds of features.

    Parameters
    ----------
    features : FoldFeatures
        If they have inputs for a linear model, its answers are added to the outputs. It is
        fitted before training, which leaves it as it is (training/linear_start.py).
    outputs : int
        O of the last layer.
    options : MLPOptions

    Attributes
    ----------
    linear_FDO, intercept_F1O : Tensor of shape (F, D, O) and (F, 1, O)
        The linear model, if there is one.
    low_F1O, high_F1O : Tensor of shape (F, 1, O)
        Outputs beyond these are the linear model's alone.
    """

    linear_FDO: Tensor
    intercept_F1O: Tensor
    low_F1O: Tensor
    high_F1O: Tensor

    def __init__(self, features: FoldFeatures, outputs: int, options: MLPOptions) -> None:
        super().__init__()
        self.features = features
        self.options = options
        folds, size = len(features.layouts), options.embedding_size
        shapes = list(pairwise([features.width, *options.hidden, outputs]))
        scaled = options.init == "scaled"
        # The first layer's is each network's own, and goes into its inputs.
        self.factors = [1.0, *(inputs**-0.5 if scaled else 1.0 for inputs, _ in shapes[1:])]
        self.scale_F1I = nn.Parameter(torch.ones(folds, 1, features.width)) if scaled else None
        self.weights = _zeros([(folds, *shape) for shape in shapes])
        self.biases = _zeros([(folds, 1, out) for _, out in shapes])
        self.tables = _zeros([(folds, features.levels[q], size) for q in features.tables])
        self._steps: _Steps | None = None
        if self.has_line:
            shape = (folds, features.linear_width, outputs)
            self.register_buffer("linear_FDO", torch.zeros(shape))
            for name, start in LINEAR_PARTS.items():
                self.register_buffer(name, torch.full((folds, 1, outputs), start))

    @property
    def has_line(self) -> bool:
        """Whether a linear model is added to the outputs."""
        return self.features.options.linear is not None

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
        self, x_FBI: Tensor, codes_FBQ: Tensor, generators: Sequence[torch.Generator]
    ) -> None:
        """Draw the first weights, each network from its own generator.

        Only inputs and categories that a network has are drawn for it; no row teaches the
        others, so they stay 0 and say nothing.

        Parameters
        ----------
        x_FBI : Tensor of shape (F, B, I), float32
            Features of rows that each network may learn from; ``"scaled"`` weights
            are fitted to them.
        codes_FBQ : Tensor of shape (F, B, Q), int64
        generators : sequence of F torch.Generator
        """
        features, scaled = self.features, self.options.init == "scaled"
        std = 1.0 if scaled else 0.05
        for f, generator in enumerate(generators):
            inputs = features.inputs_F[f]
            for weight_FIO in self.weights:
                own_IO = weight_FIO.new_empty((inputs, weight_FIO.shape[2]))
                weight_FIO[f, :inputs] = own_IO.normal_(std=std, generator=generator)
                inputs = weight_FIO.shape[2]
            for table_FLE, q in zip(self.tables, features.tables, strict=True):
                if q in features.layouts[f].tables:
                    known = getattr(features, f"seen{q}_FL")[f]
                    own_LE = table_FLE.new_empty((int(known.sum()), table_FLE.shape[2]))
                    table_FLE[f, known] = own_LE.normal_(std=TABLE_STD, generator=generator)
        if scaled:
            self._scale_to(x_FBI, codes_FBQ, generators)

    def _scale_to(
        self, x_FBI: Tensor, codes_FBQ: Tensor, generators: Sequence[torch.Generator]
    ) -> None:
        """Scale weights so that each unit varies by 1 over the rows, with its kink at a row."""
        activate = ACTIVATIONS[self.options.activation].function
        self.add_embeddings(x_FBI, codes_FBQ)
        inputs_FBI = self._scaled(x_FBI)
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
            inputs_FBI = activate(sums_FBO + bias_F1O)

    def forward(self, x_FBI: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs of features, shape (F, B, O)."""
        activate = ACTIVATIONS[self.options.activation].function
        if self.tables:
            x_FBI = x_FBI.clone()
            self.add_embeddings(x_FBI, codes_FBQ)
        h_FBI = self._scaled(x_FBI)
        last = len(self.weights) - 1
        for i in range(last):
            h_FBI = activate(self._sums(i, h_FBI))
        layer = self.biases[last], h_FBI, self.weights[last]
        return self._with_line(narrow_product(*layer, self.factors[last]), x_FBI)

    def train_forward(self, x_FBI: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs like ``forward``, and keep what ``train_backward`` needs.

        Embeddings are written into ``x``.
        """
        steps = self._steps
        if steps is None or not steps.fit(x_FBI):
            steps = self._steps = _Steps(self, x_FBI.shape[1])
        outputs_FBO = steps.forward(x_FBI, codes_FBQ)
        return outputs_FBO + self._line(x_FBI) if self.has_line else outputs_FBO

    def train_backward(self, gradient_FBO: Tensor) -> None:
        """Write ``grad`` of every parameter, given the gradient at the last outputs."""
        if self._steps is None:
            raise RuntimeError("train_backward follows train_forward")
        self._steps.backward(gradient_FBO)

    def _sums(self, layer: int, inputs_FBI: Tensor) -> Tensor:
        return torch.baddbmm(
            self.biases[layer], inputs_FBI, self.weights[layer], alpha=self.factors[layer]
        )

    def _with_line(self, outputs_FBO: Tensor, x_FBI: Tensor) -> Tensor:
        """Return outputs added to those of the linear model, if there is one."""
        if not self.has_line:
            return outputs_FBO
        inputs_FBD = x_FBI[..., self.features.width :]
        line_FBO = narrow_product(self.intercept_F1O, inputs_FBD, self.linear_FDO)
        return within(outputs_FBO + line_FBO, line_FBO, self.low_F1O, self.high_F1O)

    def _line(self, x_FBI: Tensor) -> Tensor:
        inputs_FBD = x_FBI[..., self.features.width :]
        return narrow_product(self.intercept_F1O, inputs_FBD, self.linear_FDO)

    def _scaled(self, x_FBI: Tensor) -> Tensor:
        inputs_FBI = x_FBI[..., : self.features.width]
        if self.scale_F1I is None:
            return inputs_FBI
        return inputs_FBI * (self.scale_F1I * self.factor())

    def only(self, at_F: NDArray[np.int64]) -> "FoldMLP":
        """Return some of the networks, by position, as copies for prediction."""
        device = self.weights[0].device
        features, at = self.features.only(at_F), torch.from_numpy(at_F).to(device)
        made = FoldMLP(features, self.weights[-1].shape[2], self.options).to(device)
        for own, whole in self._pairs(made):
            # Fewer networks may need fewer inputs.
            own.data.copy_(whole.detach()[at][tuple(map(slice, own.shape))])
        return made

    @torch.no_grad()
    def fill(self, at_F: NDArray[np.int64], part: "FoldMLP") -> None:
        """Take over some of the networks, by position, whose features are as wide."""
        for own, whole in self._pairs(part):
            whole[torch.from_numpy(at_F).to(whole.device)] = own.to(whole)

    def _pairs(self, part: "FoldMLP") -> list[tuple[Tensor, Tensor]]:
        """Return what some of the networks consist of, each beside that of all."""
        tables = [self.tables[self.features.tables.index(q)] for q in part.features.tables]
        pairs: list[tuple[Tensor, Tensor]] = [
            *zip(part.weights, self.weights, strict=True),
            *zip(part.biases, self.biases, strict=True),
            *zip(part.tables, tables, strict=True),
        ]
        if part.scale_F1I is not None and self.scale_F1I is not None:
            pairs.append((part.scale_F1I, self.scale_F1I))
        if self.has_line:
            pairs.append((part.linear_FDO, self.linear_FDO))
            pairs += [(getattr(part, name), getattr(self, name)) for name in LINEAR_PARTS]
        return pairs

    def count_parameters(self) -> int:
        """Return the number of trained parameters: inputs and categories that a network has."""
        features, count = self.features, super().count_parameters()
        of_an_input = self.weights[0].shape[2] + (self.scale_F1I is not None)
        count -= of_an_input * sum(features.width - inputs for inputs in features.inputs_F)
        for table_FLE, q in zip(self.tables, features.tables, strict=True):
            own = [f for f, layout in enumerate(features.layouts) if q in layout.tables]
            levels = int(getattr(features, f"seen{q}_FL")[own].sum())
            count -= table_FLE.numel() - levels * table_FLE.shape[2]
        return int(count)

    def factor(self) -> Tensor:
        """Return what the inputs of each network are multiplied with, shape (F, 1, 1)."""
        inputs_F = torch.tensor(self.features.inputs_F, device=self.weights[0].device)
        return inputs_F.clamp(min=1)[:, None, None] ** -0.5

    def release(self) -> None:
        """Give back what only training needs."""
        self._steps = None
        super().release()

    def add_embeddings(self, x_FBI: Tensor, codes_FBQ: Tensor) -> list[Tensor]:
        """Write embeddings of categories into ``x``, ahead of features; return their places.

        Returns
        -------
        list of Tensor of shape (F, B), int64
            For each table the place of each row's category among those of all networks.
        """
        size, places = self.options.embedding_size, []
        for table_FLE, column in zip(self.tables, self.features.tables, strict=True):
            folds, levels, _ = table_FLE.shape
            codes_FB = self.features.known(codes_FBQ, column)
            start_F1 = torch.arange(folds, device=codes_FB.device)[:, None] * levels
            places.append(codes_FB + start_F1)
        for at, tables in self.features.table_spans:
            for place, table in enumerate(tables):
                room = slice(place * size, (place + 1) * size)
                x_FBI[at, :, room] = self.tables[table].flatten(0, 1)[places[table][at]]
        return places


class _Steps:
    """A perceptron's factors, tables and layers in the steps of training, B rows each."""

    def __init__(self, network: FoldMLP, rows: int) -> None:
        activations = [ACTIVATIONS[network.options.activation]] * len(network.options.hidden)
        parts = zip(
            network.weights, network.biases, network.factors, [*activations, None], strict=True
        )
        self._layers = [Layer(*part, rows) for part in parts]
        self._first = network.weights[0]
        self._weight = self._first.detach()
        self._shape = (len(self._weight), rows)
        self._width = network.features.width
        self._factors = None
        if network.scale_F1I is not None:
            self._factors = _Factors(network.scale_F1I, network.factor(), self._first, rows)
        self._add_embeddings = network.add_embeddings
        self._tables = [gradient_memory(table).flatten(0, 1) for table in network.tables]
        self._spans = network.features.table_spans
        self._embedding_size = network.options.embedding_size
        self._places: list[Tensor] = []

    def fit(self, x_FBI: Tensor) -> bool:
        """Tell whether steps with such features may go on in this memory."""
        same = self._first.data_ptr() == self._weight.data_ptr()
        return same and x_FBI.shape[:2] == self._shape

    def forward(self, x_FBI: Tensor, codes_FBQ: Tensor) -> Tensor:
        h_FBI = x_FBI[..., : self._width]
        if self._tables:
            with torch.no_grad():
                self._places = self._add_embeddings(x_FBI, codes_FBQ)
        if self._factors is not None:
            h_FBI = self._factors.forward(h_FBI)
        for layer in self._layers:
            h_FBI = layer.forward(h_FBI)
        return h_FBI

    def backward(self, gradient_FBO: Tensor) -> None:
        for layer in self._layers[:0:-1]:
            gradient_FBO = layer.through(layer.backward(gradient_FBO))
        gradient_FBO = self._layers[0].backward(gradient_FBO)
        if self._factors is not None:
            self._factors.backward()
        if self._tables:
            self._tables_backward(gradient_FBO)

    def _tables_backward(self, gradient_FBO: Tensor) -> None:
        size = self._embedding_size
        width = size * max(len(tables) for _, tables in self._spans)
        width += -width % ALIGNED  # so that no more tables of another fold change a bit of it
        gradient_FBE = torch.bmm(gradient_FBO, self._weight[:, :width].mT)
        if self._factors is not None:
            gradient_FBE *= self._factors.both_F1I[..., :width]
        for memory in self._tables:
            memory.zero_()
        for at, tables in self._spans:
            for place, table in enumerate(tables):
                own = gradient_FBE[at, :, place * size : (place + 1) * size]
                at_rows = self._places[table][at].flatten()
                self._tables[table].index_add_(0, at_rows, own.flatten(0, 1))


class _Factors:
    """A learnt factor for each input of the first layer, and one for all of a network."""

    def __init__(
        self,
        scale_F1I: nn.Parameter,
        factor_F11: Tensor,
        weight_FIO: nn.Parameter,
        rows: int,
    ) -> None:
        self._scale, self._factor = scale_F1I.detach(), factor_F11
        self._gradient = gradient_memory(scale_F1I)
        self._weight, self._weight_gradient = weight_FIO.detach(), gradient_memory(weight_FIO)
        self.both_F1I = torch.empty_like(self._scale)
        self._scaled = self._weight.new_empty(len(scale_F1I), rows, scale_F1I.shape[2])
        self._products = torch.empty_like(self._weight)

    def forward(self, inputs_FBI: Tensor) -> Tensor:
        torch.mul(self._scale, self._factor, out=self.both_F1I)
        return torch.mul(inputs_FBI, self.both_F1I, out=self._scaled)

    def backward(self) -> None:
        # A factor multiplies a row of the first weights, whose gradient is known already:
        # the sum over that row is cheaper than another matrix product.
        torch.mul(self._weight, self._weight_gradient, out=self._products)
        torch.sum(self._products, dim=2, out=self._gradient[:, 0])
        self._gradient.div_(self._scale).masked_fill_(self._scale == 0.0, 0.0)


def _zeros(shapes: Sequence[tuple[int, ...]]) -> nn.ParameterList:
    return nn.ParameterList(nn.Parameter(torch.zeros(shape)) for shape in shapes)
