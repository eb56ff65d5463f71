"""Imports Keras quietly: `from dalle_tutorial.backend import keras`.

TensorFlow prints a few C++ lines to file descriptor 2 while it is imported. They are harmless, but strict
nbval compares stderr and a reader of a notebook takes them for an error. Switching oneDNN off silences them and
halves the speed of training, so the descriptor is turned away for the time of the import instead.

It also asks the C library to keep the memory that is freed, which nearly doubles the speed of training on a processor.
"""

import contextlib
import ctypes
import functools
import os
import platform
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8    # names of glibc's malloc.h


def _keep_freed_memory():
    """Asks the C library, where it is glibc, to keep freed memory for what comes next.

    Each training step frees hundreds of megabytes and asks for as many again. By its own rules glibc gives them back
    to the system in between, which then hands out every page anew, wiped: half of the time of a step. A limit above
    32 MB for what is mapped by itself would be refused, and ignored.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, (2 << 30) - 1)
        mallopt(_TOP_PAD, 256 << 20)


@contextlib.contextmanager
def _quiet_stderr():
    """Sends file descriptor 2 to nowhere; on an exception, says what had been written to it."""
    import tempfile

    sys.stderr.flush()
    with tempfile.TemporaryFile() as heard:
        kept = os.dup(2)
        os.dup2(heard.fileno(), 2)
        try:
            yield
        except BaseException:
            heard.seek(0)
            os.write(kept, heard.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


_keep_freed_memory()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _quiet_stderr():
    import keras

    # Keras imports its backend with it; TensorFlow's own lazy parts announce themselves on first use.
    if keras.backend.backend() == "tensorflow":
        import tensorflow as _tf

        _tf.constant(0.0)



def compiled(function, model, any_size=False):
    """`function`, which calls `model` on tensors and changes no weight, made fast: traced once for each set of shapes.

    Arrays and tensors may be passed to it, alone or in dicts; a plain number would be traced anew for each value.
    TensorFlow gets a graph and JAX a jitted function; PyTorch runs it as it is, without keeping what gradients need.

    any_size: a trace takes seconds; with this, TensorFlow's second one leaves open what differs from the first, such
        as the number of rows, and serves all that follow. `function` must not need that size as a plain number.
    """
    if keras.backend.backend() == "tensorflow":
        # TensorFlow counts tracings for each piece of code, and warns of many. A partial has none of its own, so that
        # each model is counted by itself.
        return _tf.function(functools.partial(function), autograph=False, reduce_retracing=any_size)
    if keras.backend.backend() == "jax":
        import jax

        @jax.jit
        def pure(values, arguments):
            with keras.StatelessScope(state_mapping=list(zip(model.variables, values, strict=True))):
                return function(*arguments)

        return lambda *arguments: pure([variable.value for variable in model.variables], arguments)
    import torch

    return torch.no_grad()(function)


__all__ = ["compiled", "keras"]
