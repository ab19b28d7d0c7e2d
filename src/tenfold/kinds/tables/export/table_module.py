"""The ensemble of a table as one plain module, from numbers and categories to answers.

Shape letters in this file:
    N  rows                     C  columns of numbers, truth values and dates
    K  columns of categories    P  columns of numbers behind dates
    Q  columns of codes         F  networks side by side
    J  bins of all columns      I  inputs of a layer    W  categories with their own feature
    O  outputs                  V  values of a column that come back
"""

from collections.abc import Iterator, Sequence
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.data.cells.bags import width_of
from tenfold.data.columns.encode import DATE_PARTS, EMPTY, FIRST_LEVEL, UNSEEN
from tenfold.exported import Band
from tenfold.kinds.tables.export.keras_module import KerasTurns
from tenfold.kinds.tables.table_file import Input
from tenfold.kinds.tables.table_model import TableModel
from tenfold.model import variance_of
from tenfold.nn.conformal import half_width
from tenfold.nn.feature_layout import Layout
from tenfold.nn.features import CLIP, FAR, REACH, FoldFeatures
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.layer import ACTIVATIONS, within
from tenfold.nn.mlp import FoldMLP
from tenfold.nn.modules import ModuleNetwork

DAY: Final = 86_400.0  # seconds
# Days from 0000-03-01, where a year is taken to begin, to 1970-01-01; and of 400, 100 and
# 4 years and of one.
TO_1970, DAYS_400, DAYS_100, DAYS_4, DAYS_1 = 719_468, 146_097, 36_524, 1_460, 365


