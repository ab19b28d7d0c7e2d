"""The image needs what its Dockerfile installs, and nothing that it leaves out."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Final

from tests.budget.test_imports import distributions, project
from tests.engine_served import frame_of_houses, table_file

DOCKERFILE: Final = Path(__file__).parents[2] / "Dockerfile"
SERVE: Final = """
import sys
for name in sys.argv[3].split():
    sys.modules[name] = None  # an import of it fails
from pathlib import Path
from tenfold.cli.views import app  # the command
from tenfold.exported import Exported
from tenfold.serve.app import app_of
from tenfold.serve_options import ServeOptions
from tenfold.serve import server
from tests.engine_served import ask_here
for file, body, kind in (
    (sys.argv[1], Path(sys.argv[2]).read_bytes(), "text/csv"),
    (sys.argv[1], b'{"rows": []}', "application/json"),
):
    made = app_of(Exported.open(Path(file)), ServeOptions())
    print(ask_here(made, "/predict?contributions=true", body, kind).status)
"""


def installed() -> set[str]:
    """Return the distributions that the Dockerfile installs by name."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"pip install --no-cache-dir -c /constraints.txt ([^&]*)&&", text)
    return distributions(line.split())


def test_the_image_holds_the_extra_serve_and_no_torch() -> None:
    assert distributions(project()["optional-dependencies"]["serve"]) <= installed()
    assert not {"torch", "scikit-learn", "lightgbm"} & installed()


def test_rows_are_answered_without_what_the_image_leaves_out(tmp_path: Path) -> None:
    homes = metadata.packages_distributions()
    extras = project()["optional-dependencies"].values()
    named = [*project()["dependencies"], *(one for extra in extras for one in extra)]
    absent = distributions(named) - installed() - {"onnx"}  # the test makes files with it
    names = [name for name, found in homes.items() if {f.lower() for f in found} & absent]
    assert {"torch", "scipy", "sklearn", "matplotlib"} <= set(names)
    rows = tmp_path / "rows.csv"
    frame_of_houses(20).drop(columns="price").to_csv(rows, index=False)
    file = table_file(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SERVE, file, rows, " ".join(sorted(names))],
        capture_output=True,
        text=True,
        check=False,
        cwd=DOCKERFILE.parent,
    )
    assert (done.stderr, done.stdout) == ("", "200\n200\n")
