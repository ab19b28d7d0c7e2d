"""Columns of a table as inputs of a file: what each looks like, and the way to numbers.

Shape letters in this file:
    N  rows    C  columns of numbers, truth values and dates    K  columns of categories
    O  outputs
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, product
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tenfold.data.cells.bags import PLACES, width_of, words_of_each
from tenfold.data.cells.parse import count_values, read_truth, to_spelling, to_text, to_truth
from tenfold.data.cells.words import FALSE_WORDS, TRUE_WORDS
from tenfold.data.columns.column import Column
from tenfold.data.columns.encode import EMPTY, FIRST_LEVEL, UNSEEN, encode_inputs
from tenfold.data.columns.schema import Schema
from tenfold.data.tables.table import Table
from tenfold.extras import require
from tenfold.kinds.tables.export.table_module import TableAnswers
from tenfold.kinds.tables.table_file import Cell, Input, Tensor, feed
from tenfold.kinds.tables.table_model import TableModel

# Float where rounding to it moves no answer by more than this, of the largest; a tenth of
# what the file may be off.
ROUNDING: Final = 1e-5
TAIL: Final = 0.01  # of the values lie below what is called low, and above what is called high
HALF: Final = 0.5
NUMBERS, CATEGORIES = "numbers", "words"
TENSORS: Final[dict[Tensor, str]] = {"float": "FLOAT", "double": "DOUBLE", "string": "STRING"}


def inputs_of(model: TableModel, table: Table) -> tuple[Input, ...]:
    """Return what each column that is learnt from looks like as an input of the file.

    Parameters
    ----------
    model : TableModel
        On the processor.
    table : Table
        Rows such as those that the model learnt from.
    """
    found = [_input(column, table) for column in model.schema.used]
    exact = [replace(one, tensor="double") if one.kind == "number" else one for one in found]
    numbers_NC, words_NK = cells_of(model.schema, exact, table)
    # By its first number; only text and lists have several.
    names = [
        one.name
        for one, column in zip(exact, model.schema.used, strict=True)
        if one.kind != "category"
        for _ in range(width_of(one.kind, column.places))
    ]

    def answers(rounded: Sequence[str]) -> NDArray[np.float64]:
        asked_NC = numbers_NC.copy()
        for name in rounded:
            at = names.index(name)
            asked_NC[:, at] = asked_NC[:, at].astype(np.float32)
        inputs = [replace(x, tensor="float") if x.name in rounded else x for x in exact]
        with torch.no_grad():
            module = TableAnswers(model, inputs).eval()
            said_NO = module(torch.from_numpy(asked_NC), torch.from_numpy(words_NK))[0]
        return np.asarray(said_NO.double().numpy())

    said = answers([])
    most = ROUNDING * float(np.abs(said).max(initial=0.0))

    def may_be_float(rounded: Sequence[str]) -> bool:
        return bool(np.abs(answers(rounded) - said).max(initial=0.0) <= most)

    numbers = [one.name for one in exact if one.kind == "number"]
    single = numbers if may_be_float(numbers) else [n for n in numbers if may_be_float([n])]
    return tuple(replace(x, tensor="float") if x.name in single else x for x in exact)


def _input(column: Column, table: Table) -> Input:
    """Return a column's input with what is typical of its cells."""
    cells = table.frame[column.name]
    if column.kind == "category":
        texts = to_spelling(cells, column.levels, table.decimal)
        categories = count_values(texts[texts != ""])
        common = str(categories.index[0]) if len(categories) else None
        return Input(name=column.name, kind="category", tensor="string", typical=common)
    if column.kind in PLACES:
        # A whole cell may be a row's own; a frequent word of a list is not.
        held = words_of_each(cells, column.sign, table.decimal) if column.sign else []
        counts = Counter(sorted(chain.from_iterable(held)))
        word = max(counts, key=lambda one: counts[one], default=None)
        return Input(name=column.name, kind=column.kind, tensor="float", typical=word)
    if column.tick:
        share = float(read_truth(cells, table.decimal, column.tick).mean())
        ticked = float(share >= HALF)
        return Input(name=column.name, kind="boolean", tensor="float", typical=ticked)
    if column.kind == "boolean":
        return _truth_input(column, to_text(cells, table.decimal))
    plain = Input(name=column.name, kind=column.kind, tensor="double")
    numbers = feed(cells, plain, column, table.decimal)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return plain
    low, typical, high = (
        _cell(number, column) for number in np.quantile(numbers, [TAIL, 0.5, 1 - TAIL])
    )
    return replace(plain, low=low, typical=typical, high=high)


def _cell(number: float, column: Column) -> Cell:
    if column.kind != "date":
        return float(number)
    moment = pd.Timestamp(round(number), unit="s").isoformat()
    return moment.removesuffix("T00:00:00")


