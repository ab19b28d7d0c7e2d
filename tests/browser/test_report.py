"""The pages as a browser shows them: on a phone and a desk, by day and by night, and to all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

import tenfold
from tenfold import TrainOptions
from tests.browser.conftest import AXE
from tests.engine_options import asked
from tests.engine_pictures import write_folder

WIDTHS: Final = (400, 1_400)
LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FIND: Final = "levels => axe.run(document, {runOnly: {type: 'tag', values: levels}})"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the page of a regression, of classes, of pictures and of a comparison."""
    home, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    area = rng.normal(50, 9, 240)
    town = np.array(["Ulm", "Bonn"])[np.arange(240) % 2]
    frame = pd.DataFrame(
        {"area": area, "town": town, "price": 2 * area + rng.normal(0, 3, 240)}
    )
    frame["kind"] = np.array(["small", "medium", "large"])[np.digitize(area, [45, 55])]
    options: dict[str, Any] = {"folds": 3, "epochs": 4, "quality": "fast", "out": home}
    stripes = write_folder(home / "stripes", 60)
    values = tenfold.train(frame.drop(columns="kind"), **asked(test_size=0.1, **options))
    values.keep_explanation(values.explain(frame.head(2)))
    pictures = tenfold.train(
        stripes, network="tutorial", folds=2, training=TrainOptions(epochs=1), out=home
    )
    pictures.keep_explanation(pictures.explain(sorted(stripes.rglob("*.png"))[:2]))
    folders = {
        "values": values.folder,
        "classes": tenfold.train(frame.drop(columns="price"), **asked(**options)).folder,
        "pictures": pictures.folder,
        "comparison": tenfold.compare(
            frame.drop(columns="kind"), folds=2, quality="fast", out=home
        ).folder,
    }
    return {name: folder / "report.html" for name, folder in folders.items() if folder}


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, scheme: Any) -> Iterator[Page]:
    page = browser.new_page(
        viewport={"width": request.param, "height": 900}, color_scheme=scheme
    )
    yield page
    page.close()


@pytest.mark.parametrize("name", ["values", "classes", "pictures", "comparison"])
def test_a_page_is_for_all_loads_nothing_and_fits_its_screen(
    name: str, page: Page, pages: dict[str, Path]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    failed: list[str] = []
    page.on("console", lambda message: failed.append(message.text))
    address = pages[name].as_uri()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith("data:image/")] == [address]
    assert failed == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.add_script_tag(path=AXE)
    found = page.evaluate(FIND, LEVELS)
    violations = [
        (v["id"], v["help"], v["nodes"][0]["html"][:200]) for v in found["violations"]
    ]
    assert violations == []
    assert len(found["passes"]) > 5  # it did look


def test_letters_of_figures_can_be_read_on_a_phone(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(pages["values"].as_uri())
    sizes = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)"
    )
    page.close()
    assert sizes
    assert min(sizes) >= 8


def test_a_page_can_be_printed(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(pages["values"].as_uri())
    page.emulate_media(media="print")
    ink, paper = (
        page.evaluate(f"getComputedStyle(document.body).{name}")
        for name in ("color", "backgroundColor")
    )
    printed = page.pdf(path=tmp_path / "page.pdf")
    page.close()
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    assert printed.startswith(b"%PDF")
