"""Builds the book, or a small one with its settings, in another folder."""

import pathlib
import re
import shutil
import subprocess
import sys

import looking

SETTINGS = ("_config.yml", "references.bib", "_ext", "_assets")
BOOK = ("_toc.yml", "intro.md", "chapters")
URL = re.compile(r"^  url: .*$", re.MULTILINE)


def copy(names, folder):
    """Copies files and folders of the repository to `folder`."""
    for name in names:
        source = looking.ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
        else:
            shutil.copy2(source, folder / name)


def committed_address():
    """The repository's address as `_config.yml` has it; "" where there is none yet."""
    return URL.search((looking.ROOT / "_config.yml").read_text(encoding="utf-8"))[0].split(": ", 1)[1].strip('"')


def set_address(folder, url):
    """What a fork does: changes the one line that holds the repository's address."""
    path = folder / "_config.yml"
    text, changed = URL.subn(f'  url: "{url}"', path.read_text(encoding="utf-8"))
    assert changed == 1, "_config.yml should hold the repository's address exactly once"
    path.write_text(text, encoding="utf-8")


def build(folder):
    """Builds the book in `folder` as strictly as `make book`; gives the folder of the site."""
    program = pathlib.Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(folder), "-W", "-n", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "_build" / "html"
