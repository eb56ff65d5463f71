"""The repository's address stands in `_config.yml` alone; the launch buttons follow it."""

import html
import re
import subprocess

import building
import looking
import pytest

EXAMPLE = "https://github.com/NAME/REPO"
COLAB = "https://colab.research.google.com/github/NAME/REPO/blob/main/"


@pytest.fixture(scope="module", params=["", EXAMPLE], ids=["unset", "set"])
def fork(request, site, tmp_path_factory):
    """The whole book built with an address, and the address. As it is committed, it is built already."""
    if request.param == building.committed_address():
        return site, request.param
    folder = tmp_path_factory.mktemp("fork")
    building.copy(building.SETTINGS + building.BOOK, folder)
    building.set_address(folder, request.param)
    return building.build(folder), request.param


def pages_of(site):
    """Every page: its name and its text."""
    return {str(path.relative_to(site)): html.unescape(path.read_text(encoding="utf-8"))
            for path in site.rglob("*.html") if "_static" not in path.parts}


def test_launch_buttons_follow_the_address(fork):
    """Set: one Colab button on each notebook's page, to that very notebook. Unset: none anywhere."""
    site, url = fork
    notebooks = {str(path.relative_to(site / "_sources")) for path in (site / "_sources").rglob("*.ipynb")}
    for name, text in pages_of(site).items():
        notebook = name.replace(".html", ".ipynb")
        wanted = [COLAB + notebook] if url and notebook in notebooks else []
        assert re.findall(r'href="(https://colab[^"]*)"', text) == wanted, name


def test_repository_buttons_follow_the_address(fork):
    """A link to the source and one to report an issue, or neither."""
    site, url = fork
    for name in looking.pages()[:-1]:
        text = html.unescape((site / name).read_text(encoding="utf-8"))
        assert ("source-repository-button" in text) == bool(url), name
        assert (f"{EXAMPLE}/issues/new" in text) == bool(url), name


def test_address_stands_in_one_place():
    """No committed file but `_config.yml` holds the address that is set there."""
    if not (url := building.committed_address()):
        pytest.skip("repository.url is unset")
    command = ["git", "grep", "-l", "--fixed-strings", url]
    listed = subprocess.run(command, cwd=looking.ROOT, capture_output=True, text=True, check=False).stdout.split()
    holders = [name for name in listed if not name.endswith(".ipynb")]     # first cells are generated from it
    assert holders == ["_config.yml"]
