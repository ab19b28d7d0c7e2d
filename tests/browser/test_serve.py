"""The page of a served model in a browser: asked, dropped on, told off, narrow, by keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.conftest import AXE
from tests.browser.test_report import FIND, LEVELS
from tests.engine_served import Server, frame_of_houses, picture_file, serving, table_file

WIDTHS: Final = (320, 400, 1_400)
FOCUS: Final = "document.activeElement.id || document.activeElement.type"
DROP: Final = """([name, text]) => {
  const given = new DataTransfer();
  given.items.add(new File([text], name));
  document.getElementById("drop").dispatchEvent(
    new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true }));
}"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    home = tmp_path_factory.mktemp("served")
    with (
        serving(table_file(home, "regression")) as numbers,
        serving(table_file(home, "classification"), TENFOLD_TOKEN="open") as classes,  # noqa: S106
        serving(picture_file(home)) as pictures,
    ):
        yield {"numbers": numbers, "classes": classes, "pictures": pictures}


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "red.png"
    Image.fromarray(np.full((60, 90, 3), (200, 10, 10), np.uint8)).save(path)
    return path


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 900, "height": 900})
    yield page
    page.close()


def fill(page: Page, name: str, red: Path) -> None:
    """Ask the page, so that all it can show is shown."""
    if name == "classes":
        page.fill("#token", "open")
    if name == "pictures":
        page.set_input_files("#file", [red, Path(__file__)])
        page.wait_for_selector(".bars")
        return
    page.click("button[type=submit]")
    page.wait_for_selector("#answer .bars")
    frame = frame_of_houses(60).drop(columns="price")
    page.evaluate(DROP, ["houses.csv", frame.to_csv(index=False)])
    page.wait_for_selector("#rows table")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["numbers", "classes", "pictures"])
def test_the_page_is_for_all_loads_nothing_from_elsewhere_and_fits_its_screen(
    name: str, scheme: Any, browser: Browser, servers: dict[str, Server], red: Path
) -> None:
    asked: list[str] = []
    failed: list[str] = []
    # axe is no script of the page, whose policy would keep it out.
    page = browser.new_page(color_scheme=scheme, bypass_csp=True)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: failed.append(message.text))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(servers[name].url)
    fill(page, name, red)
    own = (servers[name].url, "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert failed == []
    page.add_script_tag(path=AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found = page.evaluate(FIND, LEVELS)
        violations = [
            (v["id"], v["help"], v["nodes"][0]["html"][:200]) for v in found["violations"]
        ]
        assert violations == []
        assert len(found["passes"]) > 5  # it did look
    page.close()


def test_nothing_is_kept_from_running_by_the_policy_of_the_page(
    page: Page, servers: dict[str, Server], red: Path
) -> None:
    failed: list[str] = []
    page.on("console", lambda message: failed.append(message.text))
    for name in ("numbers", "pictures"):
        page.goto(servers[name].url)
        fill(page, name, red)
    assert failed == []


def test_a_form_is_answered_with_a_band_and_what_each_column_adds(
    page: Page, servers: dict[str, Server]
) -> None:
    page.goto(servers["numbers"].url)
    page.get_by_label("area").fill("100")
    page.get_by_label("town").select_option("Köln")
    page.click("button[type=submit]")
    page.wait_for_selector("#answer .bars")
    said = page.inner_text("#answer")
    row = {"area": 100, "town": "Köln"} | {
        name: None if page.get_by_label(name, exact=True).input_value() == "" else value
        for name, value in (
            ("built", page.get_by_label("built", exact=True).input_value()),
            ("garden", page.get_by_label("garden").input_value()),
            ("lift", page.get_by_label("lift").input_value()),
        )
    }
    known = servers["numbers"].ask(body={"rows": [row]}).json["predictions"][0]
    assert f"price: {known['prediction']:,.6g}" in said
    assert f"{known['low']:,.6g} to {known['high']:,.6g}" in said
    assert page.locator("#answer .bars li").count() == 5


def test_what_is_wrong_is_said_in_words_with_its_code(
    page: Page, servers: dict[str, Server], red: Path
) -> None:
    page.goto(servers["numbers"].url)
    page.evaluate(DROP, ["wrong.csv", "a,b\n1,2\n"])
    page.wait_for_selector("#error strong")
    assert page.inner_text("#error").startswith("P01: 5 of 5 columns are missing.")
    assert page.locator("#error").get_attribute("role") == "alert"
    page.click("button[type=submit]")  # an answer takes the error away
    page.wait_for_selector("#answer .bars")
    assert page.inner_text("#error") == ""
    page.goto(servers["classes"].url)
    page.click("button[type=submit]")
    page.wait_for_selector("#error strong")
    assert page.inner_text("#error").startswith("V05: the request has no token.")
    page.goto(servers["pictures"].url)
    page.click("#camera")  # there is none
    page.wait_for_selector("#error strong")
    assert "there is no camera" in page.inner_text("#error")


def test_a_dropped_table_is_saved_with_its_predictions(
    page: Page, servers: dict[str, Server], tmp_path: Path
) -> None:
    page.goto(servers["numbers"].url)
    frame = frame_of_houses(60).drop(columns="price")
    page.evaluate(DROP, ["houses.csv", frame.to_csv(index=False)])
    page.wait_for_selector("#rows table")
    assert "60 rows; the first 50 are shown" in page.inner_text("#rows")
    assert page.locator("#rows tbody tr").count() == 50
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the table").click()
    saved = tmp_path / "saved.csv"
    waiting.value.save_as(saved)
    assert waiting.value.suggested_filename == "predicted-houses.csv"
    lines = saved.read_text(encoding="utf-8").splitlines()
    assert (len(lines), lines[0]) == (61, "prediction,low,high,area,built,garden,lift,town")


def test_dropped_pictures_are_shown_with_label_shares_and_heatmap(
    page: Page, servers: dict[str, Server], red: Path
) -> None:
    page.goto(servers["pictures"].url)
    page.set_input_files("#file", [red, Path(__file__)])
    page.wait_for_selector(".bars")
    said = page.inner_text("#answer")
    assert "red, > 99.9%" in said
    assert "V08: it is not an image." in said
    heatmap = page.locator("img.heat")
    assert heatmap.is_visible()
    page.get_by_label("Grad-CAM: evidence for red").uncheck()
    assert not heatmap.is_visible()


def test_everything_is_done_with_the_keyboard_alone(
    page: Page, servers: dict[str, Server]
) -> None:
    page.goto(servers["numbers"].url)
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUS))
        if reached[-1] == "submit":
            page.keyboard.press("Enter")
    assert reached[:7] == [*(f"cell-{at}" for at in range(5)), "submit", "file"]
    page.wait_for_selector("#answer .bars")
    page.focus("#cell-0")
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"  # where one is can be seen
