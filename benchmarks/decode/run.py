"""Pictures a second that one core turns from files of photographs into small squares."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import photographs  # noqa: E402

PACKAGES: Final = ("tenfold", "pillow", "numpy", "torch", "simplejpeg")
PHOTOGRAPHS: Final = "cats_dogs_native"
SIDE: Final = 160
LIMIT: Final = 100_000_000
BAR: Final = 2_500
FILTERS: Final = ("BOX", "BILINEAR", "HAMMING", "BICUBIC", "LANCZOS")


def contenders() -> dict[str, Callable[[Path], Any]]:
    """Return what turns a file into a square, by name."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set
    from PIL import Image  # noqa: PLC0415

    from tenfold.data.pictures.decode import Framing, read_square  # noqa: PLC0415

    framing, size = Framing(size=SIDE), (SIDE, SIDE)

    def resized(picture: Any) -> Any:
        box = framing.box(*picture.size)
        return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box))

    def tenfold(path: Path) -> Any:
        return read_square(path, framing, LIMIT)

    def in_full(path: Path) -> Any:
        with Image.open(path) as picture:
            return resized(picture.convert("RGB"))

    def drafted(path: Path) -> Any:
        with Image.open(path) as picture:
            picture.draft("RGB", size)
            return resized(picture.convert("RGB"))

    found = {"Tenfold": tenfold, "Pillow, drafted": drafted, "Pillow in full": in_full}
    return found | torch_contenders(framing)


