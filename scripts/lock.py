"""Writes requirements.txt from pyproject.toml: every version, for every platform, and no address."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = """\
# What the book was executed, built and tested with; made from pyproject.toml by `make lock`.
# One file serves every platform and Python 3.11 to 3.13 (the markers choose).
"""


def resolve(*options):
    """The lines of a resolution of pyproject.toml with every extra."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--extra", "test",
               "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *options,
               "pyproject.toml"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    (ROOT / "requirements.txt").write_text(HEADER + resolve(*sys.argv[1:]))
