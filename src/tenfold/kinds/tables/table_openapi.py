"""The columns of a table as JSON Schema and OpenAPI tell of them, with examples that work."""

import re
from typing import Any, Final

from tenfold.data.cells.spans import AMOUNTS, Form
from tenfold.data.cells.words import MEANINGS
from tenfold.data.columns.column import Column
from tenfold.data.tables.reading import Reading
from tenfold.kinds.service import CSV, JSON
from tenfold.kinds.tables.table_file import Input, TableFile

JsonSchema = dict[str, Any]

LISTED_CATEGORIES: Final = 1_000  # of a column, that are listed
TYPES: Final = {
    "number": ["number", "null"],
    "date": ["string", "null"],
    "category": ["string", "number", "boolean", "null"],
    "text": ["string", "number", "boolean", "null"],
    "list": ["string", "number", "boolean", "array", "null"],
}
# Of numbers as text, with what stands for the decimal sign.
TEXTS: Final[dict[Form, str]] = {
    "number": r"[+-]?[0-9]{1,15}(SIGN[0-9]{1,15})?(e[+-]?[0-9]{1,2})?",
    **dict.fromkeys(AMOUNTS, r"[+-]?[0-9]{1,15}(SIGN[0-9]{1,15})?"),
    "duration": r"-?[0-9]{1,5} days [0-9]{2}:[0-5][0-9]:[0-5][0-9]",
    "clock": r"(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?",
}
CSV_CELLS: Final = {
    "number": "-?[0-9]+",
    "boolean": "(true|false)",
    "date": "",
    "category": "[a-z]+",
    "text": "[a-z]+",
    "list": "[a-z]+",
}
REST: Final = r'[^\u0000"]*$'  # of a plain table: what cannot harm the rows before it


def described(one: Input, column: Column) -> JsonSchema:
    """Return what ``GET /schema`` tells of a column."""
    values = one.words if one.kind == "boolean" else column.levels[:LISTED_CATEGORIES]
    return {
        "name": one.name,
        "kind": one.kind,
        "form": column.form,
        "words": list(values) if one.kind != "number" else [],
        "typical": one.typical,
        "low": one.low,
        "high": one.high,
        "date_format": column.date_format,
        "sign": column.sign,
    }


def body_of(file: TableFile, max_rows: int) -> JsonSchema:
    """Return what the body of a request may be, as OpenAPI has it."""
    row = example_of(file)
    schema = {
        "type": "object",
        "required": ["rows"],
        "properties": {
            "rows": {
                "type": "array",
                "description": f"{max_rows:,} at most.",
                "items": {
                    "type": "object",
                    "required": list(row),
                    "properties": {
                        one.name: _cell(one, file.columns[one.name], file.schema.reading)
                        for one in file.inputs
                    },
                },
            }
        },
    }
    # Any table with these columns will do; a plain one begins so.
    line = ",".join(CSV_CELLS[one.kind] for one in file.inputs)
    names, cells = (",".join(map(_quoted, texts)) for texts in (row, row.values()))
    plain = {"type": "string", "pattern": f"^{re.escape(names)}\n({line}\n)+{REST}"}
    return {
        JSON: {"schema": schema, "example": {"rows": [row]}},
        CSV: {"schema": plain, "example": f"{names}\n{cells}\n"},
    }


def _quoted(cell: object) -> str:
    return "" if cell is None else '"' + str(cell).replace('"', '""') + '"'


def _cell(one: Input, column: Column, reading: Reading) -> JsonSchema:
    if one.kind == "boolean":
        ticks = [column.tick] if column.tick else []
        words = [re.escape(word) for word in ("", *reading.missing, *MEANINGS, *ticks)]
        text = {"type": "string", "pattern": f"^({'|'.join(words)})$"}
        return {"anyOf": [{"type": ["boolean", "null"]}, {"enum": [0, 1]}, text]}
    schema: JsonSchema = {"type": TYPES[one.kind]}
    if one.kind == "number":
        sign = re.escape(reading.sign_of(column.name))
        words = [re.escape(word) for word in ("", *reading.missing, *column.empties)]
        number = TEXTS[column.form].replace("SIGN", sign)
        schema = {
            "anyOf": [schema, {"type": "string", "pattern": f"^({'|'.join(words)}|{number})$"}]
        }
        if column.form != "number":
            schema["description"] = f"{column.measure}, or their text"
    elif one.kind == "list":
        schema |= {
            "items": {"type": ["string", "number", "boolean"]},
            "description": f"categories separated by {column.sign!r}, or a list of them",
        }
    elif one.kind == "date":
        iso = column.date_format in {None, "ISO8601"}
        schema |= {"format": "date"} if iso else {"description": f"as {column.date_format}"}
    return schema


def example_of(file: TableFile) -> JsonSchema:
    """Return a row of typical cells, as JSON takes it."""
    return {one.name: _typical(one, file.columns[one.name]) for one in file.inputs}


def _typical(one: Input, column: Column) -> Any:
    if one.kind == "boolean" and one.tensor == "float" and one.typical is not None:
        return bool(one.typical)
    if one.kind == "date" and column.date_format not in {None, "ISO8601"}:
        return None
    return one.typical
