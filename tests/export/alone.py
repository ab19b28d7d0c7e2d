"""An environment with ONNX Runtime, NumPy and Pillow alone, to open exported files in."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import onnxruntime

LIBRARIES: Final = ("onnxruntime", "numpy", "numpy.libs", "PIL", "pillow.libs")
NEEDED: Final = (*LIBRARIES, "flatbuffers", "google")  # ONNX Runtime's own
BEGINNING: Final = """
import sys
sys.path[:0] = [sys.argv[1]]
import json, numpy, onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[2])
"""
END: Final = """
for absent in ("torch", "tenfold", "pandas"):
    try:
        __import__(absent)
    except ImportError:
        continue
    raise SystemExit(f"{absent} is there")
"""


def run_alone(program: str, home: Path, file: Path, *arguments: Path) -> str:
    """Run a program that asks ``session``, and return what it prints."""
    installed = Path(onnxruntime.__file__).parents[1]
    for name in NEEDED:
        if (installed / name).exists():
            (home / name).symlink_to(installed / name)
    code = BEGINNING + program + END
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, home, file, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
