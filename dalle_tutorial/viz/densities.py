"""A figure of the Kullback–Leibler divergence. Public in `figures`."""

import numpy as np

from dalle_tutorial.viz.style import SERIES, BookFigure, styled

_Z = np.linspace(-9, 9, 1801)


def _log_gauss(mean, width):
    return -0.5 * (((_Z - mean) / width) ** 2 + np.log(2 * np.pi)) - np.log(width)


@styled
def kl_panels(mean, width):
    """q = N(mean, width²) against p = N(0, 1), and what each z adds to KL(q‖p), whose value is the shaded area.

    The scales suit means from −2 to 2 and widths from 0.4 to 1.5, and stay the same, so that areas can be compared.
    """
    log_q, log_p = _log_gauss(mean, width), _log_gauss(0.0, 1.0)
    adds = np.exp(log_q) * (log_q - log_p)
    there = (width**2 + mean**2 - 1) / 2 - np.log(width)
    back = (1 + mean**2) / (2 * width**2) - 0.5 + np.log(width)
    figure = BookFigure(3.9, f"KL of q = N({mean:g}, {width:g}²) from p = N(0, 1)", width=3.8)
    above, below = figure.subplots(2, 1, sharex=True)
    above.fill_between(_Z, np.exp(log_q), color=SERIES[0], alpha=0.3)
    above.plot(_Z, np.exp(log_q), color=SERIES[0], label="q")
    above.plot(_Z, np.exp(log_p), color=SERIES[1], linestyle="--", label="p")
    above.set(ylabel="density", ylim=(0, 1.1), title="q and p")
    above.legend(loc="upper left")
    below.fill_between(_Z, adds, where=adds > 0, color=SERIES[1], alpha=0.45, linewidth=0)
    below.fill_between(_Z, adds, where=adds < 0, color=SERIES[0], alpha=0.45, linewidth=0, hatch="///")
    below.plot(_Z, adds, color="#1f2933", linewidth=1)
    below.set(xlabel="z", ylabel="q (log q − log p)", ylim=(-0.4, 3.2), title=f"KL(q‖p) = {there:.2f} nats")
    below.text(0.03, 0.95, f"KL(p‖q) = {back:.2f}", transform=below.transAxes, va="top", fontsize=8.5)
    for axes in (above, below):
        axes.set_xlim(-6, 6)
        axes.grid(True, axis="y")
    return figure
