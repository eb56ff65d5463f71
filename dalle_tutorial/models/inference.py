"""What all who use a trained model share: it is run in chunks, and what it is not told, its card says."""

import numpy as np

from dalle_tutorial.data.scenes import check_choice


def in_chunks(function, *inputs, size=128):
    """function(*inputs) for arrays or lists of one length, at most `size` rows at a time: a NumPy array of all rows.

    A function of several results returns a tuple, and so does this. What comes of a row should not depend on the rows
    beside it; a function that draws for each chunk anew does not draw the same with another `size`.
    """
    parts = [function(*(rows[i : i + size] for rows in inputs)) for i in range(0, len(inputs[0]), size)]
    if parts and isinstance(parts[0], tuple):
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return np.concatenate([np.asarray(part) for part in parts])


def filled_up(*inputs, sizes=(1, 8, 32, 128)):
    """Arrays of one length, their last row repeated up to the next of `sizes`: a list of arrays.

    A compiled function is traced anew, for seconds, for each number of rows; so it gets few different ones.
    """
    more = next((size for size in sizes if size >= len(inputs[0])), len(inputs[0])) - len(inputs[0])
    return [np.concatenate([rows, np.repeat(rows[-1:], more, axis=0)]) for rows in inputs]


def settled(given, allowed, card):
    """The settings to draw with, a dict: of the `allowed` names what is given, and else what the card (a dict) says.

    A given None counts as not given. What neither says is left out. Raises TutorialError for a name not allowed.
    """
    for name in given:
        check_choice("setting", name, allowed)
    told = {name: card[name] for name in allowed if name in card}
    return told | {name: value for name, value in given.items() if value is not None}
