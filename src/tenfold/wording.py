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
    "track": "callbacks",
    "with": "contenders",
}
# Parameters that stand in an object of options, and this object's class.
OBJECTS: Final[Mapping[str, str]] = {
    name: group
    for group, names in {
        "PictureOptions": (
            "file_column",
            "group_block",
            "group_pattern",
            "max_pixels",
            "memory_bytes",
            "white",
            "workers",
        ),
        "ReadOptions": (
            "comment",
            "decimal",
            "encoding",
            "header",
            "keep_empty",
            "max_bad",
            "missing",
            "separator",
            "sheet",
            "skip_footer",
            "skip_rows",
            "units_row",
        ),
        "SchemaOptions": ("kinds", "weight_column"),
        "SplitOptions": ("keep_copies", "refit", "shuffle", "test_size"),
        "TrainOptions": (
            "batch_size",
            "device",
            "early_stopping",
            "epochs",
            "img_size",
            "lr",
            "mirror",
            "standardize",
            "steps_per_epoch",
            "time_limit",
            "weights",
        ),
    }.items()
    for name in names
}
# Options that take no value: the parameter and what it is then.
SWITCHES: Final[Mapping[str, tuple[str, str]]] = {
    "early-stopping": ("early_stopping", "True"),
    "header": ("header", "True"),
    "keep-copies": ("keep_copies", "True"),
    "keep-empty": ("keep_empty", "True"),
    "mirror": ("mirror", "True"),
    "no-header": ("header", "False"),
    "no-mirror": ("mirror", "False"),
    "no-refit": ("refit", "False"),
    "no-shuffle": ("shuffle", "False"),
    "no-units-row": ("units_row", "False"),
    "shuffle": ("shuffle", "True"),
    "standardize": ("standardize", "True"),
    "strict": ("schema", '"strict"'),
    "units-row": ("units_row", "True"),
    "warn": ("schema", '"warn"'),
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
    (re.compile(r"(?:tenfold train )?--resume (\S+)"), r"tenfold.resume('\1')"),
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
    objects : mapping of str to str
        The class of the object of options that a parameter stands in, if it stands in one.
    """

    python: bool
    names: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str) -> str:
        """Return a message in these words.

        Examples
        --------
        >>> PYTHON.say("--batch-size must be 1 or more: --batch-size 32, --quality fast")
        'batch_size must be 1 or more: TrainOptions(batch_size=32), quality="fast"'
        >>> PYTHON.say("--group-column and --no-shuffle were both given")
        'group_column and SplitOptions(shuffle=False) were both given'
        >>> PYTHON.say("leave it out: --kind 'a b'=constant")
        "leave it out: SchemaOptions(kinds={'a b': 'constant'})"
        >>> COMMAND.say("--batch-size must be 1 or more")
        '--batch-size must be 1 or more'
        """
        if not self.python:
            return text
        for command, function in COMMANDS:
            text = command.sub(function, text)
        text = KIND.sub(lambda found: self._set("kinds", f"{{{found[1]}: '{found[2]}'}}"), text)
        return OPTION.sub(self._parameter, text)

    def _parameter(self, found: re.Match[str]) -> str:
        option, value = found["name"], found["value"] or ""
        if option in SWITCHES and value != "must":  # then it is about the parameter
            return f"{self._set(*SWITCHES[option])} {value}".rstrip()
        name = PARAMETERS.get(option, option.replace("-", "_"))
        bare = value.rstrip(",.;:")
        end = value[len(bare) :]
        if end == "," and bare in VALUES.get(option, ()):
            # Of a list only the first could be the value of the parameter.
            return f"{self.names.get(name, name)}: {value}"
        said = _value_of(option, bare)
        if said is None:
            return f"{self.names.get(name, name)} {value}".rstrip()
        return self._set(name, said) + end

    def _set(self, name: str, value: str) -> str:
        """Return how a parameter is given a value."""
        setting = f"{self.names.get(name, name)}={value}"
        return f"{self.objects[name]}({setting})" if name in self.objects else setting


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
PYTHON: Final = Words(python=True, objects=OBJECTS)
