"""`export`: a trained model as ONNX files with one JSON file that says what a reader of them has to know."""

import hashlib
import json
import pathlib
import tempfile

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.export.graphs import graphs_of
from dalle_tutorial.export.onnx_graph import session, to_onnx
from dalle_tutorial.export.storage import WeightsFile, rename, shrink, simplify
from dalle_tutorial.files import write_files
from dalle_tutorial.models.diffusion import Diffusion

TOLERANCE = 1e-3
"""How far an exported graph may be from Keras with the same weights: as a share of the largest number."""
_BATCHES = (1, 3)
_OF_INTEREST = ("name", "made", "command", "minutes", "parameters", "limits", "sha256")


def export(trained, out, precision="float16"):
    """Writes a `Trained` model into the folder `out`: NAME.ROLE.onnx for each graph, NAME.weights.bin, and NAME.json.

    precision: what the weights were loaded with (`weights.load`), for the record; each is stored in the fewest bytes
    that hold it, and what is reckoned is float32. Before anything is written, each graph runs beside Keras on random
    inputs.

    The JSON, which is also returned as a dict, holds "name", "class", "card", "tokenizer", "settings" (those to draw
    with), "precision", for a diffusion model "schedule", "prediction" and "dropped", and "noise_shape"; "weights":
    "file", "bytes" and "sha256"; "graphs": role → those three, "inputs", "outputs" and "difference", the largest one
    found, as a share of the largest number.

    Raises TutorialError for a model without graphs, where a package is missing, and where a graph says something else
    than Keras.
    """
    out, name = pathlib.Path(out), trained.card.get("name", "model")
    weights, models, told = WeightsFile(f"{name}.weights.bin"), {}, {}
    graphs = graphs_of(trained)
    for role, graph in graphs.items():
        models[f"{name}.{role}.onnx"] = rename(shrink(simplify(to_onnx(graph)), weights)).SerializeToString()
    written = {**models, weights.name: bytes(weights.data)}
    with tempfile.TemporaryDirectory() as folder:
        for file, data in written.items():
            (pathlib.Path(folder) / file).write_bytes(data)
        for (role, graph), file in zip(graphs.items(), models, strict=True):
            difference, outputs = _checked(graph, session(f"{folder}/{file}"), f"{name}, {role}")
            told[role] = {
                **_file(file, models[file]),
                "inputs": {key: {"shape": shape, "kind": kind} for key, (shape, kind) in graph.inputs.items()},
                "outputs": outputs, "difference": difference,
            }
    found = _about(trained, name) | {
        "precision": precision, "weights": _file(weights.name, written[weights.name]), "graphs": told,
    }
    written[f"{name}.json"] = (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode()
    out.mkdir(parents=True, exist_ok=True)
    write_files({out / file: data for file, data in written.items()})
    return found


def files_of(found):
    """The files that belong to the JSON of an export: a list of {"file", "bytes", "sha256"}."""
    return [{key: part[key] for key in ("file", "bytes", "sha256")}
            for part in (found["weights"], *found["graphs"].values())]


def _file(name, data):
    return {"file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _checked(graph, run, what):
    """The largest difference from Keras, and the outputs' shapes. TutorialError above the tolerance."""
    largest, shapes = 0.0, {}
    for batch in _BATCHES:
        given = graph.example(batch, seed=batch)
        tensors = {name: keras.ops.convert_to_tensor(value) for name, value in given.items()}
        expected = {name: np.asarray(value) for name, value in graph.function(**tensors).items()}
        found = run(given)
        for name, value in expected.items():
            if found[name].shape != value.shape:
                raise TutorialError(f"{what}: {name} has the shape {found[name].shape}, Keras has {value.shape}")
            difference = float(np.abs(found[name] - value).max() / max(np.abs(value).max(), 1e-6))
            if not difference <= TOLERANCE:  # also where it is no number
                raise TutorialError(f"{what}: {name} differs from Keras by {difference:.2g} of its largest number; "
                                    f"allowed is {TOLERANCE}. Nothing was written")
            largest = max(largest, difference)
            shapes[name] = list(value.shape[1:])
    return largest, shapes


def _about(trained, name):
    model, card = trained.model, trained.card
    found = {
        "name": name, "class": type(model).__name__, "tokenizer": trained.tokenizer.get_config(),
        "card": {key: card[key] for key in _OF_INTEREST if key in card},
        "settings": {key: card[key] for key in getattr(model, "settings", ()) if key in card},
    }
    for part in ("alignment", "showing"):
        if part in card.get("figures", {}):
            found["card"][part] = _rates(card["figures"][part])
    if isinstance(model, Diffusion):
        found |= {"schedule": model.schedule.get_config(), "prediction": model.kind, "dropped": sorted(model.dropout)}
    for key in ("noise_shape", "rounds"):
        if hasattr(model, key):
            found[key] = getattr(model, key)
    return found


def _rates(figures):
    """Only the rates and their intervals, of figures that hold more."""
    if "rate" in figures:
        return {key: figures[key] for key in ("rate", "low", "high", "n")}
    return {key: _rates(value) for key, value in figures.items() if isinstance(value, dict)}