def torch_contenders(framing: Any) -> dict[str, Callable[[Path], Any]]:
    """Return ways that were tried and not taken: they resize with torch."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    size = (SIDE, SIDE)
    torch.set_num_threads(1)

    def resized(pixels: Any) -> Any:
        height, width, _ = pixels.shape
        left, top, right, bottom = map(round, framing.box(width, height))
        x = torch.from_numpy(pixels[top:bottom, left:right]).permute(2, 0, 1)[None]
        resize = torch.nn.functional.interpolate
        return resize(x, size=size, mode="bicubic", antialias=True)[0].permute(1, 2, 0).numpy()

    def drafted(path: Path) -> Any:
        with Image.open(path) as picture:
            picture.draft("RGB", size)
            return resized(np.array(picture))

    found = {"Pillow, drafted, resized by torch": drafted}
    try:
        import simplejpeg  # noqa: PLC0415
    except ImportError:
        return found

    def scaled(path: Path) -> Any:
        data = path.read_bytes()
        return resized(simplejpeg.decode_jpeg(data, "RGB", min_height=SIDE, min_width=SIDE))

    return found | {"simplejpeg, resized by torch": scaled}


def time_decoding(files: list[Path], runs: int) -> dict[str, list[float]]:
    """Return pictures a second of each contender, run by run, in turns."""
    ways = contenders()
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, decode in ways.items():
            started = time.process_time()
            for path in files:
                decode(path)
            if run:  # the first reads files that are not in memory yet
                rates[name].append(len(files) / (time.process_time() - started))
    return rates


def compare_filters(files: list[Path], runs: int) -> dict[str, dict[str, float]]:
    """Return microseconds of each filter after a draft, and how far its result is off.

    The measure is the root of the mean squared difference, in shades of 256, from the
    picture decoded in full and reduced by Lanczos' filter.
    """
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from tenfold.data.pictures.decode import Framing  # noqa: PLC0415

    framing, size = Framing(size=SIDE), (SIDE, SIDE)
    drafts, truths = [], []
    for path in files:
        with Image.open(path) as picture:
            full = picture.convert("RGB")
        lanczos, box = Image.Resampling.LANCZOS, framing.box(*full.size)
        truths.append(np.asarray(full.resize(size, lanczos, box=box), dtype=np.float32))
        with Image.open(path) as picture:
            picture.draft("RGB", size)
            drafts.append(picture.convert("RGB"))
    found: dict[str, dict[str, float]] = {}
    for name in FILTERS:
        seconds = []
        for _ in range(runs):
            started = time.process_time()
            squares = [
                draft.resize(size, Image.Resampling[name], box=framing.box(*draft.size))
                for draft in drafts
            ]
            seconds.append((time.process_time() - started) / len(files))
        off = [
            float(np.sqrt(((np.asarray(square, dtype=np.float32) - truth) ** 2).mean()))
            for square, truth in zip(squares, truths, strict=True)
        ]
        found[name] = {"microseconds": 1e6 * median(seconds), "off": sum(off) / len(off)}
    return found


def page(content: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    rates = content["rates"]
    rows = [
        [
            name,
            str(len(runs)),
            *(f"{value:,.0f}" for value in (median(runs), min(runs), max(runs))),
        ]
        for name, runs in rates.items()
    ]
    ratios = [a / b for a, b in zip(rates["Tenfold"], rates["Pillow in full"], strict=True)]
    filters = [
        [name.capitalize(), f"{found['microseconds']:.0f}", f"{found['off']:.2f}"]
        for name, found in content["filters"].items()
    ]
    times = machine.median_range(ratios)
    what = "Tenfold: pictures a second and core, median"
    judged = machine.verdict(what, median(rates["Tenfold"]), BAR, at_most=False)
    width, height, kilobytes = (content[name] for name in ("width", "height", "kilobytes"))
    return [
        "# Decoding pictures",
        "",
        f"{content['files']} JPEG files of photographs, {width:.0f} x {height:.0f} pixels and",
        f"{kilobytes:.0f} KB in the mean, each to a square of {SIDE} pixels, in one thread.",
        "Seconds are those of the process, so that other programs count only as far as they",
        "slow the core down. *Drafted* is Pillow's own decoding at reduced scale; all but",
        "Tenfold use a bicubic filter. Tenfold also turns a picture upright, checks it, and",
        "makes a thumbnail. It does not resize with torch, because prediction must not need",
        "it, nor decode with simplejpeg: with and without it, the squares would differ.",
        "",
        *machine.grid(["pictures a second", "runs", "median", "least", "largest"], rows),
        *machine.bars([judged]),
        f"Tenfold against Pillow in full, in the same minute: {times} times.",
        "",
        "Filters after drafting, and how far each is from Lanczos' filter without it:",
        "",
        *machine.grid(["filter", "microseconds a picture", "shades of 256"], filters),
        *machine.circumstances(content),
    ]


def main() -> None:
    """Measure, and write the result beside this file."""
    parser = machine.arguments(__doc__)
    photographs.add_data(parser, PHOTOGRAPHS)
    parser.add_argument("--runs", type=int, default=15, help="over all files")
    options = parser.parse_args()
    machine.use_threads(1)
    machine.check_data(options.data, [PHOTOGRAPHS])
    files = sorted((options.data / PHOTOGRAPHS).rglob("*.jpg"))
    files = files[:: len(files) // 100] if options.quick else files
    head = machine.header(PACKAGES, 1)
    runs = 3 if options.quick else options.runs
    content = {"files": len(files), **shape(files)}
    content["rates"] = time_decoding(files, runs)
    content["filters"] = compare_filters(files, min(runs, 5))
    folder = machine.folder_of(__file__, quick=options.quick)
    parts = machine.write_part(folder, "decode", head | content)
    machine.write_page(folder, page(parts["decode"]))


def shape(files: list[Path]) -> dict[str, float]:
    """Return mean width, height and size of the files."""
    from PIL import Image  # noqa: PLC0415

    sizes = []
    for path in files:
        with Image.open(path) as picture:
            sizes.append((*picture.size, path.stat().st_size / 1000))
    width, height, kilobytes = (sum(column) / len(sizes) for column in zip(*sizes, strict=True))
    return {"width": width, "height": height, "kilobytes": kilobytes}


if __name__ == "__main__":
    main()
