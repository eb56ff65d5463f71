"""How well models know the emoji world: what they remember of it, and the combinations that they never saw.

Everything here is fixed by its seed. A picture that looks the same as the one asked for (`emoji.twins`) counts as it,
and so does one of the same name.
"""

import numpy as np

from dalle_tutorial.data import emoji
from dalle_tutorial.evaluation import emoji_retrieval
from dalle_tutorial.matching import image_vectors, text_vectors
from dalle_tutorial.rates import Rate


def emoji_of(trained):
    """The `EmojiSet` that a model's captions come from: the core, or everything; None for a model of another world."""
    name = trained.card.get("name") or ""
    if not name.endswith("-emoji"):
        return None
    return emoji.core() if name.startswith("cvae") else emoji.load()


def parts(emoji_set):
    """What is measured apart: name → bool (n,). "things" are all but people; "people" were seen in training, "held_out"
    are those of whom it saw each pair of occupation, gender and skin tone, and never the three together."""
    held_out = np.isin(emoji_set.emoji.astype(str), emoji.split(emoji_set, "held_out").emoji.astype(str))
    people = emoji_set.groups == "people"
    return {"things": ~people, "people": people & ~held_out, "held_out": held_out}


def naming(trained, language="en"):
    """For a CLIP: is the nearest of all names to a picture its own ("caption"), and the nearest of all pictures to a
    name ("picture")? A dict part → way → `Rate`, with "gallery", among how many."""
    everything = emoji.load()
    names = np.array(everything.captions[language])
    cosines = image_vectors(trained, everything.pictures) @ text_vectors(trained, names.tolist()).T
    right = emoji.twins(everything, np.arange(len(everything))) | (names[:, None] == names)
    rows = np.arange(len(everything))
    by_picture, by_name = right[rows, cosines.argmax(1)], right[rows, cosines.argmax(0)]
    found = {
        name: {"caption": Rate.of(by_picture[where]), "picture": Rate.of(by_name[where])}
        for name, where in parts(everything).items()
    }
    return {**found, "gallery": len(everything)}


def showing(draw, n=1000, seed=0, language="en", progress=False):
    """For a model that draws: is the captioned picture the nearest of all to what it drew? At most n names of each of
    `parts`, chosen at random: a dict part → "top1" and "top5", each a `Rate`, with "gallery", among how many.

    By chance it is one in "gallery". Raises what `draw` raises.
    """
    everything, found = emoji.load(), {}
    for name, where in parts(everything).items():
        rows = np.random.default_rng([seed, 20]).permutation(np.flatnonzero(where))[:n]
        captions = [everything.captions[language][row] for row in rows]
        those = emoji_retrieval(draw, everything, captions, seed, progress)
        found[name] = {"top1": those["top1"], "top5": those["top5"]}
    return {**found, "gallery": len(everything)}
