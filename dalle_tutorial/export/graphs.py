"""What of a model becomes a graph: the parts that are evaluated again and again, each a function of arrays.

Noise, samplers and guidance stay outside: they are a few lines in any language, and there a reader can watch them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.models.clip import CLIP, SIDE
from dalle_tutorial.models.cvae import CVAE
from dalle_tutorial.models.dalle import DALLE
from dalle_tutorial.models.decoder import Decoder
from dalle_tutorial.models.prior import DiffusionPrior
from dalle_tutorial.models.unet import EXTRA_TOKENS
from dalle_tutorial.models.upsampler import Upsampler
from dalle_tutorial.models.vqvae import PictureTokens

ops = keras.ops


@dataclass(frozen=True)
class Graph:
    """A function of tensors, to be exported.

    function: takes the inputs by name and returns a dict of tensors (batch, …). inputs: name → (shape without the
    batch, or None for one number that has none; kind). Kinds: "number" (float32, about as large as noise), "time" and
    "flag" (float32 in [0, 1]), or, for int32, how many values there are, from 0 on.
    """

    function: Callable
    inputs: dict

    def example(self, batch, seed=0):
        """Random inputs of these kinds, for `batch` examples: name → array."""
        rng, found = np.random.default_rng(seed), {}
        for name, (shape, kind) in self.inputs.items():
            size = () if shape is None else (batch, *shape)
            if isinstance(kind, int):
                found[name] = np.asarray(rng.integers(0, kind, size), "int32")
            elif kind == "number":
                found[name] = np.asarray(rng.standard_normal(size), "float32")
            else:
                found[name] = np.asarray(rng.random(size) if kind == "time" else rng.integers(0, 2, size), "float32")
        return found


def graphs_of(trained):
    """The graphs of a `Trained` model: a dict role → `Graph`. Raises TutorialError for a kind that has none."""
    for kind, graphs in _GRAPHS.items():
        if isinstance(trained.model, kind):
            return graphs(trained.model, trained.tokenizer)
    allowed = ", ".join(kind.__name__ for kind in _GRAPHS)
    raise TutorialError(f"a {type(trained.model).__name__} cannot be exported: allowed are {allowed}")


def _clip(model, tokenizer):
    scale = math.sqrt(model.embedding_width)  # as `clip.encoders`: numbers about as large as noise
    return {
        "text": Graph(lambda ids: {"embedding": scale * model.encode_text(ids)}, {"ids": _ids(tokenizer)}),
        "image": Graph(lambda x: {"embedding": scale * model.encode_image(x)}, {"x": ((SIDE, SIDE, 3), "number")}),
    }


def _cvae(model, tokenizer):
    def prior(ids, z):
        mean, log_var = model.prior(z, ids)
        return {"mean": mean, "log_var": log_var}

    def paint(ids, z):
        return {"pictures": model.decode(z, ids)}

    inputs = {"ids": _ids(tokenizer), "z": ((model.latent_size,), "number")}
    return {"prior": Graph(prior, inputs), "paint": Graph(paint, inputs)}


def _decoder(model, tokenizer):
    net, conditions = model.denoiser, {"ids": _ids(tokenizer), "keep_ids": ((), "flag")}
    if net.embedding_width:
        conditions |= {"embedding": ((net.embedding_width,), "number"), "keep_embedding": ((), "flag")}

    def read(**given):
        known, tokens, mask = net.told(given)
        return {"known": known, "tokens": tokens, "mask": ops.cast(mask, "float32")}

    def denoise(x, t, known, tokens, mask):
        return {"output": net.look(x, net.at(t, known), tokens, mask > 0.5)}

    places = tokenizer.max_length + (EXTRA_TOKENS if net.embedding_width else 0)
    return {"read": Graph(read, conditions), "denoise": Graph(denoise, {
        "x": (model.noise_shape, "number"), "t": ((), "time"), "known": ((2 * net.widths[1],), "number"),
        "tokens": ((places, net.widths[1]), "number"), "mask": ((places,), "flag"),
    })}


def _prior(model, tokenizer):
    width = model.denoiser.embedding_width
    conditions = {"ids": _ids(tokenizer), "text": ((width,), "number"), "keep_text": ((), "flag")}

    def denoise(x, t, **given):
        return {"output": model.denoiser(x, t, given, training=False)}

    return {"denoise": Graph(denoise, {"x": (model.noise_shape, "number"), "t": ((), "time"), **conditions})}


def _upsampler(model, tokenizer):
    half = model.denoiser.side // 2

    def denoise(x, t, low):
        return {"output": model.denoiser(x, t, {"low": model.enlarge(low)}, training=False)}

    return {"denoise": Graph(denoise, {
        "x": (model.noise_shape, "number"), "t": ((), "time"), "low": ((half, half, 3), "number"),
    })}


def _picture_tokens(model, tokenizer):
    def decode(codes):
        return {"pictures": model.decode(codes)}

    return {"decode": Graph(decode, {"codes": ((model.grid**2,), model.codes)})}


def _dalle(model, tokenizer):
    net = model.transformer
    head, names = net.width // net.heads, [f"{name}_{i}" for i in range(net.depth) for name in ("keys", "values")]
    rooms = {"keys": (net.heads, head, net.length), "values": (net.heads, net.length, head)}

    def said(logits, caches):
        kept = [cache["own"][name] for cache in caches for name in ("keys", "values")]
        return {"logits": logits, **{f"new_{name}": value for name, value in zip(names, kept, strict=True)}}

    def start(ids):
        return said(*net.start(ids))

    def step(codes, k, **caches):
        each = [{"own": {name: caches[f"{name}_{i}"] for name in ("keys", "values")}} for i in range(net.depth)]
        return said(*net.step(codes, k, each))

    inputs = {"codes": ((), net.codes), "k": (None, model.cells - 1)}
    inputs |= {name: (rooms[name.split("_")[0]], "number") for name in names}
    return {
        "start": Graph(start, {"ids": _ids(tokenizer)}), "step": Graph(step, inputs),
        **_picture_tokens(model.autoencoder, tokenizer),
    }


_GRAPHS = {
    CLIP: _clip, CVAE: _cvae, Upsampler: _upsampler, Decoder: _decoder, DiffusionPrior: _prior,
    PictureTokens: _picture_tokens, DALLE: _dalle,
}


def _ids(tokenizer):
    return (tokenizer.max_length,), tokenizer.vocabulary_size

