"""Which network a folder of pictures gets, at which size, by which recipe, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from torch import Tensor

from tenfold.config import Decision, Quality, TrainOptions
from tenfold.data.framing import Framing
from tenfold.nn.backbones import Backbone
from tenfold.nn.convnets import FineTuned, ScratchClassifier, TutorialClassifier
from tenfold.nn.modules import Treat, Treatment
from tenfold.nn.own import MakeModule, load_function
from tenfold.training.augment import Augmentation
from tenfold.training.recipe import Recipe

PictureNetwork = Literal["pretrained", "fine-tuned", "scratch", "tutorial", "own"]

# How pictures become squares, by network: at 256 px and half cropped, frozen features tell
# classes apart better than at 224 px or squashed (benchmarks/LOG.md).
FRAMINGS: Final[Mapping[PictureNetwork, Framing]] = {
    "pretrained": Framing(size=256, crop=0.5),
    "fine-tuned": Framing(size=256, crop=0.5),
    "scratch": Framing(size=128, crop=0.0),
    "tutorial": Framing(size=64, crop=0.0),
    "own": Framing(size=128, crop=0.5),
}
PRETRAINED: Final = frozenset({"pretrained", "fine-tuned"})
TUNED_PICTURES: Final = 6_000  # seen in all: fewer pictures are seen more often
MOST_TUNING: Final = 12  # epochs
FROZEN: Final = 5  # blocks of the backbone
PARTS: Final = 2  # whatever the number of cores, so that it changes no result
NO_CHANGE: Final = Augmentation()
FAST_SIDE: Final = 192
# Mirror images double the time that features take on a processor. Where pictures are
# few, that is short, and they are worth more.
MIRRORED_PICTURES: Final = 4_000
# Small pictures first: until which share of training at which side.
SCRATCH_SIDES: Final = ((0.515, 48), (0.81, 64), (1.0, 96))
MANY_PICTURES: Final = 8_000
MOST_EPOCHS: Final = 100
SCRATCH_EPOCHS: Final[Mapping[Quality, int]] = {"fast": 5, "medium": 14, "best": 40}


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturePlan:
    """Which network for pictures, on which pictures, by which recipe.

    Parameters
    ----------
    form : PictureNetwork
    make : callable or None
        Makes a network of pictures of the shape (3, S, S); None trains heads on the
        features of a backbone.
    recipe : Recipe
    size : int
        S, the side at which pictures are answered.
    sizes : tuple of (float, int)
        ``PictureFeed``'s.
    augmentation : Augmentation
    mirrored : bool
        Whether features are means over a picture and its mirror image.
    backbone : Backbone or None
        What a pretrained network starts from.
    treat : callable or None
        ``ModuleNetwork``'s.
    parts : int
        ``ModuleNetwork``'s.
    """

    form: PictureNetwork
    make: MakeModule | None
    recipe: Recipe
    size: int
    sizes: tuple[tuple[float, int], ...] = ()
    augmentation: Augmentation = NO_CHANGE
    mirrored: bool = False
    backbone: Backbone | None = None
    treat: Treat | None = None
    parts: int = 1


def name_network(options: TrainOptions) -> PictureNetwork:
    """Return which kind of network is asked for."""
    if options.network in {"auto", "pretrained"}:
        return "fine-tuned" if options.quality == "best" else "pretrained"
    if options.network == "scratch":
        return "scratch"
    return "tutorial" if options.network == "tutorial" else "own"


def named(options: TrainOptions, network: MakeModule | None) -> PictureNetwork:
    """Return which kind of network is asked for, by name or as a function."""
    return "own" if network is not None else name_network(options)


def folds_of(form: PictureNetwork, *, on_gpu: bool) -> int | None:
    """Return how many folds there are unless the user says otherwise.

    None is decided from the pictures as it is from rows: folds of heads on frozen features
    cost next to nothing, those of other networks a network of their own.
    """
    if form == "pretrained":
        return None
    if form == "fine-tuned":
        return 4
    return 10 if form == "scratch" and on_gpu else 1


def choose_framing(options: TrainOptions) -> Framing:
    """Return how pictures become squares for the network that is asked for."""
    name = name_network(options)
    framing = FRAMINGS[name]
    if name == "pretrained" and options.quality == "fast":
        framing = replace(framing, size=FAST_SIDE)
    return replace(framing, size=options.img_size or framing.size)


def choose_picture_plan(
    pictures: int,
    options: TrainOptions,
    backbone: Backbone | None,
    network: MakeModule | None = None,
    *,
    on_gpu: bool = False,
) -> tuple[PicturePlan, tuple[Decision, ...]]:
    """Choose the network and the recipe.

    Parameters
    ----------
    pictures : int
        How many there are to learn from.
    options : TrainOptions
        What is set there is taken; the rest is decided.
    backbone : Backbone or None
        What a pretrained network starts from.
    network : callable, optional
        A user's function, in place of ``options.network``.
    on_gpu : bool
        Whether training runs on one, where more costs little.

    Raises
    ------
    NetworkError
        N01 or N02 for a network that cannot be loaded.
    """
    size = choose_framing(options).size
    name = named(options, network)
    if name == "pretrained":
        plan = head_plan(size, mirrored=on_gpu or pictures <= MIRRORED_PICTURES)
    elif name == "fine-tuned":
        plan = fine_tuned_plan(size, pictures, backbone, on_gpu=on_gpu)
    elif name == "scratch":
        plan = scratch_plan(size, pictures, options, on_gpu=on_gpu)
    elif name == "tutorial":
        plan = tutorial_classifier_plan(size)
    else:
        plan = own_picture_plan(size, network or load_function(options.network))
    recipe = replace(
        plan.recipe,
        epochs=options.epochs or plan.recipe.epochs,
        batch_size=options.batch_size or plan.recipe.batch_size,
        lr=options.lr or plan.recipe.lr,
        steps_per_epoch=options.steps_per_epoch,
    )
    plan = replace(plan, recipe=recipe, backbone=backbone)
    return plan, (_decide(plan, options),)


def head_plan(size: int, *, mirrored: bool) -> PicturePlan:
    """Return linear heads on frozen features; all pictures are in every step.

    Two heads a fold: one leaves a fifth of the fold's pictures out and watches them, to
    find out how long both learn.
    """
    recipe = Recipe(
        epochs=120,
        batch_size=1,
        cut="whole",
        lr=2e-3,
        schedule="root",
        members=2,
        blocks=5,
        validating=1,
    )
    return PicturePlan(
        form="pretrained", make=None, recipe=recipe, size=size, mirrored=mirrored
    )


def fine_tuned_plan(
    size: int, pictures: int, backbone: Backbone | None, *, on_gpu: bool
) -> PicturePlan:
    """Return the backbone trained on by a few epochs of small steps.

    On a processor its first blocks, which hold one in a hundred of its numbers and take two
    thirds of the time, stay as they are.
    """
    if backbone is None:
        raise ValueError("there is no backbone to fine-tune")
    recipe = Recipe(
        epochs=min(MOST_TUNING, max(2, TUNED_PICTURES // pictures)),
        batch_size=32,
        cut="filled",
        lr=2e-4,
        schedule="triangle",
        warm_up=0.15,
        betas=(0.9, 0.99),
        decay=0.02,
    )
    return PicturePlan(
        form="fine-tuned",
        make=lambda _, outputs: FineTuned(backbone, outputs, frozen=0 if on_gpu else FROZEN),
        recipe=recipe,
        size=size,
        sizes=((1.0, min(size, 224)),),
        augmentation=Augmentation(
            crop=(0.5, 1.0), rotation=10, flip="random", brightness=0.15, contrast=0.15
        ),
        parts=1 if on_gpu else PARTS,
        treat=lambda _, parameter: Treatment(decay_factor=float(parameter.dim() > 1)),
    )


def scratch_plan(
    size: int, pictures: int, options: TrainOptions, *, on_gpu: bool
) -> PicturePlan:
    """Return the best small network that is known here, trained from the first weight.

    More pictures take as long as 8,000; fewer are seen more often, and take less.
    """
    share = MANY_PICTURES / pictures
    often = SCRATCH_EPOCHS[options.quality] * (share if share < 1 else share**0.5)
    recipe = Recipe(
        epochs=min(MOST_EPOCHS, max(3, round(often * (2 if on_gpu else 1)))),
        batch_size=128,
        cut="filled",
        lr=0.12,
        schedule="triangle",
        optimizer="muon",
        betas=(0.9, 0.6),
        decay=5e-4,
        smoothing=0.1,
    )
    return PicturePlan(
        form="scratch",
        make=lambda _, outputs: ScratchClassifier(outputs),
        recipe=recipe,
        size=min(size, 112),
        sizes=tuple((until, min(side, size)) for until, side in SCRATCH_SIDES),
        augmentation=Augmentation(
            crop=(0.45, 1.0), rotation=12, flip="alternate", brightness=0.2, contrast=0.2
        ),
        treat=treat_scratch,
        parts=1 if on_gpu else PARTS,
    )


def treat_scratch(name: str, parameter: Tensor) -> Treatment:
    """Return how a parameter of ``ScratchClassifier`` is trained: filters by Muon."""
    if parameter.dim() == 4:
        return Treatment(orthogonal=True)
    if name == "head.weight":
        return Treatment(lr_factor=0.05 / 0.12)
    return Treatment(lr_factor=0.4 / 0.12, decay_factor=0.125)  # biases


def tutorial_classifier_plan(size: int) -> PicturePlan:
    """Return the tutorial's network for pictures, trained as the tutorial trains it.

    Keras counted ``shear_range`` in radians when the tutorial was written: 0.2 is 11.46
    degrees. Its ``rescale=1./255`` comes with every feed.
    """
    return PicturePlan(
        form="tutorial",
        make=lambda shape, outputs: TutorialClassifier(shape[-1], outputs),
        recipe=Recipe(epochs=25, batch_size=32, cut="full", lr=1e-3, epsilon=1e-7),
        size=size,
        sizes=((1.0, size),),
        augmentation=Augmentation(shear=11.46, zoom=(0.8, 1.2), flip="random"),
    )


def own_picture_plan(size: int, make: MakeModule) -> PicturePlan:
    """Return a plan for a user's own module: pictures flipped and cropped at random."""
    return PicturePlan(
        form="own",
        make=make,
        recipe=Recipe(epochs=20, batch_size=64, cut="filled", lr=1e-3),
        size=size,
        sizes=((1.0, size),),
        augmentation=Augmentation(crop=(0.5, 1.0), flip="random"),
    )


def _decide(plan: PicturePlan, options: TrainOptions) -> Decision:
    """Say how the network is trained, and why so."""
    recipe = plan.recipe
    change = "--network, --quality, --epochs, --batch-size, --lr"
    if plan.form == "pretrained":
        views = "each image and its mirror image" if plan.mirrored else "each image"
        what = f"heads on frozen features of {views}"
        why = "pretrained weights are installed, and features are computed once for all folds"
        return Decision(what=what, why=why, change_with="--network, --quality")
    what = f"{plan.form} network, {recipe.epochs} epochs, batches of {recipe.batch_size}"
    why = {
        "fine-tuned": "--quality best fine-tunes the backbone instead of only training heads",
        "scratch": f"--network scratch, --quality {options.quality}",
        "tutorial": "as in the tutorial",
        "own": "this is the default for custom networks",
    }[plan.form]
    return Decision(what=what, why=why, change_with=change)
