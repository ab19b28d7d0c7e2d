"""A run that answers by itself, where its kind of data has no file to be exported to."""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, final

from numpy.typing import NDArray

from tenfold.errors import ServeError, TenfoldError
from tenfold.exported import HIGH, LOW, PROBABILITIES, VALUE, Equality, Feeds, Label
from tenfold.kinds.service import ROWS
from tenfold.loading import load
from tenfold.recalled import about_of


@final
class AnsweringRun:
    """A run that takes rows as ``Run.predict`` takes them.

    Parameters
    ----------
    folder : Path
    """

    inputs: tuple[str, ...] = (ROWS,)

    def __init__(self, folder: Path) -> None:
        self._run = run = load(folder)
        about = about_of(run.results if run.metrics else None, run.study, run.folder)
        self.label = Label(
            kind=run.kind,
            name=about.name,
            schema=run.model.schema.to_dict(),
            score=about.score,
            equality=Equality(inputs=0, difference=0.0),
            band=about.band,
            version=metadata.version("tenfold"),
        )
        self.outputs: tuple[str, ...] = self.label.answers

    def ask(self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> Feeds:
        """Return outputs by name for rows.

        Raises
        ------
        TenfoldError
            If they are not what the model takes.
        """
        try:
            table = self._run.predict(feeds[ROWS].tolist())
        except TenfoldError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A kind of data reads values of any type, whatever it expects.
            fact = f"a row is not what the model takes ({type(error).__name__})"
            raise ServeError("V07", fact) from error
        names = [f"probability {name}" for name in self.label.classes]
        columns = {PROBABILITIES: names, VALUE: ["prediction"], LOW: ["low"], HIGH: ["high"]}
        return {name: table[columns[name]].to_numpy(float) for name in outputs}
