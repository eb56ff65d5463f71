"""What the commands do. `dalle_tutorial.cli` reads their arguments.

Each takes the parsed arguments, and raises TutorialError or OSError for what a reader can get wrong. TensorFlow takes
seconds to load, so it is loaded only after all that can be checked without it: files to read, places to write.
"""

from dalle_tutorial.commands.drawing import draw
from dalle_tutorial.commands.manipulating import inpaint, interpolate, text_diff, vary
from dalle_tutorial.commands.training import evaluate, export, models, train
from dalle_tutorial.commands.writing import code, translate

__all__ = [
    "code", "draw", "evaluate", "export", "inpaint", "interpolate", "models", "text_diff", "train", "translate", "vary",
]
