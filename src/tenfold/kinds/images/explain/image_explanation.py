"""What ``explain`` finds in a network for pictures, with its types."""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any, Final, Self

import numpy as np
from markupsafe import Markup

from tenfold.data.pictures.pictures import Pictures
from tenfold.errors import UsageError
from tenfold.evaluate.label_scores import label_text
from tenfold.kinds.images.explain.looking import (
    Layer,
    Numbers,
    classes_of_interest,
    filters_of,
    heatmap_of,
    layers_of,
    maps_of,
)
from tenfold.kinds.images.explain.sheets import (
    Sheet,
    sheet_of_filters,
    sheet_of_heatmap,
    sheet_of_maps,
)
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.kinds.named_class import find_class
from tenfold.learning import Explained

FORMAT: Final = 1
HIGHER: Final = "higher"  # of a number: the only thing that places can be evidence for
NO_LABEL: Final = "none of the labels"
MOST_SHEETS: Final = 60  # in a page
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Seen:
    """A picture that was asked for.

    Attributes
    ----------
    file, prediction : str
    probabilities : dict of str to float
        By class; empty where a number is predicted.
    heatmap : dict of str to ndarray of shape (H, W)
        By class, or for a larger number, where an answer comes from; empty for an explanation
        that was read.
    """

    file: str
    prediction: str
    probabilities: Mapping[str, float]
    heatmap: Mapping[str, Numbers] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImageExplanation(Explained):
    """What a network for pictures looks at.

    Attributes
    ----------
    layers : tuple of Layer
    pictures : tuple of Seen
    sheets : tuple of Sheet
        Filters of the first layer; of each picture its heat maps and its feature maps.
    """

    layers: tuple[Layer, ...]
    pictures: tuple[Seen, ...]
    sheets: tuple[Sheet, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object; what is seen lies in files of their own."""
        return {
            "format": FORMAT,
            "kind": "images",
            "layers": [asdict(layer) for layer in self.layers],
            "pictures": [
                {
                    "file": one.file,
                    "prediction": one.prediction,
                    "probabilities": dict(one.probabilities),
                }
                for one in self.pictures
            ],
            "sheets": [
                {"name": one.name, "title": one.title, "caption": one.caption}
                for one in self.sheets
            ],
        }

    def lines(self) -> Iterator[str]:
        """Yield the layers, and what is said of each image."""
        width = max(len(layer.name) for layer in self.layers)
        yield f"{'layer':<{width}}  width x height x depth, parameters"
        for layer in self.layers:
            shape = f"{layer.width} x {layer.height} x {layer.depth:,}"
            yield f"{layer.name:<{width}}  {shape}, {layer.parameters:,}"
        for one in self.pictures:
            share = one.probabilities.get(one.prediction)
            sure = "" if share is None else f", {100 * share:.1f} %"
            yield f"{one.file}: {one.prediction}{sure}"

    def pngs(self) -> dict[str, bytes]:
        """Return the sheets by their names."""
        return {sheet.name: sheet.png for sheet in self.sheets}

    def drawn(self) -> list[Any]:
        """Return the first sheets as a page holds them."""
        from tenfold.report.run_figures import Drawn  # noqa: PLC0415 - loads Matplotlib

        drawn = []
        for sheet in self.sheets[:MOST_SHEETS]:
            data = base64.b64encode(sheet.png).decode("ascii")
            image = Markup('<img src="data:image/png;base64,{}" alt="{}">').format(
                data, sheet.title
            )
            drawn.append(Drawn(title=sheet.title, caption=sheet.caption, svg=image))
        return drawn

    def described_layers(self) -> tuple[Layer, ...]:
        """Return the layers."""
        return self.layers

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], read: Callable[[str], bytes]) -> Self:
        """Return what ``to_dict`` turned into a JSON object.

        Parameters
        ----------
        found : mapping
        read : callable
            Returns the PNG file of a name.
        """
        return cls(
            layers=tuple(Layer(**one) for one in found["layers"]),
            pictures=tuple(Seen(**one) for one in found["pictures"]),
            sheets=tuple(Sheet(**one, png=read(one["name"])) for one in found["sheets"]),
        )


def explain_pictures(
    model: PictureModel,
    pictures: Pictures | None = None,
    *,
    of_class: str | None = None,
    progress: Progress | None = None,
) -> ImageExplanation:
    """Return what the networks for pictures look at.

    Parameters
    ----------
    model : PictureModel
    pictures : Pictures, optional
        Whose answers are explained.
    of_class : str, optional
        What speaks for which class; by default the two most probable ones of each picture.
    progress : callable, optional
        Called with the pictures done and all pictures.

    Raises
    ------
    UsageError
        U01, if there is no such class; U02, if a number is predicted and a class is named.
    """
    if of_class is not None and not model.schema.classes:
        fact = "--class was given, but the model predicts a number"
        raise UsageError("U02", fact)
    output = None if of_class is None else find_class(of_class, model.schema.classes)
    sheets = _filters(model)
    seen = []
    if pictures is not None:
        for row, answers in enumerate(model.answers(pictures).tolist()):
            one, own = _look(model, pictures, row, answers, output)
            seen.append(one)
            sheets += own
            if progress is not None:
                progress(row + 1, len(pictures))
    return ImageExplanation(layers=layers_of(model), pictures=tuple(seen), sheets=tuple(sheets))


def _filters(model: PictureModel) -> list[Sheet]:
    """Return a sheet of the first layer's filters; none if that is no convolution."""
    filters = filters_of(model)
    if not len(filters):
        return []
    count, height, width, _ = filters.shape
    return [
        Sheet(
            name="filters",
            title="Filters of the first layer",
            caption=f"{count} of {width} x {height} pixels; grey is 0. Each later layer only "
            "sees the output of these.",
            png=sheet_of_filters(filters),
        )
    ]


def _look(
    model: PictureModel,
    pictures: Pictures,
    row: int,
    answers: list[float],
    output: int | None,
) -> tuple[Seen, list[Sheet]]:
    """Return what was seen in a picture, and sheets of it."""
    classes, file = model.schema.classes, pictures.files[row]
    pixels = pictures.cache[pictures.at[row]]
    asked = classes_of_interest(answers) if output is None else [output]
    titles = {HIGHER: "evidence for a higher value"}
    captions = {HIGHER: f"{answers[0]:.4g}. Red regions are evidence for a higher value"}
    for name, share in zip(classes, answers, strict=bool(classes)):
        titles[name] = f"evidence for {name}"
        shown = f"{name} with {100 * share:.1f} %"
        captions[name] = f"{shown}. Red regions are evidence for this class"
    names = classes or (HIGHER,)
    heatmap = {names[number]: heatmap_of(model, pixels, number) for number in asked}
    stem = f"{row + 1:02}-{PurePath(file).stem}"
    sheets = [
        Sheet(
            name=f"{stem}-heat-{place}",
            title=f"{file}: {titles[name]}",
            caption=f"{captions[name]} (Grad-CAM).",
            png=sheet_of_heatmap(pixels, found),
        )
        for place, (name, found) in enumerate(heatmap.items(), start=1)
    ]
    for place, (name, maps) in enumerate(maps_of(model, pixels).items(), start=1):
        channels, height, width = maps.shape
        sheets.append(
            Sheet(
                name=f"{stem}-maps-{place}",
                title=f"{file}: feature maps of {name}",
                caption=f"The most active of {channels} feature maps of {width} x {height}; "
                "white means a high activation.",
                png=sheet_of_maps(maps),
            )
        )
    probabilities = dict(zip(classes, answers, strict=bool(classes)))
    best = classes[int(np.argmax(answers))] if classes else f"{answers[0]:.4g}"
    if limits := model.schema.thresholds:
        best = label_text(np.array(answers) >= limits, classes) or NO_LABEL
    return Seen(
        file=file, prediction=best, probabilities=probabilities, heatmap=heatmap
    ), sheets
