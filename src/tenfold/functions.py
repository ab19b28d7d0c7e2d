"""A function of the user's own, named as ``FILE.py:FUNCTION``."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, final

from tenfold.keras_backend import name_backend


@final
class FunctionError(Exception):
    """The function cannot be had; whoever asked for it says what it was for.

    Parameters
    ----------
    fact : str
    place : mapping of str to str
    fix : sequence of str
    ran : bool
        Whether the file was found and failed when it was run.
    """

    def __init__(
        self,
        fact: str,
        *,
        place: Mapping[str, str] | None = None,
        fix: Sequence[str] = (),
        ran: bool = False,
    ) -> None:
        super().__init__(fact)
        self.fact = fact
        self.place = dict(place or {})
        self.fix = tuple(fix)
        self.ran = ran


def names_function(source: str) -> bool:
    """Tell whether a text has the form ``FILE.py:FUNCTION``.

    Examples
    --------
    >>> names_function("mine.py:network"), names_function("tutorial")
    (True, False)
    """
    file, _, name = source.rpartition(":")
    return file.endswith(".py") and name.isidentifier()


def find_function(source: str) -> Callable[..., Any]:
    """Return the function that ``FILE.py:FUNCTION`` names.

    Raises
    ------
    FunctionError
        If there is no such file or function, or the file cannot be run.
    """
    file, _, name = source.rpartition(":")
    module = _run_file(Path(file))
    function = getattr(module, name, None)
    if not callable(function):
        names = sorted(
            n for n, v in vars(module).items() if callable(v) and not n.startswith("_")
        )
        raise FunctionError(
            f"{file} has no function {name!r}",
            place={"it has": ", ".join(names[:10])},
            fix=["check the name after the colon"],
        )
    return function  # type: ignore[no-any-return]


def _run_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FunctionError(f"there is no file {path}", fix=["check its name"])
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FunctionError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    name_backend()  # should the file import Keras
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        fact = f"running {path} raised {type(error).__name__}: {error}"
        raise FunctionError(fact, ran=True) from error
    return module
