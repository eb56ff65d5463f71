"""The packages of the extra `export`, which nothing else of this package needs."""

import importlib

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError


def needed(*names):
    """These packages, imported. Raises TutorialError where one is missing, or where Keras runs on another backend."""
    if keras.backend.backend() != "tensorflow":
        raise TutorialError(f"exporting needs TensorFlow: Keras runs on {keras.backend.backend()}")
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as error:
        raise TutorialError(f"exporting needs {error.name}: pip install 'dalle-tutorial[export]'") from error
