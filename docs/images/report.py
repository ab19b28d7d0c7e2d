"""Take docs/images/report.png, the picture of a report that README.md shows.

Run ``tenfold demo``, then ``python docs/images/report.py runs/california-1``. It needs
chromium.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

WIDTH, BOTTOM = 1000, 1700  # of the page, down to the end of the first row of figures
COLOURS = 256


def take(run: Path) -> Path:
    """Take a picture of the upper part of a run's report; return the picture's path."""
    path = Path(__file__).with_suffix(".png")
    with tempfile.TemporaryDirectory() as home:
        whole = Path(home) / "page.png"
        command = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            f"--user-data-dir={home}/profile",
            f"--window-size={WIDTH},{BOTTOM}",
            f"--screenshot={whole}",
            (run / "report.html").resolve().as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603
        with Image.open(whole) as page:
            page.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE).save(
                path, optimize=True
            )
    return path


if __name__ == "__main__":
    print(take(Path(sys.argv[1])))
