"""How rows of a table are served: as JSON or as CSV, with what each column adds."""

import asyncio
from dataclasses import asdict
from typing import Any, ClassVar, final

import pandas as pd

from tenfold.exported import Answering, Feeds
from tenfold.kinds.service import CSV, JSON, Answer, Ask, Question, Service
from tenfold.kinds.tables.served_contributions import Contributions
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_openapi import body_of, described, example_of
from tenfold.kinds.tables.table_rows import Rows, csv_of
from tenfold.serve_options import DEFAULTS, ServeOptions


@final
class TableService(Service):
    """Answers rows of a table."""

    kind: ClassVar[str] = "table"
    takes: ClassVar[tuple[str, ...]] = (JSON, CSV)
    replies: ClassVar[tuple[str, ...]] = (CSV,)
    more: ClassVar[tuple[str, str] | None] = (
        "contributions",
        "Contribution of each column to the prediction for the first row.",
    )
    package: ClassVar[str] = __package__

    def __init__(self, file: Answering, options: ServeOptions = DEFAULTS) -> None:
        super().__init__(file, options)
        self.table = TableFile(file)
        self._rows = Rows(self.table, options.max_rows)
        background = self.table.background
        self._contributions = Contributions(self.table, background) if background else None

    @property
    def at_once(self) -> int:
        """How many rows are answered in one call of the model, at most."""
        return self.options.batch_rows

    async def answer(self, question: Question, ask: Ask) -> Answer:
        """Answer rows; those of a CSV file come back as one, if that is wanted."""
        body = question.files[0][1]
        if question.media == JSON:
            feeds, count = self._rows.of_json(body)
            answers = await self._answers(feeds, count, ask, explained=question.more)
            return Answer(content={"predictions": answers})
        feeds, table = await asyncio.to_thread(self._rows.of_csv, body)
        answers = await self._answers(feeds, len(table), ask, explained=question.more)
        if CSV in question.accepts:
            return Answer(content=csv_of(table, answers), media=CSV)
        lines = table.lines.tolist()
        predictions = [
            {"line": line} | answer for line, answer in zip(lines, answers, strict=True)
        ]
        rejected = [asdict(row) for row in table.left_out]
        notices = [f"{one.what}: {one.why}" for one in table.notices]
        return Answer(
            content={"predictions": predictions, "rejected": rejected, "notices": notices}
        )

    async def _answers(
        self, feeds: Feeds, count: int, ask: Ask, *, explained: bool
    ) -> list[dict[str, Any]]:
        """Return answers to rows, the first one explained if that is asked for."""
        if count == 0:
            return []
        answers = self.answers_of(await ask(feeds, self.outputs, count))
        if not explained or self._contributions is None:
            return answers
        classes = self.classes
        output = classes.index(answers[0]["prediction"]) if classes else 0
        first = {name: cells[:1] for name, cells in feeds.items()}
        shares = await asyncio.to_thread(self._contributions.of, first, output)
        answers[0]["contributions"] = asdict(shares)
        return answers

    def example(self) -> dict[str, Any]:
        """Return the answer to a row of typical cells."""
        feeds = self.table.feeds(pd.DataFrame([example_of(self.table)]))
        (answer,) = self.answers_of(self.file.ask(feeds, self.outputs))
        return answer

    def about(self) -> dict[str, Any]:
        """Return the columns."""
        columns = self.table.columns
        return {"columns": [described(one, columns[one.name]) for one in self.table.inputs]}

    def content(self) -> dict[str, Any]:
        """Return the columns that a row needs, and what their cells may hold."""
        return body_of(self.table, self.options.max_rows)
