"""How an exported file compares with its model: answers, and milliseconds of one question."""

import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import photographs  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "onnx", "onnxruntime", "onnxscript", "numpy", "pillow")
TABLE: Final = "california.csv"
NATIVE: Final = "cats_dogs_native"  # photographs as they were taken
LEARNT: Final = 600  # photographs that the picture model learns from
ASKED: Final = 300  # questions of one row
LOOKED: Final = 40  # photographs, one at a time
ROW_MS, PICTURE_MS, SAME = 1.0, 25.0, 1e-4


def measure_table(table: Path, *, quick: bool) -> dict[str, Any]:
    """Train on California housing and export; ask file and model about single rows."""
    import pandas as pd  # noqa: PLC0415 - after the number of threads is set

    import tenfold  # noqa: PLC0415
    from tenfold.exported import Exported  # noqa: PLC0415
    from tenfold.kinds.tables.table_file import TableFile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as out:
        options = {"quality": "fast", "folds": 3} if quick else {}
        run = tenfold.train(table, "median_house_value", out=out, **options)
        began = time.perf_counter()
        written = run.export(Path(out) / "model.onnx")
        seconds = time.perf_counter() - began
        file = TableFile(Exported.open(written.path))
        frame = pd.read_csv(table)[: 50 if quick else ASKED]
        rows = [frame.iloc[[at]] for at in range(len(frame))]
        feeds = [file.feeds(row) for row in rows]
        return {
            "rows": written.equality.inputs,
            "difference": written.equality.difference,
            "export_seconds": seconds,
            "bytes": written.bytes,
            "file_ms": timed(feeds, lambda one: file.file.ask(one, ["prediction"])),
            "model_ms": timed(rows, run.model.answers),
        }


def measure_pictures(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Train on photographs and export; ask file and model about photographs of any size."""
    from PIL import Image  # noqa: PLC0415 - as above

    import tenfold  # noqa: PLC0415
    from tenfold.exported import Exported  # noqa: PLC0415
    from tenfold.kinds.images.image_file import answers_to  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as out:
        photographs.hold_out(folder, Path(out) / "some", learn=LEARNT, test=2)
        run = tenfold.train(Path(out) / "some" / "training_set", out=Path(out) / "runs")
        began = time.perf_counter()
        written = run.export(Path(out) / "model.onnx")
        seconds = time.perf_counter() - began
        file = Exported.open(written.path)
        paths = sorted((folder / NATIVE).rglob("*.jpg"))[: 5 if quick else LOOKED]
        arrays = [np.asarray(Image.open(path).convert("RGB"))[None] for path in paths]
        known = run.predict(arrays_of(arrays)).iloc[:, 1:].to_numpy(np.float64)
        said = np.concatenate([answers_to(file, one) for one in arrays])
        squares = run.read(arrays_of(arrays)).cache
        return {
            "pictures": written.equality.inputs,
            "difference": written.equality.difference,
            "bfloat16_difference": float(np.abs(said - known).max()),
            "export_seconds": seconds,
            "bytes": written.bytes,
            "pixels": [int(one.shape[1] * one.shape[2]) for one in arrays],
            "file_ms": timed(arrays, partial(answers_to, file)),
            "square_ms": timed([one[None] for one in squares], partial(answers_to, file)),
            "model_ms": timed(arrays_of(arrays), lambda one: run.predict([one])),
        }


def arrays_of(batches: list[Any]) -> list[Any]:
    return [batch[0] for batch in batches]


def timed(questions: list[Any], ask: Any) -> list[float]:
    """Return milliseconds of each question, after all were asked once."""
    for question in questions:
        ask(question)
    found = []
    for question in questions:
        began = time.perf_counter()
        ask(question)
        found.append(1e3 * (time.perf_counter() - began))
    return found


def page(found: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    table, pictures = found["table"], found["pictures"]
    medians = {
        name: float(np.median(part[key]))
        for name, part, key in (
            ("row", table, "file_ms"),
            ("picture", pictures, "file_ms"),
            ("square", pictures, "square_ms"),
        )
    }
    rows = [
        machine.verdict("ms of a row of California, median", medians["row"], ROW_MS),
        machine.verdict(
            "ms of a photograph of any size, median", medians["picture"], PICTURE_MS
        ),
        machine.verdict("ms of a square, median", medians["square"], PICTURE_MS),
        machine.verdict(f"difference over {table['rows']:,} rows", table["difference"], SAME),
        machine.verdict(
            f"difference over {pictures['pictures']:,} photographs",
            pictures["difference"],
            SAME,
        ),
    ]
    pixels, off = np.median(pictures["pixels"]), pictures["bfloat16_difference"]
    speed = (
        "One question at a time, in Python, ONNX Runtime with its defaults: median (least to "
        f"largest). A row is asked in {machine.median_range(table['file_ms'])} ms of the file "
        f"and {machine.median_range(table['model_ms'])} ms of the model; a photograph "
        f"({pixels:,.0f} pixels, median), its resizing inside, in "
        f"{machine.median_range(pictures['file_ms'])} ms of the file and "
        f"{machine.median_range(pictures['model_ms'])} ms of the model in bfloat16."
    )
    equality = (
        "The difference is the largest, over the range of the answers; of photographs, against "
        "the model with products in float32. In bfloat16 the model itself is off by up to "
        f"{off:.1g} from the file."
    )
    files = (
        f"Files have {table['bytes'] / 1e6:.1f} and {pictures['bytes'] / 1e6:.1f} MB; they "
        f"were written and compared in {table['export_seconds']:.0f} and "
        f"{pictures['export_seconds']:.0f} s."
    )
    head = ["# Exported files", "", speed, "", equality, "", files, ""]
    return [*head, *machine.bars(rows), *machine.circumstances(found)]


def main() -> None:
    """Measure, keep and write the page."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    parser.add_argument(
        "--pictures",
        type=Path,
        default=Path(os.environ.get("TENFOLD_PICTURES", machine.DATA.parent)),
        help="folder with cats_dogs/ and cats_dogs_native/",
    )
    options = parser.parse_args()
    machine.check_data(options.data, [TABLE])
    machine.use_threads(options.threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    found = machine.header(PACKAGES, options.threads)
    found["table"] = measure_table(options.data / TABLE, quick=options.quick)
    found["pictures"] = measure_pictures(options.pictures, quick=options.quick)
    machine.write_part(folder, "export", found)
    machine.write_page(folder, page(found))


if __name__ == "__main__":
    main()
