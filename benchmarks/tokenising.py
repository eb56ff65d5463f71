"""Our byte-pair encoding beside the `tokenizers` library: same merges, and what the visible Python costs.

    python -m benchmarks.tokenising

(The file is not called tokenizers.py, because run as a script it would then import itself.)
"""

import json
import time

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from dalle_tutorial.data import emoji
from dalle_tutorial.data.shapes import VOCABULARY, captions_and_pictures
from dalle_tutorial.text.bpe import SPECIAL_TOKENS, BytePairTokenizer
from dalle_tutorial.text.tokenizers import WordTokenizer

CAPTIONS, SIZE, ROUNDS = 5000, 3000, 3


def fastest(function, prepare=lambda: None):
    """The shortest of ROUNDS runs in seconds, and the result; each gets what `prepare` makes, untimed."""
    best = float("inf")
    for _ in range(ROUNDS):
        prepared = prepare()
        start = time.perf_counter()
        result = function(prepared)
        best = min(best, time.perf_counter() - start)
    return best, result


def library_trained(corpus):
    """The library's tokeniser, trained as ours is."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    library.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=SIZE, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=alphabet, show_progress=False
        ),
    )
    return library


def main():
    """Prints one table."""
    names = emoji.load().captions
    corpora = {
        language: captions_and_pictures(CAPTIONS, 0, size=8, language=language)[0] for language in ("en", "zh")
    }
    corpora = {
        "English captions": corpora["en"],
        "Chinese captions": corpora["zh"],
        "emoji names, both": [*names["en"], *names["zh"]],
        "all of these": [*corpora["en"], *corpora["zh"], *names["en"], *names["zh"]],
    }
    print(f"up to {SIZE} ids; the fastest of {ROUNDS} runs; texts a second when encoding a list")
    print("| corpus | texts | merges, equal | train, s | library | encode, texts/s | library |")
    print("|---|---|---|---|---|---|---|")
    for name, corpus in corpora.items():
        train, ours = fastest(lambda _, corpus=corpus: BytePairTokenizer.train(corpus, SIZE))
        library_train, library = fastest(lambda _, corpus=corpus: library_trained(corpus))
        merges = json.loads(library.to_str())["model"]["merges"]
        equal = [list(pair) for pair in ours.merges] == merges

        # Both remember words they have encoded, so each run gets a tokeniser that has seen none.
        encoding, ids = fastest(
            lambda tool, corpus=corpus: [tool.pieces(text) for text in corpus],
            lambda merges=ours.merges: BytePairTokenizer(merges),
        )
        library_encoding, others = fastest(
            lambda tool, corpus=corpus: tool.encode_batch(corpus),
            lambda lib=library: Tokenizer.from_str(lib.to_str()),
        )
        equal = equal and ids == [other.ids for other in others]
        print(
            f"| {name} | {len(corpus):,} | {len(merges):,}, {'yes' if equal else 'NO'} | {train:.2f} "
            f"| {library_train:.2f} | {len(corpus) / encoding:,.0f} | {len(corpus) / library_encoding:,.0f} |"
        )
    words = WordTokenizer(VOCABULARY, max_length=42)
    for name in ("English captions", "Chinese captions"):
        seconds, _ = fastest(lambda _, name=name: words(corpora[name]))
        print(f"word tokeniser, {name}: {len(corpora[name]) / seconds:,.0f} texts/s into padded rows")


if __name__ == "__main__":
    main()
