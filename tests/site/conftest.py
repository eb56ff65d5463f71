"""One browser and one server for all tests of the site; `make site-test` builds the site first."""

import os
import pathlib
import shutil

import looking
import pytest

SITE_TESTS = pathlib.Path(__file__).resolve().parent
SECONDS = 900    # for one test: some build a book, and may share the machine with training
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")


def pytest_collection_modifyitems(items):
    """Give the tests of this folder more time than others have."""
    for item in items:
        if SITE_TESTS in item.path.parents:
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def site():
    """The folder of the built site: `_build/html`, or the one named by the environment variable BOOK_SITE."""
    folder = pathlib.Path(os.environ.get("BOOK_SITE", looking.ROOT / "_build" / "html"))
    if not (folder / "index.html").exists():
        pytest.fail(f"{folder} holds no built site: run `make book` first")
    return folder


@pytest.fixture(scope="session")
def address(site):
    """Where the site is served."""
    with looking.served(site) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the system's, or Playwright's own; CHROMIUM names another.

    The shell is the same engine without a browser's own pages, which each new visitor would start, too.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), playwright.chromium.executable_path]
        found = next((path for path in candidates if path and os.path.exists(path)), None)
        if not found:
            pytest.skip("no Chromium here: install one (Debian: apt-get install chromium), or set CHROMIUM to its path")
        running = playwright.chromium.launch(executable_path=found, args=list(looking.ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def look(browser, address):
    """`look(path, width, theme)` gives the Sight of a page; each is visited once at each width."""
    seen = {}

    def visit(path, width, theme):
        if (path, width) not in seen:
            seen[path, width] = looking.look(browser, address, path, width)
        return seen[path, width][theme]

    return visit


@pytest.fixture
def page(browser):
    """A fresh desktop page, for tests that press keys."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(looking.PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def still_page(browser):
    """A page of a reader who blocks scripts."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(looking.PATIENCE)
    yield context.new_page()
    context.close()
