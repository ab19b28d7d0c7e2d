"""A real browser without a screen, for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
# What runs on every change must not leave these tests out.
REQUIRED: Final = os.environ.get("TENFOLD_BROWSER") == "required"


# While it is open an event loop runs in this thread, and tests elsewhere run their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium, or skip the test where there is none."""
    if (CHROMIUM is None or not AXE.is_file()) and not REQUIRED:
        pytest.skip("there is no chromium, or no npm to install axe-core")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()
