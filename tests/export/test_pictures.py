"""A file says of pictures of any size what the model says of the same pictures."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures.decode import Framing, decode
from tenfold.data.pictures.pictures import Pictures, pictures_of
from tenfold.export.draft import write
from tenfold.export.program import graph_of, program_of
from tenfold.exported import PROBABILITIES, About, Band, Exported
from tenfold.kinds.images.explain.looking import heatmap_of
from tenfold.kinds.images.export.image_draft import PictureAnswers
from tenfold.kinds.images.export.image_networks import network_of
from tenfold.kinds.images.export.resize import Framed, Resized
from tenfold.kinds.images.image_file import HEATMAP, PIXELS, answers_to
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.kinds.registry import IMAGES
from tenfold.nn.pixels import plain, resized
from tenfold.read_options import PictureOptions
from tests.engine_pictures import BLENDS, NETWORKS, as_pictures, quick_study, stripes
from tests.export.alone import run_alone

SAME: Final = 1e-4
SIDE, ASKED = 112, 96  # the last maps of every network are larger than a pixel then
HALF_PRECISION: Final = 1e-3
FRAMING: Final = Framing(size=32, crop=0.5)
SIZES: Final = (
    (5, 7), (7, 1), (20, 64), (64, 20), (32, 32), (33, 31), (80, 60), (60, 80), (40, 300),
    (300, 40), (130, 131), (129, 400), (500, 375), (375, 500), (900, 1200),
)  # fmt: skip


def noisy(high: int, wide: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return a picture of smooth colours with noise on it."""
    rng = np.random.default_rng([seed, high, wide])
    few = rng.integers(0, 256, (high // 7 + 1, wide // 7 + 1, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(few).resize((wide, high)), dtype=np.int64)
    return (smooth + rng.integers(-20, 20, smooth.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def framed() -> onnxruntime.InferenceSession:
    some = torch.zeros((2, 40, 50, 3), dtype=torch.uint8)
    program = program_of(Framed(FRAMING), {"pixels_NHW3": some}, {"pixels_NHW3": [0, 1, 2]})
    return onnxruntime.InferenceSession(graph_of(program, [PIXELS], ["x"]).SerializeToString())


@pytest.mark.slow  # a graph with branches takes long to be written
def test_pictures_of_any_size_become_squares_as_decode_makes_them(
    framed: onnxruntime.InferenceSession,
) -> None:
    off, values = 0.0, 0
    for high, wide in SIZES:
        pixels = noisy(high, wide)
        square = decode(pixels, FRAMING, 10**8).astype(np.float64)
        (found,) = framed.run(None, {PIXELS: np.stack([pixels, pixels[::-1]])})
        difference = np.abs(found[0].transpose(1, 2, 0) - square)
        assert difference.max() <= 1, (high, wide)
        off, values = off + (difference > 0).sum(), values + difference.size
    assert off / values < 1e-3


@pytest.mark.parametrize(("given", "size"), [(64, 48), (64, 32), (32, 48), (40, 40)])
def test_squares_are_made_smaller_as_networks_see_them(given: int, size: int) -> None:
    pixels = torch.from_numpy(np.stack([noisy(given, given, seed) for seed in range(3)]))
    greys = pixels.permute(0, 3, 1, 2).float()
    known = resized(pixels, size).permute(0, 3, 1, 2).float()
    assert torch.equal(Resized(given, size)(greys), known)


@pytest.fixture(scope="module", params=(*NETWORKS, "best"))
def model(request: pytest.FixtureRequest) -> PictureModel:
    pictures = some_pictures(48)
    side = SIDE if request.param in BLENDS else ASKED  # heads see squares as they are read
    trained: PictureModel = quick_study(
        pictures, network=request.param, folds=2, img_size=side
    ).model
    return trained


def some_pictures(count: int, seed: int = 0) -> Pictures:
    pixels, labels = stripes(count, 3, SIDE, seed)
    return as_pictures(pixels, labels, Framing(size=SIDE))


def exact_answers(model: PictureModel, pictures: Pictures) -> NDArray[np.float64]:
    """Return what the model says with products in float32."""
    exact = replace(model, encoder=replace(model.encoder, precision=None))
    kept, model.network.precision = model.network.precision, None
    try:
        return exact.answers(pictures)
    finally:
        model.network.precision = kept


def test_each_network_says_in_a_graph_what_it_says_here(model: PictureModel) -> None:
    pictures = some_pictures(20, seed=1)
    x_N3SS = plain(
        torch.from_numpy(pictures.cache[pictures.at]), size=model.encoder.size
    ).contiguous()
    network = network_of(model)
    program = program_of(network, {"x_N3SS": x_N3SS[:2]}, {"x_N3SS": [0]})
    session = onnxruntime.InferenceSession(
        graph_of(program, ["x"], ["outputs"]).SerializeToString()
    )
    (outputs_NFO,) = session.run(["outputs"], {"x": x_N3SS.numpy()})
    answers_FNO = model.target.answers(torch.from_numpy(outputs_NFO).transpose(0, 1))
    said = answers_FNO.mean(dim=0).numpy()
    known = exact_answers(model, pictures)
    assert np.abs(said - known).max() < SAME / 10
    assert np.ptp(known, axis=0).max() > 1e-3  # the control: not all pictures are the same


def test_the_heatmap_is_what_explain_finds(model: PictureModel) -> None:
    pictures = some_pictures(3, seed=2)
    squares = pictures.cache[pictures.at]
    x_N3SS = plain(torch.from_numpy(squares), size=model.encoder.size).contiguous()
    with torch.no_grad():
        found = network_of(model)(x_N3SS).heatmap
    if model.own:
        assert found is None
        return
    known = [[heatmap_of(model, square, output) for output in range(3)] for square in squares]
    np.testing.assert_allclose(found.numpy(), np.array(known), atol=HALF_PRECISION)


@pytest.mark.parametrize("network", ["pretrained", "blend", "scratch", "tutorial"])
def test_a_number_and_its_heatmap_are_what_they_are_here(network: str) -> None:
    pixels, labels = stripes(48, 6, SIDE)
    pictures = pictures_of(pixels, 100.0 + 10 * labels, Framing(size=SIDE), PictureOptions())
    side = SIDE if network == "blend" else ASKED
    model = quick_study(pictures, network=network, folds=2, img_size=side).model
    band = Band(coverage=0.8, measured=None, rows=48)
    asked = pictures.take(np.arange(6))
    with torch.no_grad():
        squares = torch.from_numpy(asked.cache[asked.at])
        value, low, high, heat = PictureAnswers(model, band)(squares)
    kept, model.network.precision = model.network.precision, None
    exact = replace(model, encoder=replace(model.encoder, precision=None))
    known = exact.intervals(asked, 0.8)
    model.network.precision = kept
    said = torch.cat([value, low, high], dim=1).numpy()
    np.testing.assert_allclose(said, known, rtol=1e-4)
    maps = [heatmap_of(model, square, 0) for square in squares.numpy()]
    np.testing.assert_allclose(heat[:, 0].numpy(), np.array(maps), atol=0.02)
    assert heat.max() > 0.4  # the mean over networks


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[PictureModel, Path]:
    home = tmp_path_factory.mktemp("export")
    pixels, labels = stripes(48, 3)
    model = quick_study(pixels, labels, "pretrained", folds=3).model
    draft = IMAGES.draft(model, as_pictures(pixels, labels), About(name="stripes"))
    written = write(draft, home / "model.onnx", "onnx")
    assert written.equality.inputs == 48
    assert written.equality.difference < SAME
    # What the same model says here, in bfloat16 perhaps, is told beside it.
    exact = exact_answers(model, as_pictures(pixels, labels))
    here = np.abs(model.answers(as_pictures(pixels, labels)) - exact).max() / exact.max()
    assert written.equality.rounding == pytest.approx(here, rel=0.05, abs=1e-9)
    return model, written.path


@pytest.mark.slow  # as above
def test_files_of_any_size_are_answered_as_predict_answers_them(
    exported: tuple[PictureModel, Path], tmp_path: Path
) -> None:
    model, path = exported
    session = Exported.open(path)
    pictures = [noisy(high, wide) for high, wide in ((60, 90), (90, 60), (300, 40))]
    known = exact_answers(
        model, pictures_of(pictures, None, model.schema.framing, PictureOptions())
    )
    said = [answers_to(session, picture[None]) for picture in pictures]
    assert np.abs(np.concatenate(said) - known).max() < SAME
    assert session.outputs == (PROBABILITIES, HEATMAP)


ASK: Final = """
picture = numpy.asarray(Image.open(sys.argv[3]).convert("RGB"))
(input,) = session.get_inputs()
assert (input.name, input.type, input.shape[3]) == ("pixels", "tensor(uint8)", 3)
said = session.run(["probabilities"], {"pixels": picture[None]})[0]
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
print(json.dumps(dict(zip(classes, said[0].tolist()))))
"""


@pytest.mark.slow  # as above
def test_a_picture_is_answered_where_there_is_neither_torch_nor_tenfold(
    exported: tuple[PictureModel, Path], tmp_path: Path
) -> None:
    path = exported[1]
    picture = tmp_path / "picture.png"
    Image.fromarray(noisy(90, 60)).save(picture)
    (tmp_path / "alone").mkdir()
    said = json.loads(run_alone(ASK, tmp_path / "alone", path, picture))
    known = answers_to(Exported.open(path), noisy(90, 60)[None])[0]
    assert list(said) == ["class 0", "class 1", "class 2"]
    np.testing.assert_allclose(list(said.values()), known, atol=1e-6)
