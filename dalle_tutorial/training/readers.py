"""Text encoders that begin as that of another trained model: what CLIP has learnt of words serves others too."""

from dalle_tutorial import weights
from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.text.encoder import TextEncoder


def text_encoder(tokenizer, reader=None, **config):
    """A fresh `TextEncoder` for the captions of `tokenizer`: of the sizes of the trained model named `reader`, or, if
    that is None, of `config`. Raises WeightsError where that model is not trained yet."""
    if reader:
        config = weights.load(reader).model.text_encoder.plain_config()
    told = {"vocabulary_size": tokenizer.vocabulary_size, "max_length": tokenizer.max_length}
    return TextEncoder(**config | told, name="text_encoder")


def inherit(encoder, reader, tokenizer):
    """Gives a built `TextEncoder` the weights of that of the trained model named `reader`; of its words, the first.

    The rows of words that `tokenizer` has beyond the reader's stay as they are. Raises WeightsError as `text_encoder`
    does, TutorialError unless its words begin with the reader's and its captions are as long.
    """
    trained = weights.load(reader)
    words, length = trained.tokenizer.words, trained.tokenizer.max_length
    if tokenizer.words[: len(words)] != words or tokenizer.max_length != length:
        raise TutorialError(f"the words must begin with those of {reader}, and captions be of {length} tokens")
    for weight, learnt in zip(encoder.weights, trained.model.text_encoder.weights, strict=True):
        held, taught = keras.ops.convert_to_numpy(weight).copy(), keras.ops.convert_to_numpy(learnt)
        held[: len(taught)] = taught
        weight.assign(held)
