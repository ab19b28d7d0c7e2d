"""The whole story, from pictures to networks with a score."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import decide
from tenfold.checks.pictures import check_pictures
from tenfold.config import Decision, RunOptions
from tenfold.data.encode import Encoded
from tenfold.data.folds import DEFAULT_FOLDS, who_answers
from tenfold.data.picture_schema import PictureSchema, encode_pictures, infer_picture_schema
from tenfold.data.pictures import Pictures
from tenfold.data.split import Splits, Splitter, splits_of
from tenfold.data.split_pictures import (
    no_split,
    set_pictures_apart,
    split_pictures,
)
from tenfold.evaluate.new_data import Shown, show_pictures
from tenfold.evaluate.picture_scores import (
    read_classes,
    score_guess,
    validator,
)
from tenfold.evaluate.scores import (
    FoldScore,
    as_one_fold,
    score_constant,
    score_folds,
)
from tenfold.evaluate.trust import Trust
from tenfold.nn.backbones import Backbone, load_backbone
from tenfold.nn.own import MakeModule
from tenfold.picture_model import PictureModel, picture_features, picture_inputs
from tenfold.seeds import Streams
from tenfold.study.study import PictureStudy, Study
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.choose_pictures import PicturePlan, choose_picture_plan, name_network
from tenfold.training.device import Place, choose_place
from tenfold.training.fit import FoldFits
from tenfold.training.fit_pictures import fit_heads, fit_pictures
from tenfold.training.watch import Callback, Deadline, Supervision


def run_picture_study(
    pictures: Pictures,
    options: RunOptions,
    *,
    test: Pictures | None = None,
    splitter: Splitter | Iterable[Any] | None = None,
    network: MakeModule | None = None,
    features: NDArray[np.floating[Any]] | None = None,
    watch: Callback | None = None,
    checkpoints: Checkpoints | None = None,
) -> PictureStudy:
    """Check pictures, split them, train all folds, and score them.

    Parameters
    ----------
    pictures : Pictures
        Labelled.
    options : RunOptions
    test : Pictures, optional
        Pictures that no choice may touch; they are scored once, at the end.
    splitter : splitter of scikit-learn or iterable of (learn, test), optional
        Takes the place of ``options.split``.
    network : callable, optional
        Takes the place of ``options.train.network``.
    features : ndarray of shape (N, D), optional
        What an earlier study of the same pictures found a pretrained network to say of them:
        its ``rows.numbers``.
    watch : Callback, optional
        Follows training and may end it.
    checkpoints : Checkpoints, optional
        Where the state of training is kept, and taken up if it is there.

    Raises
    ------
    InputError
        If the pictures, the options or the network do not allow a run.
    """
    streams, watch = Streams(options.train.seed), watch or Callback()
    pictures, test, schema, apart = describe(pictures, test, options, streams)
    place, placed = choose_place(options.train.device)
    backbone = choose_backbone(options, network)
    plan, planned = choose_picture_plan(
        len(pictures), options.train, backbone, network, on_gpu=place.device.type != "cpu"
    )
    seen = look_at(pictures, schema, test, options)
    rows = encode_pictures(pictures, schema)
    splits, dealt = choose_splits(pictures, rows, schema, options, plan, splitter, test)
    decisions = (*pictures.decisions, *apart, *seen, *dealt, *placed, *planned)
    watch.decided(decisions)

    started = time.perf_counter()
    care = Supervision(watch, Deadline(options.train.time_limit), checkpoints)
    task = Fitting(pictures, schema, splits, plan, place, streams, care, backbone, features)
    rows, fits = fit(task, rows, test)
    train_seconds = time.perf_counter() - started
    trust = Trust.of(rows, splits, fits, schema.task)
    watch.decided(fits.decisions)
    model = make_model(task, fits, decisions + fits.decisions, trust)
    shown = show(model, test, streams, watch)
    scores, constant = judge(task, rows, fits, test, shown)
    return Study(
        data=pictures,
        schema=schema,
        rows=rows,
        place=np.arange(len(pictures)),
        splits=splits,
        fits=fits,
        model=model,
        scores=scores,
        constant=constant,
        test_rows=0 if test is None else len(test),
        test={} if shown is None else shown.scores,
        decisions=model.decisions,
        train_seconds=train_seconds,
        trust=trust.tested(shown),
        test_data=test,
        test_answers=None if shown is None else shown.answers,
    )


def describe(
    pictures: Pictures, test: Pictures | None, options: RunOptions, streams: Streams
) -> tuple[Pictures, Pictures | None, PictureSchema, tuple[Decision, ...]]:
    """Take test pictures away, and say which classes there are.

    Returns
    -------
    pictures, test, schema, decisions
    """
    pictures, test, apart = set_pictures_apart(pictures, test, options.split, streams)
    schema = infer_picture_schema(pictures)
    if test is not None:
        read_classes(test, schema)  # training is not lost to pictures that cannot be scored
    return pictures, test, schema, apart


def look_at(
    pictures: Pictures, schema: PictureSchema, test: Pictures | None, options: RunOptions
) -> tuple[Decision, ...]:
    """Return what a run has to say of pictures that make, or may make, its score a lie.

    Raises
    ------
    AuditError
        A07, if the score would be a lie, and no option says to train all the same.
    """
    if options.audit.audit == "off":
        return ()
    copies = options.split.keep_copies
    found = check_pictures(pictures, schema, test, keep_copies=copies)
    return decide(found, stop=options.audit.audit == "stop")


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """What networks are trained on, how, and where."""

    pictures: Pictures
    schema: PictureSchema
    splits: Splits
    plan: PicturePlan
    place: Place
    streams: Streams
    care: Supervision
    backbone: Backbone | None
    features: NDArray[np.floating[Any]] | None = None


def choose_splits(
    pictures: Pictures,
    rows: Encoded,
    schema: PictureSchema,
    options: RunOptions,
    plan: PicturePlan,
    splitter: Splitter | Iterable[Any] | None,
    test: Pictures | None,
) -> tuple[Splits, tuple[Decision, ...]]:
    """Deal pictures out to folds as the user or the plan says."""
    if splitter is not None:
        return who_answers(splits_of(splitter, rows, schema), options.split)
    if plan.folds == 1 and test is not None and options.split.folds is None:
        return no_split(len(rows))
    folds = options.split.folds or plan.folds or DEFAULT_FOLDS
    streams = Streams(options.train.seed)
    return split_pictures(
        pictures, rows, schema, folds, streams, keep_copies=options.split.keep_copies
    )


def fit(task: Fitting, rows: Encoded, test: Pictures | None) -> tuple[Encoded, FoldFits]:
    """Train the networks of all folds; return the rows with the features that heads saw."""
    plan, place = task.plan, task.place
    if task.backbone is not None and plan.make is None:
        rows = replace(rows, numbers=see_pictures(task, task.backbone))
        return rows, fit_heads(
            rows, task.splits, plan, task.streams, place.device, care=task.care
        )
    validate = None
    if plan.network == "tutorial" and test is not None and not task.splits.held_out.any():
        validate = validator(test, task.schema, plan.size, place.device)
    return rows, fit_pictures(
        rows,
        picture_inputs(task.pictures, plan.size, place.device),
        task.splits,
        plan,
        task.streams,
        precision=place.precision,
        care=task.care,
        validate=validate,
    )


def show(
    model: PictureModel, test: Pictures | None, streams: Streams, watch: Callback
) -> Shown | None:
    """Answer the test pictures, if there are any; a Ctrl-C in training does not end it."""
    if test is None:
        return None
    return show_pictures(model, test, streams, partial(watch.stage, "testing"))


def see_pictures(task: Fitting, backbone: Backbone) -> NDArray[np.floating[Any]]:
    """Return what a pretrained network says of the pictures, shape (N, D)."""
    if task.features is not None:
        return task.features
    plan, place, checkpoints = task.plan, task.place, task.care.checkpoints
    kept = None if checkpoints is None else checkpoints.features(len(task.pictures))
    if kept is not None:
        return kept
    features = picture_features(
        backbone,
        picture_inputs(task.pictures, plan.size, place.device),
        mirrored=plan.mirrored,
        precision=place.precision,
        progress=stage(task.care.watch, "seeing pictures"),
    )
    found: NDArray[np.floating[Any]] = features.cpu().numpy()
    if checkpoints is not None:
        checkpoints.keep_features(found)
    return found


def make_model(
    task: Fitting, fits: FoldFits, decisions: tuple[Decision, ...], trust: Trust
) -> PictureModel:
    """Return what answers new pictures."""
    plan = task.plan
    return PictureModel(
        schema=task.schema,
        network=fits.deployed[0],
        target=trust.target,
        folds=1 if task.splits.refit else len(task.splits),
        kind=plan.network,
        backbone=task.backbone if plan.make is None else None,
        mirrored=plan.mirrored,
        size=plan.size,
        precision=task.place.precision,
        decisions=decisions,
        conformal=trust.conformal,
    )


def stage(watch: Callback, what: str) -> Callable[[int, int], None]:
    """Return what tells a watch how far a stage is, and ends the run if it asks for an end."""

    def progress(done: int, total: int) -> None:
        watch.stage(what, done, total)
        if watch.stop_reason() is not None:
            raise KeyboardInterrupt  # there is no network yet that could be kept

    return progress


def choose_backbone(options: RunOptions, network: MakeModule | None) -> Backbone | None:
    """Return the pretrained backbone that is asked for, if one is."""
    pretrained = network is None and name_network(options.train) in {"pretrained", "fine-tuned"}
    return load_backbone(options.train.weights) if pretrained else None


def judge(
    task: Fitting,
    rows: Encoded,
    fits: FoldFits,
    test: Pictures | None,
    shown: Shown | None,
) -> tuple[dict[str, FoldScore], dict[str, FoldScore]]:
    """Return the scores of held-out pictures and of the constant guess.

    A network that learns from all pictures is scored on the test pictures.
    """
    schema, splits, streams = task.schema, task.splits, task.streams
    if test is not None and shown is not None and not splits.held_out.any():
        return as_one_fold(shown.scores), as_one_fold(score_guess(rows, test, schema, streams))
    scores = score_folds(rows, splits, fits.answers, schema.task)
    return scores, score_constant(rows, splits, schema.task, len(schema.classes))
