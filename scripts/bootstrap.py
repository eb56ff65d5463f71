"""Makes `.venv` with the exact versions of requirements.txt. Needs Python ≥ 3.11 and nothing else.

`uv` goes into the environment first (with the pip that Python brings) and fills it in seconds; compiling the
byte code there and then spares every later start of TensorFlow several seconds. With `--newest` the environment
is `.venv-newest` and holds the newest release of everything that pyproject.toml allows.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


def run(*command):
    """Runs one command in the repository's root; raises CalledProcessError when it fails."""
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def pinned(name):
    """`name==version` as requirements.txt has it."""
    found = re.search(rf"^{name}==[^\s;]+", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"requirements.txt pins no {name}: run `make lock`")
    return found.group()


def executable(venv, name):
    """The path of a program inside an environment."""
    return venv / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}")


def make_venv(venv):
    """An empty environment; pip is left out where Python lacks ensurepip (Debian without python3-venv)."""
    try:
        import ensurepip  # noqa: F401

        run(sys.executable, "-m", "venv", venv)
    except ImportError:
        run(sys.executable, "-m", "venv", "--without-pip", venv)


def install_uv(venv):
    """Puts the pinned uv into the environment, with the environment's own pip or else with this Python's."""
    python = executable(venv, "python")
    own = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    pip = [python, "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", python]
    try:
        run(*pip, "install", "--quiet", "--disable-pip-version-check", pinned("uv"))
    except subprocess.CalledProcessError:
        raise SystemExit("pip could not install uv; where Python has no pip, install that first "
                         "(Debian: apt-get install python3-venv)") from None


def main():
    """Makes or refreshes the environment and says how long that took."""
    if sys.version_info < OLDEST:
        raise SystemExit(f"this is Python {sys.version.split()[0]}; the book needs 3.11 or newer "
                         "(name one: make PYTHON=python3.12 book)")
    start = time.monotonic()
    newest = "--newest" in sys.argv[1:]
    venv = ROOT / (".venv-newest" if newest else ".venv")
    if not executable(venv, "python").exists():
        make_venv(venv)
    if not executable(venv, "uv").exists():
        install_uv(venv)
    install = [executable(venv, "uv"), "pip", "install", "--quiet", "--compile-bytecode",
               "--python", executable(venv, "python")]
    if newest:
        run(*install, "--upgrade", "-e", ".[test]")
    else:
        run(*install, "-r", "requirements.txt")
        # flit_core is pinned like everything else: nothing more is fetched to install the package itself
        run(*install, "--no-build-isolation", "--no-deps", "-e", ".")
    print(f"{venv.name}: Python {'.'.join(map(str, sys.version_info[:3]))}, ready in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        sys.exit(f"the environment is not complete: this command failed\n  {' '.join(map(str, failure.cmd))}")
