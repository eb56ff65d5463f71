"""The grammar of the SVG that the book writes: which token may follow which, as a finite automaton.

A file is START, one to three objects, END. An object is an element, a colour and three numbers. Whoever chooses each
token among those that the grammar allows ends after `MAX_LENGTH` tokens at most, with a whole file: where no further
object fits, END alone is left.
"""

import numpy as np

from dalle_tutorial.data.scenes import COLOURS, RADII, SHAPES
from dalle_tutorial.errors import TutorialError

PAD, START, END = 0, 1, 2
"""The tokens that are no code, as in `text.tokenizers`: filling, the start of a file, its end."""
SIDE = 64
"""Units along a side of the canvas: two for each pixel of a picture of 32."""
MOST_OBJECTS = 3
OBJECT_LENGTH = 5
"""Tokens of an object: its element, its colour, two numbers that place it, one for its size."""
MAX_LENGTH = 1 + MOST_OBJECTS * OBJECT_LENGTH + 1
ELEMENT = END + 1
"""The token of the first element; then come the other shapes, the colours from `COLOUR` on, the numbers 0 to SIDE."""
COLOUR = ELEMENT + len(SHAPES)
NUMBER = COLOUR + len(COLOURS)
VOCABULARY_SIZE = NUMBER + SIDE + 1
MEASURE = {shape: {"circle": 0.9, "square": 1.52}.get(shape, 1.0) for shape in SHAPES}
"""What the size of a shape says, for radius 1: a circle's radius, a square's side, how far another shape is enlarged
(see `render`, which draws them)."""
SIZE_RANGE = {
    shape: (round(SIDE * RADII["small"][0] * measure), round(SIDE * RADII["large"][1] * measure))
    for shape, measure in MEASURE.items()
}
"""The smallest and the largest size that a shape may have, in units."""
BEGIN = 0
"""The state before START."""


def _automaton():
    """int32 (states, VOCABULARY_SIZE): the state that a token leads to, −1 where it is not allowed."""
    rows = []

    def state():
        rows.append(np.full(VOCABULARY_SIZE, -1, "int32"))
        return len(rows) - 1

    begin, after, done = state(), [state() for _ in range(MOST_OBJECTS + 1)], state()
    rows[begin][START] = after[0]
    rows[done][PAD] = done
    for objects, here in enumerate(after):
        if objects > 0:
            rows[here][END] = done
        for i, shape in enumerate(SHAPES if objects < MOST_OBJECTS else ()):
            colour, x, y, size = (state() for _ in range(OBJECT_LENGTH - 1))
            low, high = SIZE_RANGE[shape]
            rows[here][ELEMENT + i] = colour
            rows[colour][COLOUR:NUMBER] = x
            rows[x][NUMBER:] = y
            rows[y][NUMBER:] = size
            rows[size][NUMBER + low : NUMBER + high + 1] = after[objects + 1]
    return np.stack(rows)


NEXT_STATE = _automaton()
"""The automaton itself: see `_automaton`."""


def allowed_next(tokens):
    """Which tokens may follow each row of `tokens` (batch, so far), the first of which is START.

    Returns bool (batch, VOCABULARY_SIZE). TutorialError, naming token and place, for a row that breaks the grammar.
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 2 or tokens.dtype.kind not in "iu":
        raise TutorialError(f"tokens are whole numbers (batch, so far): got {tokens.dtype} {tokens.shape}")
    states = np.full(len(tokens), BEGIN)
    for k, column in enumerate(tokens.T):
        known = (column >= 0) & (column < VOCABULARY_SIZE)
        states = np.where(known, NEXT_STATE[states, np.where(known, column, 0)], -1)
        if (states < 0).any():
            row = tokens[np.flatnonzero(states < 0)[0]].tolist()
            raise TutorialError(f"the grammar does not allow token {row[k]} at place {k} of {row}")
    return NEXT_STATE[states] >= 0


def check_tokens(tokens, whole=False):
    """One row of tokens as a list of ints, up to END; TutorialError where it breaks the grammar, or, with `whole`,
    where END is missing."""
    row = np.asarray(tokens)
    allowed_next(row[None])
    row = row.tolist()
    if END in row:
        return row[: row.index(END) + 1]
    if whole or not row:
        raise TutorialError(f"the code is not whole: {row} does not go from {START} (start) to {END} (end)")
    return row


def allowed_after_start(tokens):
    """`allowed_next` for rows (batch, so far) that leave START out: what `models.sampling` asks of a grammar."""
    tokens = np.asarray(tokens)
    return allowed_next(np.concatenate([np.full((len(tokens), 1), START, tokens.dtype), tokens], axis=1))
