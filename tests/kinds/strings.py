"""A third kind of data, as a user of the library might write one: short texts and a class.

A file of lines ``TEXT<tab>CLASS`` is learnt from by heads on counts of letters and digits.
Nothing under src/ knows it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.checks.finding import Finding
from tenfold.config import Decision, RunOptions, Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.errors import ReadError, SchemaError
from tenfold.kind import Kind
from tenfold.kinds.images.networks.pretrained import head_plan
from tenfold.learning import (
    Coded,
    Dealt,
    Described,
    Fitted,
    Learning,
    Progress,
    another_kind,
)
from tenfold.model import Model
from tenfold.nn.head import FoldHead
from tenfold.nn.inputs import FeatureInputs
from tenfold.nn.network import FoldNetwork
from tenfold.nn.targets import FoldTarget
from tenfold.packing import fill, rebuild_conformal, rebuild_decisions
from tenfold.seeds import Streams
from tenfold.training.fit_heads import fit_heads
from tenfold.training.watch import Supervision

SUFFIX: Final = ".strings"
WIDTH: Final = 8  # numbers of a text
SAMPLES: Final = ("", "ab-12", "XYZ 9")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Strings:
    """Texts and their classes."""

    texts: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    rejected: tuple[Any, ...] = ()
    unlabelled: tuple[Any, ...] = ()
    left_out: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.int64]) -> "Strings":
        labels = None if self.labels is None else tuple(self.labels[row] for row in rows)
        return Strings(texts=tuple(self.texts[row] for row in rows), labels=labels)


@dataclass(frozen=True, kw_only=True, slots=True)
class StringSchema:
    """The classes of texts."""

    classes: tuple[str, ...]
    target: str = "class"
    task: Task = "classification"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def numbers_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return counts of kinds of characters, their shares, and where the first digit stands."""
    rows = []
    for text in texts:
        digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
        first = next((at for at, sign in enumerate(text) if sign.isdigit()), len(text))
        length, capitals = max(len(text), 1), sum(map(str.isupper, text))
        counts = [len(text), digits, letters, len(text) - digits - letters]
        rows.append([*counts, digits / length, letters / length, first, capitals])
    return np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH)


class StringEncoder:
    """Turns texts into numbers."""

    def encode(
        self,
        data: Strings,
        schema: StringSchema,
        network: FoldNetwork,
        device: torch.device,
        progress: Progress | None = None,
    ) -> Coded:
        numbers = torch.from_numpy(numbers_of(data.texts)).to(device)
        return Coded.of_inputs(FeatureInputs(numbers_ND=numbers), len(data))


class StringKind(Kind):
    name: ClassVar[str] = "strings"
    noun: ClassVar[str] = "strings"
    whole: ClassVar[str] = "strings"

    def recognises(self, source: Any) -> bool:
        return isinstance(source, str | Path) and Path(source).suffix == SUFFIX

    def describe(
        self, data: Strings, test: Strings | None, options: RunOptions, streams: Streams
    ) -> Described:
        classes = tuple(sorted(set(data.labels or ())))
        if len(classes) < 2:
            raise SchemaError("S06", "there are fewer than two classes")
        return Described(data=data, test=test, schema=StringSchema(classes=classes))

    def encode(self, data: Strings, schema: StringSchema) -> Encoded:
        place = {name: at for at, name in enumerate(schema.classes)}
        hashes = [hashlib.sha256(text.encode()).digest()[:8] for text in data.texts]
        return Encoded.of_numbers(
            numbers_of(data.texts),
            np.array([place.get(label, -1) for label in data.labels or ()]),
            sets=np.unique(hashes, return_inverse=True)[1],  # equal texts share a fold
        )

    def check(self, learning: Learning, coded: Encoded) -> Iterator[Finding]:
        named = sum(
            label in text
            for text, label in zip(learning.data.texts, learning.data.labels, strict=True)
        )
        if named > len(coded) / 2:
            fact = f"{named:,} of {len(coded):,} strings hold the name of their class"
            yield Finding(code="A01", severity="error", fact=fact)

    def plan(self, learning: Learning, dealt: Dealt) -> tuple[Any, tuple[Decision, ...]]:
        plan = head_plan(1, mirrored=False)
        epochs = learning.options.train.epochs or plan.recipe.epochs
        return replace(plan, recipe=replace(plan.recipe, epochs=epochs)), ()

    def fit(self, learning: Learning, plan: Any, dealt: Dealt, care: Supervision) -> Fitted:
        device, streams = learning.place.device, learning.streams
        heads = fit_heads(dealt.rows, dealt.splits, plan, streams, device, care=care)
        decisions = (*heads.decisions, *heads.fits.decisions)
        return Fitted(fits=heads.fits, rows=dealt.rows, decisions=decisions, form=plan.form)

    def encoder(
        self, learning: Learning, plan: Any, rows: Encoded, splits: Splits
    ) -> StringEncoder:
        return StringEncoder()

    def unpack(
        self, manifest: Mapping[str, Any], tensors: Mapping[str, Tensor], make: Any
    ) -> Model[Any, Any]:
        schema = StringSchema(classes=tuple(manifest["schema"]["classes"]))
        networks, outputs = int(manifest["networks"]), len(schema.classes)
        head = FoldHead(networks=networks, inputs=WIDTH, outputs=outputs)
        target = FoldTarget(networks, schema.task, outputs)
        fill(head, "network.", tensors)
        fill(target, "target.", tensors)
        return Model(
            kind=self,
            schema=schema,
            encoder=StringEncoder(),
            network=head,
            target=target,
            folds=int(manifest["folds"]),
            form=str(manifest["network"]["kind"]),
            decisions=rebuild_decisions(manifest["decisions"]),
            conformal=rebuild_conformal(manifest["conformal"], tensors, columns=0),
        )

    def samples(self, schema: StringSchema) -> Strings:
        return Strings(texts=SAMPLES)

    def read_new(
        self,
        source: Any,
        schema: StringSchema,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Strings:
        if isinstance(source, Strings):
            return source
        if isinstance(source, list | tuple):
            return Strings(texts=tuple(source))
        if not self.recognises(source):
            raise another_kind(self.whole, "something else")
        try:
            lines = Path(source).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ReadError("D01", str(error.strerror), place={"file": str(source)}) from error
        cells = [line.split("\t") for line in lines if line]
        labels = tuple(cell[1] for cell in cells if len(cell) > 1)
        texts = tuple(cell[0] for cell in cells)
        return Strings(texts=texts, labels=labels if len(labels) == len(texts) else None)