def _truth_input(column: Column, texts: NDArray[np.object_]) -> Input:
    """Return the input of truth values: 1 and 0, or the two words that are there most often."""
    seen = count_values(texts[np.isfinite(to_truth(texts))])
    words = [str(word) for word in seen.index]
    if set(words) <= {"0", "1"}:
        typical = float(words[0]) if words else None
        return Input(name=column.name, kind="boolean", tensor="float", typical=typical)
    no = next((word for word in words if word.lower() in FALSE_WORDS), "no")
    yes = next((word for word in words if word.lower() in TRUE_WORDS), "yes")
    return Input(
        name=column.name, kind="boolean", tensor="string", words=(no, yes), typical=words[0]
    )


def cells_of(
    schema: Schema, inputs: Sequence[Input], table: Table
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return rows as ``TableAnswers`` takes them, shapes (N, C) and (N, K).

    Parameters
    ----------
    schema : Schema
    inputs : sequence of Input
        In the order of ``schema.used``.
    table : Table
    """
    numbers = []
    for column, one in zip(schema.used, inputs, strict=True):
        cells = table.frame[column.name]
        if column.kind == "boolean":
            numbers.append(read_truth(cells, table.decimal, column.tick)[:, None])
        elif column.kind != "category":
            numbers.append(feed(cells, one, column, table.decimal).astype(np.float64))
    words_NK = encode_inputs(table.frame, schema, table.decimal)[1][:, : len(schema.categories)]
    rows = len(table)
    numbers_NC = np.concatenate(numbers, axis=1) if numbers else np.zeros((rows, 0))
    return numbers_NC, np.ascontiguousarray(words_NK)


def put_columns_first(proto: Any, schema: Schema, inputs: Sequence[Input]) -> Any:
    """Return a graph that takes a table's columns, each under its name.

    Parameters
    ----------
    proto : onnx.ModelProto
        Takes ``numbers`` and ``words``, as ``TableAnswers`` does, or one of them.
    schema : Schema
    inputs : sequence of Input
        In the order of ``schema.used``.

    Returns
    -------
    onnx.ModelProto
    """
    onnx = require("onnx", extra="onnx", to="export a model")
    outputs = [one.name for one in proto.graph.output]
    # A column may be called as a tensor inside; with a slash before it none is.
    inner = onnx.compose.add_prefix(proto, "tenfold/")
    graph = inner.graph
    nodes = list(_nodes(onnx, schema, inputs))
    for output, name in zip(graph.output, outputs, strict=True):
        graph.node.append(onnx.helper.make_node("Identity", [output.name], [name]))
        output.name = name
    del graph.input[:]
    for one, column in zip(inputs, schema.used, strict=True):
        kind = getattr(onnx.TensorProto, TENSORS[one.tensor])
        shape = ["N", width_of(one.kind, column.places)]
        graph.input.append(onnx.helper.make_tensor_value_info(one.name, kind, shape))
    for at, node in enumerate(nodes):
        graph.node.insert(at, node)
    inner.opset_import.append(onnx.helper.make_opsetid("ai.onnx.ml", 3))
    return inner


def _nodes(onnx: Any, schema: Schema, inputs: Sequence[Input]) -> Iterator[Any]:
    """Yield the nodes from columns to what the graph behind them takes."""
    node = onnx.helper.make_node
    numbers, coded = [], []
    for at, (column, one) in enumerate(zip(schema.used, inputs, strict=True)):
        name = f"tenfold/column {at}"
        if column.kind == "category":
            codes = {level: i for i, level in enumerate(column.levels, start=FIRST_LEVEL)}
            codes[""] = EMPTY
            yield node(
                "LabelEncoder",
                [one.name],
                [name],
                domain="ai.onnx.ml",
                keys_strings=list(codes),
                values_int64s=list(codes.values()),
                default_int64=UNSEEN,
            )
            coded.append(name)
            continue
        if one.tensor == "string":
            meant = dict(_spellings())
            yield node(
                "LabelEncoder",
                [one.name],
                [f"{name} single"],
                domain="ai.onnx.ml",
                keys_strings=list(meant),
                values_floats=list(meant.values()),
                default_float=float("nan"),
            )
        single = one.name if one.tensor != "string" else f"{name} single"
        if one.tensor == "double":
            numbers.append(one.name)
        else:
            yield node("Cast", [single], [name], to=onnx.TensorProto.DOUBLE)
            numbers.append(name)
    for parts, whole in ((numbers, f"tenfold/{NUMBERS}"), (coded, f"tenfold/{CATEGORIES}")):
        if parts:
            yield node("Concat", parts, [whole], axis=1)


def _spellings() -> Iterator[tuple[str, float]]:
    """Yield each word that ``to_truth`` knows, in large and small letters, and its meaning."""
    for words, meaning in ((TRUE_WORDS | {"1"}, 1.0), (FALSE_WORDS | {"0"}, 0.0)):
        for word in sorted(words):
            for letters in product(*(sorted({c.lower(), c.upper()}) for c in word)):
                yield "".join(letters), meaning
