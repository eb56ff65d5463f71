"""The figures of diffusion: that they show the numbers they were given, and refuse what they cannot show."""

import io

import numpy as np
import pytest
from PIL import Image

from dalle_tutorial.errors import PictureError
from dalle_tutorial.viz.diffusion import cloud, convergence, panels, paths
from dalle_tutorial.viz.style import to_png

T = np.linspace(0, 1, 11)


def curves(axes):
    """{name: (x, y)} of the named curves of a panel."""
    return {line.get_label(): line.get_data() for line in axes.lines if not line.get_label().startswith("_")}


def test_every_figure_is_a_small_legible_png(rng):
    density = np.exp(-np.add.outer(T**2, T**2))
    for figure in (
        panels(T, {"signal": {"a": 1 - T, "b": 1 - T**2}, "noise": {"a": T, "b": T**2}}, x_label="t", y_label="rate"),
        convergence([5, 10, 20], {"all the way": {"DDIM": [0.4, 0.2, 0.1]}}, orders=(1, 2)),
        paths({"DDIM": (T[::-1], rng.normal(size=(11, 3))), "DDPM": (T[::-1], rng.normal(size=(11, 3)))}, ends=[-1, 1]),
        cloud({"drawn": rng.normal(size=(50, 2))}, outline=rng.normal(size=(5, 2)), contours=(T, density), title="s"),
    ):
        data = to_png(figure)
        width, height = Image.open(io.BytesIO(data)).size
        assert len(data) <= 150_000 and 300 <= width <= 1300 and height >= 100
        assert "<BookFigure: " in repr(figure)


def test_panels_draw_each_curve_in_its_panel_and_name_it_once():
    figure = panels(T, {"up": {"a": T, "b": 2 * T}, "down": {"a": -T, "b": -2 * T}}, x_label="t", y_label="y",
                    logs=("up",), marks={"b": [0.3, 0.7]})
    up, down = figure.axes
    np.testing.assert_array_equal(curves(up)["b"], (T, 2 * T))
    np.testing.assert_array_equal(curves(down)["a"], (T, -T))
    assert (up.get_yscale(), down.get_yscale()) == ("log", "linear")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert [axes.lines[-1].get_xdata()[0] for axes in figure.axes] == [0.3, 0.7]


def test_an_order_is_a_slope_on_both_logarithmic_axes():
    (axes,) = convergence([10, 20, 40], {"": {"e": [0.4, 0.1, 0.025]}}, orders=(2,)).axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    np.testing.assert_allclose(axes.lines[-1].get_ydata(), [0.4, 0.1, 0.025])  # the guide of slope −2 lies on it


def test_paths_run_from_noise_on_the_left_to_data_on_the_right():
    x = np.stack([T, -T], axis=1)
    (axes,) = paths({"DDIM": (T[::-1], x)}, ends=[-1, 1]).axes
    assert axes.get_xlim() == (1, 0)
    np.testing.assert_array_equal(axes.lines[1].get_data(), (T[::-1], -T))
    np.testing.assert_array_equal(axes.lines[-1].get_data(), ([0, 0], [-1, 1]))


def test_contours_hold_the_shares_that_they_say(rng):
    """Of draws from the density, nine tenths lie within one line and a half within the other."""
    grid = np.linspace(-4, 4, 161)
    density = np.exp(-np.add.outer(grid**2, grid**2) / 2)
    (axes,) = cloud({"": np.zeros((1, 2))}, contours=(grid, density), reach=4).axes
    outer, inner = axes.collections[0].levels
    draws = np.exp(-(rng.normal(size=(20_000, 2)) ** 2).sum(axis=1) / 2)
    np.testing.assert_allclose([(draws > outer).mean(), (draws > inner).mean()], [0.9, 0.5], atol=0.02)
    assert axes.get_legend() is None


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(PictureError, match=r"b has the shape \(3,\); needed is that of x, \(11,\)"):
        panels(T, {"": {"a": T, "b": [1, 2, 3]}}, x_label="t", y_label="y")
    with pytest.raises(PictureError, match="DDIM: errors on a logarithmic scale must be above 0"):
        convergence([1, 2], {"": {"DDIM": [0.1, 0.0]}})
    with pytest.raises(PictureError, match=r"points have the shape \(4, 3\); needed is \(n, 2\)"):
        cloud({"": np.zeros((4, 3))})
