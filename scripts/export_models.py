"""Writes what the pages draw with: the shipped models as ONNX, int8 weights, in `_assets/vendor/models`, and an index.

    python -m scripts.export_models [MODEL ...] [--jobs 2]

A model is exported again only if its weights or the code that exports have changed. `playground_models` in _config.yml
names folders that `train` made, whose models take the place of shipped ones.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import multiprocessing
import pathlib
import time

from dalle_tutorial import weights
from dalle_tutorial.export import export, files_of
from dalle_tutorial.files import write_files
from scripts.notebooks import book_config

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "_assets" / "vendor" / "models"
MODELS = ("unclip-shapes", "decoder-shapes", "dalle-shapes", "cvae-shapes", "prior-shapes", "clip-shapes")
"""What the pages draw with; the slowest to export first."""
PRECISION = "int8"
MOST_BYTES = 12_000_000
"""What all of it may weigh, so that a reader on a phone can still have it."""
INDEX = "index.json"
_CODE = ("dalle_tutorial/export/*.py", "dalle_tutorial/models/*.py", "dalle_tutorial/layers.py",
         "dalle_tutorial/rounding.py", "dalle_tutorial/text/encoder.py", "requirements.txt", "scripts/export_models.py")


def sources(config):
    """Name → what `weights.load` is to load: the name itself, or the folder that `_config.yml` (a dict) names for it.

    SystemExit for a name that no page draws with, and for a folder that holds no such model.
    """
    own = config.get("sphinx", {}).get("config", {}).get("playground_models") or {}
    if unknown := set(own) - set(MODELS):
        raise SystemExit(f"_config.yml, playground_models: no page draws with {', '.join(sorted(unknown))}; "
                         f"allowed are {', '.join(MODELS)}")
    for name, folder in own.items():
        card = ROOT / folder / "model.json"
        if not card.is_file() or json.loads(card.read_text(encoding="utf-8")).get("name") != name:
            raise SystemExit(f"_config.yml, playground_models: {folder} holds no {name}; make one with "
                             f"`python -m dalle_tutorial train {name} --out {folder}`")
    return {name: own.get(name, name) for name in MODELS}


def stamp(source):
    """A hash of all that the exported files of a model depend on; `source` as `weights.load` takes it."""
    card = weights.FOLDER / f"{source}.json" if source in MODELS else ROOT / source / "model.json"
    found = hashlib.sha256(card.read_bytes())
    for pattern in _CODE:
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()


def is_there(entry, folder):
    """Whether all files of an entry of the index are there, as long as it says."""
    return all((folder / part["file"]).is_file() and (folder / part["file"]).stat().st_size == part["bytes"]
               for part in entry["files"])


def exported(folder, source):
    """Exports one model; returns its entry in the index."""
    start = time.monotonic()
    found = export(weights.load(source if source in MODELS else ROOT / source, PRECISION), folder, PRECISION)
    name, json_file = found["name"], f"{found['name']}.json"
    data = (folder / json_file).read_bytes()
    files = [{"file": json_file, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}, *files_of(found)]
    total = sum(part["bytes"] for part in files)
    differs = max(graph["difference"] for graph in found["graphs"].values())
    print(f"{name}: {len(found['graphs'])} graphs, {total / 1e6:.2f} MB, at most {differs:.1g} from Keras "
          f"({time.monotonic() - start:.0f} s)", flush=True)
    return {"json": json_file, "bytes": total, "files": files, "stamp": stamp(source)}


def read_index(folder):
    """The entries of the index that is there; none where there is none, or a damaged one."""
    try:
        return json.loads((folder / INDEX).read_text(encoding="utf-8"))["models"]
    except (OSError, ValueError, KeyError):
        return {}


def main():
    parser = argparse.ArgumentParser(prog="python -m scripts.export_models", description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL",
                        help=f"some of {', '.join(MODELS)} (default: all)")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER, help="where the files go")
    parser.add_argument("--jobs", type=int, default=2, help="how many to export at once")
    options = parser.parse_args()
    options.models = options.models or MODELS
    if unknown := set(options.models) - set(MODELS):
        parser.error(f"no page draws with {', '.join(sorted(unknown))}; allowed are {', '.join(MODELS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    source = sources(book_config())
    known = {name: entry for name, entry in read_index(options.out).items()
             if name in options.models and entry.get("stamp") == stamp(source[name]) and is_there(entry, options.out)}
    missing = [name for name in options.models if name not in known]
    if missing:
        spawn = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
        with concurrent.futures.ProcessPoolExecutor(min(options.jobs, len(missing)), spawn) as pool:
            jobs = pool.map(functools.partial(exported, options.out), [source[name] for name in missing])
            known |= dict(zip(missing, jobs, strict=True))
    index = {"precision": PRECISION, "models": {name: known[name] for name in options.models}}
    total = sum(entry["bytes"] for entry in known.values())
    if total > MOST_BYTES:
        raise SystemExit(f"{options.out}: {total:,} bytes; a page may load {MOST_BYTES:,}")
    write_files({options.out / INDEX: (json.dumps(index, indent=1) + "\n").encode()})
    print(f"{options.out}: {len(known)} models, {total / 1e6:.2f} MB; {len(missing)} exported anew")


if __name__ == "__main__":
    main()