@final
class TableAnswers(nn.Module):
    """What ``Model.answers_coded`` says of rows, in steps that a file can hold.

    Parameters
    ----------
    model : TableModel
    inputs : sequence of Input
        How each column that is learnt from comes.
    band : Band, optional
        Of regression: what intervals promise.
    """

    def __init__(
        self, model: TableModel, inputs: Sequence[Input], band: Band | None = None
    ) -> None:
        super().__init__()
        columns = [column for column in model.schema.used if column.kind != "category"]
        tensors = {one.name: one.tensor for one in inputs}
        self.widths = [width_of(column.kind, column.places) for column in columns]
        self.dates = [column.kind == "date" for column in columns]
        features = model.network.features
        single = [
            tensors[column.name] != "double"
            for column, width in zip(columns, self.widths, strict=True)
            for _ in range(width)
        ]
        self.recurring = nn.ModuleDict(
            {
                str(at): _Recurring(known, single=single[at])
                for at, known in self._values(features)
            }
        )
        self.features = nn.ModuleList(
            _Features(features, at, layout) for at, layout in features.spans
        )
        network = model.network
        self.network = (
            _Perceptrons(network)
            if isinstance(network, FoldMLP)
            else _Turns([network.alone(f) for f in range(len(model.target.mean_F))], features)
            if isinstance(network, ModuleNetwork)
            else KerasTurns(network)
            if isinstance(network, KerasNetwork)
            else network
        )
        self.target = model.target
        self.folds = model.folds
        self.conformal = model.conformal if band is not None else None
        if self.conformal is not None and band is not None:
            self.limits = self.conformal.limits(band.coverage)

    def forward(self, numbers_NC: Tensor, words_NK: Tensor) -> tuple[Tensor, ...]:
        """Return values, float64, or probabilities, float32, of shape (N, O).

        With a band, its lower and its upper end follow.

        Parameters
        ----------
        numbers_NC : Tensor of shape (N, C), float64
            Truth values are 1 and 0, dates seconds since 1970; NaN where a cell is empty.
        words_NK : Tensor of shape (N, K), int64
            Places of categories among their column's levels, plus 2; 1 for empty, 0 for unseen.
        """
        numbers_NP = self._without_dates(numbers_NC) if any(self.dates) else numbers_NC
        values = [one(numbers_NC[:, int(at)]) for at, one in self.recurring.items()]
        # A file has no input for categories if there are none, so nothing may be made of it.
        categories = [words_NK] if words_NK.shape[1] else []
        codes_NQ = torch.cat([*categories, *values], dim=1) if values else words_NK
        x = [one(numbers_NP, codes_NQ) for one in self.features]
        answers_FNO = self.target.answers(self.network(x, codes_NQ))
        answers_NO = answers_FNO.mean(dim=0)
        if self.target.task == "classification":
            return (answers_NO.float(),)
        if self.conformal is None:
            return (answers_NO,)
        spread_N = variance_of(answers_FNO[..., 0], self.folds)
        scale_N = self.conformal.scale(numbers_NP, codes_NQ, answers_NO[:, 0])
        half_N = half_width(scale_N, spread_N, self.limits)
        low_N, high_N = self.conformal.ends(answers_NO[:, 0], half_N)
        return answers_NO, low_N[:, None], high_N[:, None]

    def _values(self, features: FoldFeatures) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield the columns of numbers whose values come back, by place among the C."""
        places, place, at = {}, 0, 0
        for date, width in zip(self.dates, self.widths, strict=True):
            places[place] = at
            place += len(DATE_PARTS) if date else width
            at += width
        for p, known in features.values:
            yield places[p], known

    def _without_dates(self, numbers_NC: Tensor) -> Tensor:
        columns = zip(self.dates, numbers_NC.split(self.widths, dim=1), strict=True)
        return torch.cat([date_parts(one) if date else one for date, one in columns], dim=1)


def date_parts(seconds_N1: Tensor) -> Tensor:
    """Return day since 1970, month, weekday and hour of moments, shape (N, 4), float64.

    Months come from the day of a year that begins in March, as Hinnant's
    ``civil_from_days`` finds them ("chrono-Compatible Low-Level Date Algorithms", 2013).

    Examples
    --------
    >>> date_parts(torch.tensor([[951_782_400.0 + 3600]], dtype=torch.float64)).tolist()
    [[11016.041666666666, 2.0, 1.0, 1.0]]
    """
    days_N1 = seconds_N1 / DAY
    whole_N1 = torch.floor(days_N1)
    hour_N1 = torch.floor((seconds_N1 - whole_N1 * DAY) / 3600)
    weekday_N1 = _rest(whole_N1 + 3, 7)  # 1970 began on a Thursday
    day_N1 = _rest(whole_N1 + TO_1970, DAYS_400)
    leaps_N1 = torch.floor(day_N1 / DAYS_4) - torch.floor(day_N1 / DAYS_100)
    leaps_N1 = leaps_N1 + torch.floor(day_N1 / (DAYS_400 - 1))
    year_N1 = torch.floor((day_N1 - leaps_N1) / DAYS_1)
    before_N1 = DAYS_1 * year_N1 + torch.floor(year_N1 / 4) - torch.floor(year_N1 / 100)
    month_N1 = torch.floor((5 * (day_N1 - before_N1) + 2) / 153)  # 0 is March
    month_N1 = month_N1 + 3 - 12 * torch.floor(month_N1 / 10)
    return torch.cat([days_N1, month_N1, weekday_N1, hour_N1], dim=1)


def _rest(x_N1: Tensor, by: int) -> Tensor:
    return x_N1 - by * torch.floor(x_N1 / by)


@final
class _Recurring(nn.Module):
    """The code of a number whose values come back, as ``encode_inputs`` finds it."""

    values_V: Tensor
    places_V: Tensor

    def __init__(self, values: Sequence[float], *, single: bool) -> None:
        super().__init__()
        values_V = torch.tensor(values, dtype=torch.float64)
        self._single = single
        self.register_buffer("values_V", values_V.float() if single else values_V)
        places_V = torch.arange(len(values_V), dtype=torch.float64) + FIRST_LEVEL
        self.register_buffer("places_V", places_V - UNSEEN)

    def forward(self, numbers_N: Tensor) -> Tensor:
        """Return codes, shape (N, 1)."""
        seen_N1 = (numbers_N.float() if self._single else numbers_N)[:, None]
        places_N = ((seen_N1 == self.values_V) * self.places_V).sum(dim=1) + UNSEEN
        return torch.where(torch.isnan(numbers_N), EMPTY, places_N).to(torch.int64)[:, None]


@final
class _Features(nn.Module):
    """``FoldFeatures`` of networks that share a layout, without writing into memory."""

    center_F1P: Tensor
    scale_F1P: Tensor
    slope_F1J: Tensor
    shift_F1J: Tensor
    flags: Tensor
    column_J: Tensor
    height_J: Tensor
    column_W: Tensor
    code_W: Tensor
    seen_F1W: Tensor
    kept: Tensor
    of_F: Tensor

    def __init__(self, features: FoldFeatures, at: slice, layout: Layout) -> None:
        super().__init__()
        self.binned = features.options.style == "binned"
        self.linear = features.options.linear
        column_J, height_J = [], []
        for group in layout.groups(features.options):
            for column in group.columns:
                for bins, height in group.codes:
                    column_J += [column] * bins
                    height_J += [height] * bins
        column_W = [q for q, codes in layout.categories for _ in codes]
        code_W = [code for _, codes in layout.categories for code in codes]
        seen = [
            getattr(features, f"seen{q}_FL")[at, list(codes)] for q, codes in layout.categories
        ]
        constants = {
            "center_F1P": features.center_FP[at, None],
            "scale_F1P": features.scale_FP[at, None],
            "slope_F1J": features.slope_FJ[at, None, : len(column_J)],
            "shift_F1J": features.shift_FJ[at, None, : len(column_J)],
            "flags": torch.tensor(layout.flags, dtype=torch.int64),
            "column_J": torch.tensor(column_J, dtype=torch.int64),
            "height_J": torch.tensor(height_J, dtype=torch.float32),
            "column_W": torch.tensor(column_W, dtype=torch.int64),
            "code_W": torch.tensor(code_W, dtype=torch.int64),
            "seen_F1W": torch.cat(seen, dim=1)[:, None].float() if seen else torch.zeros(0),
        }
        networks = np.arange(len(features.layouts))[at]
        self.texts = None if features.texts is None else features.texts.only(networks)
        if features.texts is not None:
            kept = features.texts.kept(features.numbers)
            constants["kept"] = torch.tensor(kept, dtype=torch.int64)
            of_F = [] if self.texts is None else list(self.texts.of_F)
            constants["of_F"] = torch.tensor(of_F, dtype=torch.int64)
        for name, constant in constants.items():
            self.register_buffer(name, constant.detach().clone())

    def forward(self, numbers_NP: Tensor, codes_NQ: Tensor) -> Tensor:
        """Return the features of these networks, shape (F, N, I), without those of tables.

        Those for a linear model follow.
        """
        if self.texts is not None:
            texts_FNC = self.texts.numbers_of(numbers_NP).index_select(0, self.of_F)
            plain_FNP = numbers_NP.index_select(1, self.kept).expand(len(texts_FNC), -1, -1)
            numbers_NP = torch.cat([plain_FNP, texts_FNC.double()], dim=-1)
        x_FNP = (numbers_NP - self.center_F1P).float() * self.scale_F1P
        missing_FNP = torch.isnan(x_FNP)
        x_FNP = torch.where(missing_FNP, 0.0, x_FNP)
        others = []
        if len(self.flags):
            others.append(missing_FNP.index_select(-1, self.flags).float())
        if len(self.column_W):
            hot_NW = (codes_NQ.index_select(1, self.column_W) == self.code_W).float()
            others.append(hot_NW * self.seen_F1W)
        if self.binned:
            x_FNP = x_FNP.clamp(-FAR, FAR)
        plain_FNP = x_FNP
        if self.binned:
            x_FNP = x_FNP / torch.sqrt(1 + (x_FNP / CLIP) * (x_FNP / CLIP))
        bins = []
        if len(self.column_J):
            at_FNJ = x_FNP.index_select(-1, self.column_J)
            bins_FNJ = self.shift_F1J + at_FNJ * self.slope_F1J
            bins.append(torch.clamp(bins_FNJ, -self.height_J, self.height_J))
        line = []
        if self.linear is not None:
            clipped = self.linear == "clipped"
            line = [x_FNP if clipped else plain_FNP.clamp(-REACH, REACH), *others]
        return torch.cat([x_FNP, *bins, *others, *line], dim=-1)


@final
class _Perceptrons(nn.Module):
    """``FoldMLP`` for prediction: what only multiplies weights is multiplied into them."""

    limits: Tensor

    def __init__(self, network: FoldMLP) -> None:
        super().__init__()
        features = network.features
        self.activate = ACTIVATIONS[network.options.activation].function
        self.columns = features.tables
        self.rooms = [
            (at, [self.columns.index(q) for q in layout.tables], features.inputs_F[at.start])
            for at, layout in features.spans
        ]
        self.tables = nn.ParameterList(
            # A category that a fold never held is as an unseen one to its network.
            torch.where(
                getattr(features, f"seen{q}_FL")[..., None],
                table,
                table[:, UNSEEN, None],
            )
            for q, table in zip(self.columns, network.tables, strict=True)
        )
        weights = [
            w * factor for w, factor in zip(network.weights, network.factors, strict=True)
        ]
        if network.scale_F1I is not None:
            weights[0] = weights[0] * (network.scale_F1I * network.factor()).mT
        self.weights, self.biases = nn.ParameterList(weights), nn.ParameterList(network.biases)
        self.lines = nn.ModuleList(
            _Line(network, at, layout) for at, layout in features.spans if network.has_line
        )
        if len(self.lines):
            limits = torch.stack([network.low_F1O, network.high_F1O])
            self.register_buffer("limits", limits.detach().clone())

    def forward(self, x: Sequence[Tensor], codes_NQ: Tensor) -> Tensor:
        """Return outputs, shape (F, N, O), of the features of networks beside each other."""
        sums = []
        for x_FNI, (at, tables, inputs) in zip(x, self.rooms, strict=True):
            categories = [
                # One row of a table for each network: (L, F, E) by codes gives (N, F, E).
                functional.embedding(
                    codes_NQ[:, self.columns[table]],
                    self.tables[table][at].transpose(0, 1).flatten(1),
                )
                .unflatten(-1, (x_FNI.shape[0], self.tables[table].shape[2]))
                .transpose(0, 1)
                for table in tables
            ]
            h_FNI = torch.cat([*categories, x_FNI], dim=-1) if categories else x_FNI
            first_FIO = self.weights[0][at, :inputs]
            sums.append(torch.matmul(h_FNI[..., :inputs], first_FIO) + self.biases[0][at])
        h_FNI = torch.cat(sums, dim=0) if len(sums) > 1 else sums[0]
        for weight_FIO, bias_F1O in zip(self.weights[1:], self.biases[1:], strict=True):
            h_FNI = torch.matmul(self.activate(h_FNI), weight_FIO) + bias_F1O
        if not len(self.lines):
            return h_FNI
        line = [one(x_FNI) for one, x_FNI in zip(self.lines, x, strict=True)]
        line_FNO = torch.cat(line, dim=0)
        return within(h_FNI + line_FNO, line_FNO, self.limits[0], self.limits[1])


@final
class _Line(nn.Module):
    """The linear model of networks that share a layout."""

    weight_FDO: Tensor
    intercept_F1O: Tensor

    def __init__(self, network: FoldMLP, at: slice, layout: Layout) -> None:
        super().__init__()
        self.first = layout.width(network.features.options)
        weight_FDO = network.linear_FDO[at, : layout.linear_width]
        self.register_buffer("weight_FDO", weight_FDO.detach().clone())
        self.register_buffer("intercept_F1O", network.intercept_F1O[at].detach().clone())

    def forward(self, x_FNI: Tensor) -> Tensor:
        """Return its answers, shape (F, N, O), to the features for it."""
        return torch.matmul(x_FNI[..., self.first :], self.weight_FDO) + self.intercept_F1O


@final
class _Turns(nn.Module):
    """Networks of a user's own, one after the other."""

    def __init__(self, modules: Sequence[nn.Module], features: FoldFeatures) -> None:
        super().__init__()
        self.each = nn.ModuleList(modules)
        self.spans = [at for at, _ in features.spans]

    def forward(self, x: Sequence[Tensor], codes_NQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return outputs, shape (F, N, O)."""
        outputs = [
            self.each[f](x_FNI[f - at.start])
            for x_FNI, at in zip(x, self.spans, strict=True)
            for f in range(at.start, at.stop)
        ]
        return torch.stack(outputs)
