"""From one vector to another along the great circle (Shoemake 1985)."""

import numpy as np


def slerp(a, b, fraction):
    """From a (fraction 0) to b (1) along the great circle: arrays (n, …), `fraction` a number or (n,).

    Lengths go from that of a to that of b. What lies on a line between two Gaussian noises is too short to be one;
    what lies on the circle is not (§3.2). Where both point the same way, so does the result.
    """
    a, b = np.asarray(a, "float32"), np.asarray(b, "float32")
    inner = tuple(range(1, a.ndim))
    fraction = np.reshape(np.broadcast_to(fraction, len(a)), (-1, *[1] * len(inner))).astype("float32")
    lengths = [np.sqrt(np.square(x).sum(inner, keepdims=True)) + 1e-8 for x in (a, b)]
    directions = a / lengths[0], b / lengths[1]
    angle = np.arccos(np.clip((directions[0] * directions[1]).sum(inner, keepdims=True), -1, 1))
    angle = np.maximum(angle, 1e-4)
    mixed = np.sin((1 - fraction) * angle) * directions[0] + np.sin(fraction * angle) * directions[1]
    return mixed / np.sin(angle) * ((1 - fraction) * lengths[0] + fraction * lengths[1])
