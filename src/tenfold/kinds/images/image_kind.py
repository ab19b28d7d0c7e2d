"""Images: folders of pictures, a class each, or a table of files and classes."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tenfold.checks.finding import Finding
from tenfold.checks.picture_checks import check_pictures
from tenfold.config import Decision, RunOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.columns.groups import Group
from tenfold.data.files.read import InMemory
from tenfold.data.folds.deal import DEFAULT_FOLDS, who_answers
from tenfold.data.folds.split import Splits, splits_of
from tenfold.data.new_rows.admit import Mode, admit_pictures
from tenfold.data.pictures.found import FORMATS
from tenfold.data.pictures.groups import groups_of_pictures
from tenfold.data.pictures.listing import is_picture_source
from tenfold.data.pictures.picture_schema import (
    PictureSchema,
    encode_pictures,
    infer_picture_schema,
    read_targets,
    task_of,
)
from tenfold.data.pictures.pictures import (
    Pictures,
    read_pictures,
    read_test_pictures,
    read_unlabelled,
)
from tenfold.data.pictures.split_pictures import hold_out_pictures, no_split, split_pictures
from tenfold.errors import UsageError
from tenfold.evaluate.mistakes import (
    Mistake,
    largest_errors,
    mistakes_of,
    wrongest_labels,
)
from tenfold.kind import Kind
from tenfold.kinds.images.explain.image_explanation import ImageExplanation, explain_pictures
from tenfold.kinds.images.image_contest import ImageContest, squares_for
from tenfold.kinds.images.image_features import stage
from tenfold.kinds.images.image_fit import fit_images, picture_encoder
from tenfold.kinds.images.image_labels import check_picture_labels
from tenfold.kinds.images.image_packing import (
    pack_pictures,
    rebuild_pictures,
    sample_answers,
)
from tenfold.kinds.images.image_service import ImageService
from tenfold.kinds.images.networks.picture_network import Setting
from tenfold.kinds.images.networks.registry import (
    check_options,
    choose_framing,
    choose_plan,
    find_network,
)
from tenfold.kinds.images.once_more import read_some
from tenfold.kinds.images.picture_model import PictureEncoder, PictureModel
from tenfold.kinds.images.shown import of_test, reading_lines, shown_small
from tenfold.kinds.refusing import Names, refuse
from tenfold.learning import (
    Dealt,
    Described,
    Fitted,
    Learning,
    Progress,
    Remembered,
    UserObjects,
    another_kind,
    not_there,
)
from tenfold.nn.backbones import load_backbone
from tenfold.read_options import PictureOptions
from tenfold.seeds import Streams
from tenfold.training.device import Place, choose_place
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.watch import Callback, Supervision

OF_LISTS: Final[Names] = {"pictures": ("file_column", "target", "group_column")}


class Images(Kind):
    """Pictures of any size: a class, a number or several labels each."""

    name: ClassVar[str] = ImageService.kind
    noun: ClassVar[str] = ImageService.noun
    whole: ClassVar[str] = "images"
    single: ClassVar[str] = "an image"
    suffixes: ClassVar[tuple[str, ...]] = tuple(FORMATS)
    where: ClassVar[str] = "file"
    warns_when_quiet: ClassVar[bool] = True

    def recognises(self, source: Any) -> bool:
        """Tell whether this is a folder, or a CSV that names pictures."""
        return is_picture_source(source)

    def is_meant(self, source: Any, options: RunOptions) -> bool:
        """Tell whether this is a folder or a list, or ``--file-column`` makes it one."""
        named = options.pictures.file_column is not None and isinstance(source, str | Path)
        return named or self.recognises(source)

    def options_for(self, source: Any, options: RunOptions) -> RunOptions:
        """Return the options for pictures."""
        if Path(source).is_dir():
            refuse(options, OF_LISTS, "a folder of images, with one folder per class")
        check_options(options.train)
        return options

    def read(
        self, source: Any, test: Any, options: RunOptions, watch: Callback
    ) -> tuple[Pictures, Pictures | None]:
        """Return the pictures that a user names, and test pictures."""
        if isinstance(test, InMemory):
            raise UsageError("U02", "test is a DataFrame, but data are images")
        framing, progress = choose_framing(options.train), stage(watch, "reading images")
        task = options.schema.task
        pictures, asked = read_pictures(source, framing, options.pictures, progress, task)
        pictures.check_rejected(options.pictures.max_bad)
        if test is not None:
            task = task_of(pictures)
            chosen, column = options.pictures, pictures.column
            asked = read_test_pictures(test, pictures.framing, chosen, progress, task, column)
            pictures = replace(pictures, decisions=(*pictures.decisions, *of_test(asked)))
        if asked is not None:
            asked.check_rejected(options.pictures.max_bad)
        return pictures, asked

    def choose_place(self, device: str) -> tuple[Place, tuple[Decision, ...]]:
        """Return the device of that name, and the type of numbers in which it multiplies."""
        return choose_place(device)

    def describe(
        self, data: Pictures, test: Pictures | None, options: RunOptions, streams: Streams
    ) -> Described:
        """Take test pictures away, and say which classes there are."""
        data, test, held_out = hold_out_pictures(data, test, options.split, streams)
        schema = infer_picture_schema(data)
        if test is not None:
            read_targets(test, schema)  # training is not lost to what cannot be scored
        decisions = (*data.decisions, *held_out)
        return Described(data=data, test=test, schema=schema, decisions=decisions)

    def encode(self, data: Pictures, schema: PictureSchema) -> Encoded:
        """Return pictures as rows without numbers: classes, weights of 1, and groups."""
        return encode_pictures(data, schema)

    def check(self, learning: Learning, coded: Encoded) -> Iterable[Finding]:  # noqa: ARG002
        """Return findings that make the score a lie, or may: A02 to A09."""
        copies = learning.options.split.keep_copies
        return check_pictures(learning.data, learning.schema, learning.test, keep_copies=copies)

    def split(self, learning: Learning, coded: Encoded) -> Dealt:
        """Deal pictures out to folds as the user or the network says."""
        options, schema = learning.options, learning.schema
        network = find_network(options.train, learning.objects.network)
        usual = network.usual_folds(on_gpu=learning.place.on_gpu)
        if learning.objects.splitter is not None:
            splits, decisions = who_answers(
                splits_of(learning.objects.splitter, coded, schema), options.split
            )
        elif usual == 1 and learning.test is not None and options.split.folds is None:
            splits, decisions = no_split(len(coded))
        else:
            folds = options.split.folds or usual or DEFAULT_FOLDS
            streams, copies = learning.streams, options.split.keep_copies
            coded, splits, decisions = split_pictures(
                learning.data, coded, schema, folds, streams, keep_copies=copies
            )
        place = np.arange(len(coded))
        return Dealt(rows=coded, place=place, splits=splits, decisions=decisions)

    def plan(
        self, learning: Learning, dealt: Dealt
    ) -> tuple[PicturePlan, tuple[Decision, ...]]:
        """Choose the network and the recipe by the number of pictures."""
        train, make = learning.options.train, learning.objects.network
        weights = find_network(train, make).starts_from_weights
        setting = Setting(
            pictures=len(dealt.rows),
            size=choose_framing(train).size,
            options=train,
            outputs=len(learning.schema.classes) or 1,
            task=learning.schema.task,
            backbone=load_backbone(train.weights) if weights else None,
            make=make,
            on_gpu=learning.place.on_gpu,
        )
        return choose_plan(setting)

    def fit(
        self, learning: Learning, plan: PicturePlan, dealt: Dealt, care: Supervision
    ) -> Fitted:
        """Train the networks of all folds."""
        return fit_images(learning, plan, dealt, care)

    def encoder(
        self, learning: Learning, plan: PicturePlan, rows: Encoded, splits: Splits
    ) -> PictureEncoder:
        """Return what turns new pictures into pixels or features."""
        return picture_encoder(learning, plan, rows, splits)

    def truth(
        self, data: Pictures, schema: PictureSchema
    ) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64]]:
        """Return the class, the number or the labels of each picture, and weights of 1."""
        targets = read_targets(data, schema)
        return targets, np.ones(len(targets))

    def places(self, data: Pictures) -> tuple[str, ...]:
        """Return the file of each picture."""
        return data.files

    def groups(self, data: Pictures, schema: PictureSchema) -> Iterator[Group]:  # noqa: ARG002
        """Return groups of pictures by their class, their brightness, their contrast."""
        return groups_of_pictures(data)

    def pack(self, model: PictureModel) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return which network it is, with the numbers of its backbone."""
        return pack_pictures(model)

    def unpack(
        self, manifest: Mapping[str, Any], tensors: Mapping[str, Tensor], make: Any
    ) -> PictureModel:
        """Return the model that a file describes."""
        return rebuild_pictures(self, manifest, tensors, make)

    def sample_answers(
        self,
        model: PictureModel,
        manifest: Mapping[str, Any],  # noqa: ARG002 - they are made up anew
        goes_on: Callable[[int, NDArray[np.float64]], bool],
    ) -> NDArray[np.float64]:
        """Return what a model says of three made-up pictures."""
        return sample_answers(model, goes_on)

    def mistakes(
        self, data: Pictures, schema: PictureSchema, answers: NDArray[np.float64]
    ) -> tuple[Mistake, ...]:
        """Return the worst mistakes, and the pictures that networks were least sure of."""
        truth, shown = read_targets(data, schema), partial(shown_small, data)
        if schema.task == "multilabel":
            predicted = answers >= np.array(schema.thresholds)
            return wrongest_labels(
                data.files, truth == 1, predicted, schema.classes, answers, shown
            )
        if not schema.classes:
            return largest_errors(data.files, truth.astype(np.float64), answers, shown)
        return mistakes_of(data.files, truth.astype(np.int64), schema.classes, answers, shown)

    def read_new(
        self,
        source: Any,
        schema: PictureSchema,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Pictures:
        """Return pictures cut as those of training were."""
        if isinstance(source, Pictures):
            return source
        chosen = self._options_for_reading(source, options)
        return read_unlabelled(source, schema.framing, chosen, progress)

    def read_labelled(
        self,
        source: Any,
        schema: PictureSchema,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Pictures:
        """Return labelled pictures: the test part of a folder that has one, or all."""
        if isinstance(source, Pictures):
            return source
        chosen = self._options_for_reading(source, options)
        task, column = schema.task, schema.column
        pictures, test = read_pictures(source, schema.framing, chosen, progress, task, column)
        asked = pictures if test is None else test
        asked.check_rejected(chosen.max_bad)
        return asked

    def _options_for_reading(self, source: Any, options: RunOptions | None) -> PictureOptions:
        """Return how pictures are read; a table is refused."""
        if isinstance(source, InMemory):
            raise another_kind(self.whole, "a table")
        return (options or RunOptions()).pictures

    def admit(
        self,
        data: Pictures,
        schema: PictureSchema,  # noqa: ARG002 - any picture is like those of training
        mode: Mode | None,
        *,
        warned: bool,
    ) -> Pictures:
        """Refuse pictures of which some cannot be read, if the mode is ``"strict"``."""
        admit_pictures(data, mode, warned=warned)
        data.check_rejected(max_bad=1.0)
        return data

    def read_again(
        self,
        options: RunOptions,
        known: str,
        schema: PictureSchema,
        source: str | Path | None = None,
    ) -> Pictures:
        """Return some of the pictures that a run was trained on, drawn at random."""
        if not isinstance(source, str | Path | None):
            raise another_kind(self.whole, "a table")
        if source is None and not Path(known).exists():
            raise not_there(known)
        return read_some(known if source is None else source, schema.framing, options)

    def parted(
        self, paths: Sequence[Path], listed: Callable[[], list[str]]
    ) -> Iterator[list[Path]]:
        """Yield all images and folders at once; ``-`` is a list on standard input."""
        named = [[Path(line) for line in listed()] if str(p) == "-" else [p] for p in paths]
        yield [path for some in named for path in some]

    def read_and_tell(
        self,
        source: Any,
        schema: PictureSchema,
        options: RunOptions,
        *,
        labelled: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Pictures, list[str]]:
        """Return images, and which of them are left out, or what of them is a guess."""
        read = self.read_labelled if labelled else self.read_new
        pictures = read(source, schema, options, progress)
        return pictures, reading_lines(pictures, schema.column)

    def to_compare(
        self, options: RunOptions, objects: UserObjects
    ) -> tuple[RunOptions, tuple[Decision, ...]]:
        """Return the options by which images become squares for classical models."""
        return squares_for(options, folds_given=objects.splitter is not None)

    def contest(self, learning: Learning, coded: Encoded, dealt: Dealt) -> ImageContest:
        """Return what models of images are given in a comparison."""
        images, task = learning.data, learning.schema.task
        if task == "multilabel":
            fact = "classical models are not compared on images with several labels"
            fix = ["compare one label at a time, from a column that says yes or no"]
            raise UsageError("U02", fact, fix=fix)
        return ImageContest(
            task=task,
            X=images.cache[images.at],
            y=coded.target,
            splits=dealt.splits.pairs(),
            options=learning.options,
            classes=learning.schema.classes,
            source=os.path.realpath(images.source),  # other processes may run in another folder
        )

    def draft(self, model: PictureModel, data: Pictures, about: Any) -> Any:
        """Return a model on its way to a file, with pictures that it is compared on."""
        from tenfold.kinds.images.export.image_draft import PictureDraft  # noqa: PLC0415 - as of tables

        return PictureDraft(model, data, about)

    def explain(
        self,
        model: PictureModel,
        asked: Pictures | None,
        run: Callable[[], Remembered],  # noqa: ARG002 - what layers see needs no other pictures
        *,
        of_class: str | None,
        seed: int,  # noqa: ARG002 - nothing is drawn
        progress: Progress | None,
    ) -> ImageExplanation:
        """Return what networks look at: layers, and places of pictures."""
        if asked is not None:
            asked.check_rejected(max_bad=1.0)
        return explain_pictures(model, asked, of_class=of_class, progress=progress)

    def read_explanation(
        self, found: Mapping[str, Any], read: Callable[[str], bytes]
    ) -> ImageExplanation:
        """Return an explanation from its JSON object and its sheets."""
        return ImageExplanation.from_dict(found, read)

    def check_closely(self, learning: Learning, coded: Encoded) -> Iterable[Finding]:  # noqa: ARG002
        """Return pictures whose class the features of a pretrained network contradict: A12."""
        progress = stage(learning.objects.watch, "computing image features")
        return check_picture_labels(learning.data, learning.streams, progress)
