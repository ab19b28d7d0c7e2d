"""Tables that come with the package, their folds and plans, ready to be trained."""

from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from typing import Any, Final

SAMPLE: Final = 1_000  # rows of the larger table


@dataclass(frozen=True, kw_only=True)
class Case:
    """A table, a network and its folds, ready to be trained."""

    table: str
    network: str
    folds: int
    rows: Any
    task: str
    splits: Any
    plan: Any
    streams: Any


def read(name: str) -> Any:
    """Return a table that comes with the package, or so many of its rows."""
    import pandas as pd  # noqa: PLC0415 - after the number of threads is set

    from tenfold.data.files.read import read_table  # noqa: PLC0415

    file = {"housing": "housing.data", "california": "california.csv.gz"}[name]
    with as_file(files("tenfold") / "samples" / file) as path:
        if name == "housing":
            return read_table(path)
        return read_table(pd.read_csv(path).sample(SAMPLE, random_state=0))


def prepare(
    name: str, network: str, folds: int, *, target: str | None = None, **changes: int
) -> Case:
    """Return a case: the default plan of a network, with a width, batch or epochs changed."""
    from tenfold.config import RunOptions, SchemaOptions, SplitOptions, TrainOptions  # noqa: PLC0415
    from tenfold.kinds.registry import TABLES  # noqa: PLC0415
    from tenfold.kinds.tables.networks.registry import choose_plan  # noqa: PLC0415
    from tenfold.kinds.tables.networks.table_network import Setting  # noqa: PLC0415
    from tenfold.learning import Learning  # noqa: PLC0415
    from tenfold.seeds import Streams  # noqa: PLC0415

    width = changes.pop("width", None)
    if name == "california" and target is None:
        target = "median_house_value"
    options = RunOptions(
        schema=SchemaOptions(target=target),
        split=SplitOptions(folds=folds),
        train=TrainOptions(network=network, **changes),
    )
    streams = Streams(options.train.seed)
    found = TABLES.describe(read(name), None, options, streams)
    table, schema = found.data, found.schema
    learning = Learning(data=table, test=None, schema=schema, options=options, streams=streams)
    dealt = TABLES.split(learning, TABLES.encode(table, schema))
    rows, splits = dealt.rows, dealt.splits
    plan, _ = choose_plan(
        Setting(
            rows=rows,
            folds=len(splits),
            task=schema.task,
            options=options.train,
            schema=schema,
        )
    )
    if width is not None:
        body = replace(plan.body, hidden=tuple(width for _ in plan.body.hidden))
        plan = replace(plan, body=body)
    return Case(
        table=name,
        network=network,
        folds=folds,
        rows=rows,
        task=schema.task,
        splits=splits,
        plan=plan,
        streams=streams,
    )
