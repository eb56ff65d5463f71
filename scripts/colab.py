"""Runs every notebook as Google Colab would: its versions, its way of installing, no checkout around.

An environment `.venv-colab` gets the versions of colab-versions.txt. Each notebook is copied alone into an empty
folder, its first cell made for this repository's last commit, and run from top to bottom in a kernel where
`google.colab` is loaded. At the end nothing that was installed before may have another version.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from nbclient.exceptions import CellControlSignal, DeadKernelError

from scripts import notebooks

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-colab"
PYTHON = VENV / "bin" / "python"
WANTED = "3.13"
STARTUP = 'import sys, types\nsys.modules["google.colab"] = types.ModuleType("google.colab")\n'


def find_python():
    """A Python of Colab's version if this machine has one that starts, else the one that runs this."""
    known = pathlib.Path.home().glob(f".pyenv/versions/{WANTED}*/bin/python{WANTED}")
    for candidate in filter(None, (os.environ.get("COLAB_PYTHON"), shutil.which(f"python{WANTED}"), *known)):
        if subprocess.run([candidate, "-c", "import ssl"], check=False, capture_output=True).returncode == 0:
            return str(candidate)
    return sys.executable


def output(*command):
    """Runs a command in the repository's root and returns what it printed."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def uv(*arguments):
    """Runs uv and returns what it printed."""
    return output(sys.executable, "-m", "uv", *arguments)


def versions():
    """What the environment holds: {package: version}."""
    listed = json.loads(uv("pip", "list", "--format", "json", "--python", PYTHON))
    return {package["name"]: package["version"] for package in listed}


def make_environment():
    """A fresh environment with Colab's versions and the pip that the first cell calls."""
    python = find_python()
    uv("venv", "--clear", "--seed", "--no-python-downloads", "--python", python, VENV)
    uv("pip", "install", "--compile-bytecode", "--python", PYTHON, "-r", ROOT / "scripts/colab-versions.txt")
    version = output(PYTHON, "--version")
    print(version if version.split()[1].startswith(WANTED) else f"{version} (Colab's {WANTED} is not on this machine)")


def prepare_kernel(folder):
    """A kernel of that environment, in whose IPython `google.colab` is loaded; sets the paths to find it."""
    spec = folder / "kernels" / "colab"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({
        "argv": [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Colab", "language": "python",
        "env": {"IPYTHONDIR": str(folder / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                "PATH": f"{VENV}/bin:{os.environ['PATH']}"},
    }))
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text(STARTUP)
    os.environ["JUPYTER_PATH"] = str(folder)


def main(files):
    """Runs the notebooks; returns the number of failures."""
    commit = output("git", "rev-parse", "HEAD")
    config = {"repository": {"url": ROOT.as_uri(), "branch": commit}}
    make_environment()
    before, failures = versions(), []
    with tempfile.TemporaryDirectory() as folder:
        prepare_kernel(pathlib.Path(folder))
        for path in files or notebooks.notebooks():
            alone = pathlib.Path(folder) / path.stem / path.name
            alone.parent.mkdir()
            notebook = notebooks.read(path)
            notebooks.set_first_cell(notebook, notebooks.first_cell(config, path.stem))
            try:
                print(f"{notebooks.execute(notebook, alone, kernel='colab'):6.1f} s  {path.name}", flush=True)
            except (CellControlSignal, DeadKernelError) as error:
                failures.append(path.name)
                print(f"FAILED   {path.name}\n{error}", flush=True)
    after = versions()
    changed = {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}
    print("added by the first cell:", ", ".join(sorted(after.keys() - before.keys())) or "nothing")
    print("changed by the first cell:", changed or "nothing")
    print("failed:", ", ".join(failures) or "none")
    return len(failures) + len(changed)


if __name__ == "__main__":
    sys.exit(bool(main([pathlib.Path(name) for name in sys.argv[1:]])))
