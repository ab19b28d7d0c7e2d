"""One message in the words of whoever reads it: of the command, or of Python.

A message names an option as the command does, ``--batch-size 32``. Nothing else in it begins
with two dashes, so that it can be found, and named as a parameter, ``batch_size=32``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Parameters that are not called as their option is.
PARAMETERS: Final[Mapping[str, str]] = {
    "class": "of_class",
    "format": "form",
    "kind": "kinds",
    "label": "target",
    "memory": "memory_bytes",
    "with": "contenders",
}
# Options that take no value, and what they mean.
SWITCHES: Final[Mapping[str, str]] = {
    "header": "header=True",
    "keep-copies": "keep_copies=True",
    "no-header": "header=False",
    "no-shuffle": "shuffle=False",
    "shuffle": "shuffle=True",
    "standardize": "standardize=True",
    "strict": 'schema="strict"',
    "warn": 'schema="warn"',
}
# Words that stand for themselves after their option; after it other words go on with the text.
VALUES: Final[Mapping[str, frozenset[str]]] = {
    "audit": frozenset({"stop", "warn", "off"}),
    "device": frozenset({"auto", "cpu", "cuda", "mps"}),
    "network": frozenset({"auto", "tutorial", "pretrained", "scratch"}),
    "quality": frozenset({"fast", "medium", "best"}),
    "task": frozenset({"regression", "classification"}),
    "track": frozenset({"mlflow", "tensorboard"}),
}
ALWAYS: Final = frozenset({"encoding"})  # options of which a word that follows is the value
BYTES_PER_GB: Final = 10**9
OPTION: Final = re.compile(
    r"(?<![\w-])(?<!pip install )--(?P<name>[a-z][a-z-]*[a-z])(?: (?P<value>\S+))?"
)
KIND: Final = re.compile(r"--kind ('[^']*'|\"[^\"]*\"|\S+?)=(\w+)")
NUMBER: Final = re.compile(r"-?\d[\d.e+-]*")
PLACE: Final = re.compile(r"[A-Z]+")  # what stands for a value: FILE, NAME, FOLDER
COMMANDS: Final = (
    (re.compile(r"tenfold train --resume (\S+)"), r"tenfold.train(resume='\1')"),
    (re.compile(r"tenfold train ([A-Z]+)"), r"tenfold.train(\1)"),
    (re.compile(r"tenfold report (\S+)"), r"tenfold.load('\1').write_report()"),
    (re.compile(r"tenfold export (\S+)"), r"tenfold.load(\1).export()"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    r"""The words of a front end.

    Parameters
    ----------
    python : bool
        Whether options are parameters of a function.
    names : mapping of str to str
        What this front end calls parameters otherwise than others.
    kind : str
        How it says of what kind a column is: ``\1`` is its name, ``\2`` the kind.
    """

    python: bool
    names: Mapping[str, str] = field(default_factory=dict)
    kind: str = r"kinds={\1: '\2'}"

    def say(self, text: str) -> str:
        """Return a message in these words.

        Examples
        --------
        >>> PYTHON.say("--batch-size must be 1 or more: --batch-size 32, --quality fast")
        'batch_size must be 1 or more: batch_size=32, quality="fast"'
        >>> PYTHON.say("--group-column and --no-shuffle were both given")
        'group_column and shuffle=False were both given'
        >>> PYTHON.say("leave it out: --kind 'a b'=constant")
        "leave it out: kinds={'a b': 'constant'}"
        >>> COMMAND.say("--batch-size must be 1 or more")
        '--batch-size must be 1 or more'
        """
        if not self.python:
            return text
        for command, function in COMMANDS:
            text = command.sub(function, text)
        text = KIND.sub(self.kind, text)
        return OPTION.sub(self._parameter, text)

    def _parameter(self, found: re.Match[str]) -> str:
        option, value = found["name"], found["value"] or ""
        if option in SWITCHES and value != "must":  # then it is about the parameter
            return f"{SWITCHES[option]} {value}".rstrip()
        name = PARAMETERS.get(option, option.replace("-", "_"))
        name = self.names.get(name, name)
        bare = value.rstrip(",.;:")
        end = value[len(bare) :]
        if end == "," and bare in VALUES.get(option, ()):
            return f"{name}: {value}"  # of a list only the first could be the parameter's value
        said = _value_of(option, bare)
        return f"{name} {value}".rstrip() if said is None else f"{name}={said}{end}"


def _value_of(option: str, word: str) -> str | None:
    """Return the word after an option as a value of Python; None if the text goes on there."""
    number = NUMBER.fullmatch(word) is not None
    if option == "memory" and number:
        return f"{float(word) * BYTES_PER_GB:_.0f}"
    if number or PLACE.fullmatch(word) or word[:1] in {"'", '"'}:
        return word
    if word in VALUES.get(option, ()):
        return f'"{word}"'
    if word and (option in ALWAYS or re.search(r"\.\w|/|\w:\w", word)):
        return f"'{word}'"
    return None


COMMAND: Final = Words(python=False)
PYTHON: Final = Words(python=True)
