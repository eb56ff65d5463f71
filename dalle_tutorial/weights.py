"""Trained models as small files: arrays without pickle, checked by hash, each with a card that says how it was made.

A model is two files: `NAME.npz` (one array for each weight, in the model's own order, as bytes that compress well:
`rounding.to_planes`) and `NAME.json`, its card.
"""

import hashlib
import io
import json
import pathlib
import zipfile

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.data import pixels
from dalle_tutorial.errors import TutorialError, WeightsError
from dalle_tutorial.files import write_safely
from dalle_tutorial.models.autoregressive_prior import AutoregressivePrior
from dalle_tutorial.models.clip import CLIP
from dalle_tutorial.models.cvae import CVAE
from dalle_tutorial.models.dalle import DALLE
from dalle_tutorial.models.decoder import Decoder
from dalle_tutorial.models.inference import in_chunks, settled
from dalle_tutorial.models.prior import DiffusionPrior
from dalle_tutorial.models.samplers import noise_for_each
from dalle_tutorial.models.translator import Translator
from dalle_tutorial.models.unclip import UnCLIP
from dalle_tutorial.models.upsampler import Upsampler
from dalle_tutorial.models.vqvae import DVAE, VQVAE
from dalle_tutorial.rounding import from_planes, rounded, to_planes
from dalle_tutorial.text.tokenizers import WordTokenizer

FOLDER = pathlib.Path(__file__).parent / "weights"
PRIORS = {"diffusion": "prior-shapes", "autoregressive": "prior-ar-shapes"}
"""Kind of prior → the model that is one."""
UNCLIP_DECODER = "unclip-shapes"
"""The decoder of the whole stack, which a prior tells what to draw."""
UNCLIP_PARTS = ("clip-shapes", *PRIORS.values(), UNCLIP_DECODER, "upsampler-shapes")
"""The models that `load_unclip` puts together."""
_CLASSES = {
    "AutoregressivePrior": AutoregressivePrior, "CLIP": CLIP, "CVAE": CVAE, "DALLE": DALLE, "Decoder": Decoder,
    "DVAE": DVAE, "DiffusionPrior": DiffusionPrior, "Translator": Translator, "Upsampler": Upsampler, "VQVAE": VQVAE,
}


class Trained:
    """A model with its tokeniser and its card (a dict)."""

    def __init__(self, model, tokenizer, card):
        self.model, self.tokenizer, self.card = model, tokenizer, card

    def draw(self, captions, seed=0, **settings):
        """Draws one picture for each caption: uint8 (captions, 32, 32, 3).

        Picture number i depends on caption i, on `seed` and on i, and on nothing else: not on the other captions.
        `settings` are those that the model's `generate` takes; where one is left out or None, the card says it, chosen
        on the validation split. For a CVAE: `temperature`, what the noise of z is multiplied by (0 = the most likely
        z, 1 = p(z|c) itself). Raises TutorialError for a setting that the model does not know, CaptionError or
        UnknownWordError for a caption, before anything is drawn.
        """
        allowed = getattr(self.model, "settings", None)
        if allowed is None:
            raise TutorialError(f"{self.card.get('name', 'this model')} draws no pictures")
        told, ids = settled(settings, allowed, self.card), self.tokenizer(list(captions))
        noise = noise_for_each(len(ids), self.model.noise_shape, seed)
        return in_chunks(lambda *rows: to_bytes(self.model.generate(*rows, **told)), ids, noise)

    def save(self, path, precision="float16"):
        """Writes `path` (…\u200b.npz) and the card beside it (….json), rounding weights to `precision`."""
        path, held = pathlib.Path(path), io.BytesIO()
        weights = [keras.ops.convert_to_numpy(weight).astype(precision) for weight in self.model.weights]
        np.savez_compressed(held, **{f"{i:04d}": to_planes(weight) for i, weight in enumerate(weights)})
        card = {
            **self.card, "class": type(self.model).__name__, "config": self.model.get_config(),
            "tokenizer": self.tokenizer.get_config(), "parameters": int(self.model.count_params()),
            "precision": precision, "sha256": hashlib.sha256(held.getvalue()).hexdigest(),
        }
        write_safely(path, lambda file: file.write(held.getvalue()))
        write_card(path, card)
        self.card = card


