"""What is in a sentence vector? Linear probes, captions that only word order tells apart, and synonyms.

A probe is a linear classifier: what it finds lay in the vector for one matrix to read (Alain & Bengio 2016). Two things
keep it honest: a control task, which shows how much the probe could have learnt by heart (Hewitt & Liang 2019),
and baselines that cannot know the order of words. Needs scikit-learn, which comes with the extra `book`.
"""

import re
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from dalle_tutorial.data.captions import ENGLISH
from dalle_tutorial.data.shapes import COLOURS, INVERSE, RELATIONS, SHAPES, SIZES, Description, describe, sample
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.rates import Rate  # noqa: F401 - what a probe's answers are counted with
from dalle_tutorial.text.tokenizers import END


def bag_of_words(ids, vocabulary_size):
    """How often each word stands in each caption: int ids (batch, tokens) → float32 (batch, vocabulary_size).

    The three special ids are not counted. Nothing of the order of the words is left.
    """
    ids = np.asarray(ids)
    counts = np.zeros((len(ids), vocabulary_size), "float32")
    np.add.at(counts, (np.arange(len(ids))[:, None], ids), 1)
    counts[:, : END + 1] = 0
    return counts


def mean_embedding(ids, table):
    """The mean of the word vectors of each caption: ids (batch, tokens), table (vocabulary, width) → (batch, width)."""
    counts = bag_of_words(ids, len(table))
    return counts @ np.asarray(table) / counts.sum(1, keepdims=True)


def fit_probe(vectors, labels):
    """A linear classifier, fitted to vectors (batch, width) and their labels; its `predict` takes new vectors.

    It is a multinomial logistic regression (scikit-learn's, L2 with C = 1) on vectors brought to one scale.
    """
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    with threadpool_limits(1):  # the matrices are so small that handing them to threads takes longer than the sums
        return classifier.fit(np.asarray(vectors), labels)


def probe(vectors, labels, test_vectors, test_labels):
    """Fits a probe to the first two and says for each test vector whether it is right: bools (tests,)."""
    return fit_probe(vectors, labels).predict(np.asarray(test_vectors)) == np.asarray(test_labels)


def control_labels(types, labels, seed=0):
    """Labels for a control task: each distinct type gets a label at random, always the same one (§2).

    They are drawn from `labels`, so that each label is as common as in the real task. The types must be things the
    probe could tell apart in the real task; what it then gets right, it has learnt by heart.
    """
    rng, labels = np.random.default_rng(seed), np.asarray(labels)
    chosen = {kind: labels[rng.integers(len(labels))] for kind in sorted(set(types))}
    return np.array([chosen[kind] for kind in types])


def left_colour(description):
    """The colour of the object on the left, of a description with two objects side by side."""
    first, second = description.objects
    return (first if description.relations[0] == "left of" else second).colour


def twins(n, seed, split="test"):
    """n pairs of descriptions with the same words in another order, and another picture: two lists of n.

    "a red star left of a blue box" and "a blue box left of a red star". The two objects differ in colour, so
    `left_colour` answers differently; in canonical wording the captions are the same bag of words.
    """
    first, seeds = [], 0
    while len(first) < n:
        drawn, _ = sample(4 * n, [seed, seeds], split, kinds=("two",))
        first += [
            d for d in drawn
            if d.relations[0] in ("left of", "right of") and d.objects[0].colour != d.objects[1].colour
        ]  # fmt: skip
        seeds += 1
    return first[:n], [Description(d.objects[::-1], d.relations) for d in first[:n]]


def paraphrase(description):
    """The same scene in other words: "A left of B" becomes "B right of A"."""
    return Description(description.objects[::-1], tuple(INVERSE[r] for r in description.relations[::-1]))


def cosine(a, b):
    """Cosine similarity of vectors along the last axis, shapes broadcast together."""
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (np.asarray(a) * b).sum(-1) / np.maximum(norms, 1e-12)


def nearest(vectors, candidates, margin=1e-6):
    """Which candidate is nearest by cosine: (batch, width), (batch, candidates, width) → int (batch,); −1 for a tie.

    The mean of all candidates is taken off first: what all captions share says nothing about their differences.
    """
    centre = candidates.reshape(-1, candidates.shape[-1]).mean(0)
    similar = cosine((vectors - centre)[:, None], candidates - centre)
    best = np.sort(similar, axis=1)
    return np.where(best[:, -1] - best[:, -2] > margin, similar.argmax(1), -1)


def synonym_trials(kind, n, seed, split="test"):
    """Captions with a synonym, each beside the captions with every canonical word of its `kind` in that place.

    `kind`: "shape", "colour", "size" or "relation". Returns n captions ("a crimson star above …"), n lists of
    captions ("a red star above …", "an orange star above …", …), and the indices (n,) of those that mean the same.
    """
    meanings = {"shape": SHAPES, "colour": COLOURS, "size": SIZES, "relation": RELATIONS}
    if kind not in meanings:
        raise TutorialError(f"unknown kind {kind!r}: allowed are {', '.join(meanings)}")
    rng, captions, choices, right = np.random.default_rng([seed, 1]), [], [], []
    descriptions, _ = sample(40 * n, seed, split, kinds=("two",))
    for description in descriptions:
        first, *others = description.objects
        meaning = description.relations[0] if kind == "relation" else getattr(first, kind)
        synonyms = ENGLISH[kind].get(meaning, [None])[1:]
        if not synonyms or len(captions) == n:
            continue
        word = synonyms[rng.integers(len(synonyms))]
        captions.append(re.sub(rf"\b{meaning}\b", word, describe(description), count=1))
        choices.append([
            describe(
                replace(description, relations=(other,)) if kind == "relation"
                else replace(description, objects=(replace(first, **{kind: other}), *others))
            )
            for other in meanings[kind]
        ])  # fmt: skip
        right.append(meanings[kind].index(meaning))
    return captions, choices, np.array(right)
