"""How images are served: as files, with the regions that are evidence for their class."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final, final

import numpy as np

from tenfold.data.pictures.brightness import doubtful_scales
from tenfold.data.pictures.decode import Square
from tenfold.data.pictures.picture_schema import PictureSchema
from tenfold.errors import ServeError
from tenfold.exported import NOVELTY, Answering, Feeds
from tenfold.kinds.images.image_file import HEATMAP, PIXELS
from tenfold.kinds.images.squares import heatmap_picture, squares_of
from tenfold.kinds.service import FORM, Answer, Ask, Question, Service
from tenfold.serve_options import DEFAULTS, ServeOptions

GREY: Final = 128


@final
class ImageService(Service):
    """Answers image files, one or a form of them."""

    kind: ClassVar[str] = "images"
    noun: ClassVar[str] = "images"
    takes: ClassVar[tuple[str, ...]] = (FORM, "image/*")
    more: ClassVar[tuple[str, str] | None] = (
        "heat",
        "Grad-CAM heat map: regions that are evidence for the class or a higher value; PNG.",
    )
    package: ClassVar[str] = __package__
    long_calls: ClassVar[bool] = True

    def __init__(self, file: Answering, options: ServeOptions = DEFAULTS) -> None:
        super().__init__(file, options)
        if self.label.novelty:
            self.outputs = (*self.outputs, NOVELTY)
        self._framing = PictureSchema.from_dict(self.label.schema).framing

    @property
    def offers_more(self) -> bool:
        """Whether the model says which regions are evidence."""
        return self.label.heat

    @property
    def at_once(self) -> int:
        """How many images are answered in one call of the model, at most."""
        return min(self.options.batch_rows, self.options.max_pictures)

    async def answer(self, question: Question, ask: Ask) -> Answer:
        """Answer images; one that cannot be read is told of beside the others."""
        if not question.files:
            fix = [f"send each image as a file of {FORM}"]
            raise ServeError("V08", "there is no image in the form", fix=fix)
        if question.more and not self.offers_more:
            raise ServeError("V12", "heat was requested, but the model does not support it")
        framing = self._framing.with_white(self.options.white)
        most = self.options.max_pixels
        found = await asyncio.to_thread(squares_of, question.files, framing, most)
        squares = [one for one in found if isinstance(one, Square)]
        pixels = [one.pixels for one in squares]
        answers = iter(
            await self._seen(pixels, ask, with_heatmap=question.more) if pixels else ()
        )
        predictions = [
            {"file": name}
            | ({"error": one.to_dict()} if isinstance(one, ServeError) else next(answers))
            for (name, _), one in zip(question.files, found, strict=True)
        ]
        doubts = doubtful_scales(framing, [one.reach for one in squares if one.reach])
        notices = [f"{doubt.what}: {doubt.why}" for doubt in doubts]
        return Answer(
            content={"predictions": predictions} | ({"notices": notices} if notices else {})
        )

    async def _seen(
        self, squares: Sequence[Any], ask: Ask, *, with_heatmap: bool
    ) -> list[dict[str, Any]]:
        outputs = (*self.outputs, HEATMAP) if with_heatmap else self.outputs
        said = await ask({PIXELS: np.stack(squares)}, outputs, len(squares))
        answers = self.answers_of(said)
        if with_heatmap:
            classes, side = self.classes, len(squares[0])
            for answer, heatmap_OHW in zip(answers, said[HEATMAP], strict=True):
                shares = answer.get("probabilities", {})
                at = classes.index(max(shares, key=shares.get)) if classes else 0
                heatmap = heatmap_OHW[at]
                answer["heat"] = await asyncio.to_thread(heatmap_picture, heatmap, side)
        return answers

    def answers_of(self, said: Feeds) -> list[dict[str, Any]]:
        """Return answers, and how far each image is from those of training."""
        answers = super().answers_of(said)
        if NOVELTY in said:
            for answer, far in zip(answers, said[NOVELTY][:, 0].tolist(), strict=True):
                answer[NOVELTY] = far
        return answers

    def example(self) -> dict[str, Any]:
        """Return the answer to a grey image."""
        side = self._framing.size
        feeds = {PIXELS: np.full((1, side, side, 3), GREY, np.uint8)}
        (answer,) = self.answers_of(self.file.ask(feeds, self.outputs))
        return {"file": "grey.png"} | answer

    def about(self) -> dict[str, Any]:
        """Return the part of an image that the networks see."""
        return {"size": self._framing.size, "crop": self._framing.crop}

    def content(self) -> dict[str, Any]:
        """Return what files may be sent."""
        files = {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "format": "binary"},
            "description": f"{self.options.max_pictures:,} images at most.",
        }
        form = {"type": "object", "required": ["file"], "properties": {"file": files}}
        return {FORM: {"schema": form}, "image/jpeg": {}, "image/png": {}}

    def answer_schema(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of one answer: a prediction, or what is wrong with a file."""
        bad = {"type": "object", "required": ["file", "error"]}
        if self.label.novelty:
            far = {"type": "number", "minimum": 0, "description": "Above 1: unlike training."}
            properties = prediction["properties"] | {NOVELTY: far}
            prediction = prediction | {"properties": properties}
        return {"anyOf": [prediction | {"required": ["file", *prediction["required"]]}, bad]}