def write_card(path, card):
    """Writes the card (a dict) of the weights at `path` (…\u200b.npz) beside them."""
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    write_safely(pathlib.Path(path).with_suffix(".json"), lambda file: file.write(text.encode()))


def to_bytes(pictures):
    """What a model draws, a tensor near [−1, 1], as uint8 pictures; values beyond are cut."""
    return pixels.to_bytes(keras.ops.convert_to_numpy(pictures))


def names():
    """The models that the package ships."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.npz")))


def load(name, precision=None):
    """Loads a shipped model by name, or one that `train` made by its folder or its .npz file.

    precision: "int8" rounds its weights to those that the book's pages draw with (`rounding.rounded`); None leaves
    them as they are stored. Raises TutorialError for another one; WeightsError if there is no such model, if the file
    does not match its card's hash, or if it does not fit the model.
    """
    path = pathlib.Path(name)
    if str(name) in names():
        path = FOLDER / f"{name}.npz"
    elif path.is_dir():
        path = path / "model.npz"
    card_path = path.with_suffix(".json")
    if path.suffix != ".npz" or not path.exists() or not card_path.exists():
        shipped = ", ".join(names()) or "none"
        raise WeightsError(
            f"no model {str(name)!r}: allowed are the shipped ones ({shipped}) or a folder made by `train`, "
            "with model.npz and model.json in it"
        )
    data = path.read_bytes()
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        expected = card["sha256"]
    except (ValueError, KeyError) as error:
        raise WeightsError(f"the card {card_path} is damaged: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise WeightsError(f"{path} is damaged: its SHA-256 is {found[:12]}…, its card says {expected[:12]}…")
    return Trained(*_rebuild(path, data, card, precision), card)


def load_unclip(decoder=None, precision=None):
    """The whole stack as an `UnCLIP`: the shipped CLIP, the priors, the decoder and, where there is one, the upsampler.

    decoder: a `Trained` that takes the place of the shipped one. precision: as for `load`. Raises WeightsError where a
    part is missing.
    """
    def part(name):
        return load(name, precision)

    priors = {kind: part(name) for kind, name in PRIORS.items() if name in names() or kind == "diffusion"}
    upsampler = part("upsampler-shapes") if "upsampler-shapes" in names() else None
    decoder = decoder or part(UNCLIP_DECODER)
    return UnCLIP(part("clip-shapes"), priors, decoder, upsampler, decoder.card)


def as_used(trained, precision=None):
    """A `Trained` as it draws and is measured: for unCLIP's decoder the whole `UnCLIP` around it, the other parts in
    this `precision`; others as they are.

    Raises WeightsError where a part of the stack is missing.
    """
    return load_unclip(trained, precision) if trained.card.get("name") == UNCLIP_DECODER else trained


def _rebuild(path, data, card, precision):
    if card.get("class") not in _CLASSES:
        raise WeightsError(f"{path} holds a {card.get('class')!r}: allowed are {', '.join(_CLASSES)}")
    tokenizer = WordTokenizer.from_config(card["tokenizer"])
    model = _CLASSES[card["class"]].from_config(card["config"])
    model.build_for(tokenizer.max_length)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            weights = [from_planes(file[f"{i:04d}"]) for i in range(len(model.weights))]
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path} does not hold the {len(model.weights)} weights of its model: {error}") from error
    for weight, value in zip(model.weights, weights, strict=True):
        if tuple(weight.shape) != value.shape:
            raise WeightsError(f"{path}: {weight.path} should be {tuple(weight.shape)}, the file has {value.shape}")
        weight.assign((value if precision is None else rounded(value, precision)).astype(weight.dtype))
    return model, tokenizer
