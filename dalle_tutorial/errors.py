"""The errors that a reader can cause. Each names what was wrong and what is allowed."""

import difflib


class TutorialError(ValueError):
    """Base of every error caused by bad input; the command line prints it as one line and exits with 2."""


class CaptionError(TutorialError):
    """A caption that is empty, too long, or not of the grammar."""


class UnknownWordError(CaptionError):
    """A word that the vocabulary does not hold. `word`, and the `nearest` words that it does hold.

    `otherwise`: what to say where there is no vocabulary that the word could belong to.
    """

    def __init__(self, word, vocabulary, otherwise="no word is known"):
        self.word = word
        self.nearest = tuple(difflib.get_close_matches(word, list(vocabulary), n=3, cutoff=0.4))
        hint = f"the nearest known words are {', '.join(self.nearest)}" if self.nearest else (
            "known words are " + ", ".join(sorted(vocabulary)[:12]) + ", …" if vocabulary else otherwise
        )
        super().__init__(f"unknown word {word!r}: {hint}")


class PictureError(TutorialError):
    """A picture of the wrong shape, type or value range."""


class WeightsError(TutorialError):
    """A weights file that is missing, damaged, or made for another model."""
