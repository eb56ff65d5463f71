"""A saved ipywidget is drawn by the widget manager that the site itself serves, and its linked controls work.

The chapters' live controls save no state (they need a kernel); this holds the settings to their word for whoever
commits one that does not.
"""

import building
import ipywidgets
import looking
import nbformat
import pytest
from ipywidgets import embed


def two_linked_sliders():
    """An output cell's data and the saved state that belongs to it, as a notebook keeps them; no kernel is needed."""
    slider = ipywidgets.IntSlider(value=3, max=9, description="left")
    twin = ipywidgets.IntSlider(value=3, max=9, description="right")
    link = ipywidgets.jslink((slider, "value"), (twin, "value"))
    saved = embed.embed_data(views=[ipywidgets.VBox([slider, twin])])
    link.unlink()
    return {"application/vnd.jupyter.widget-view+json": saved["view_specs"][0]}, saved["manager_state"]


@pytest.fixture(scope="module")
def widget_site(tmp_path_factory):
    """A book of one page with two linked sliders."""
    folder = tmp_path_factory.mktemp("widgets")
    building.copy(building.SETTINGS, folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    data, state = two_linked_sliders()
    shown = nbformat.v4.new_output("display_data", data)
    code = nbformat.v4.new_code_cell("box", outputs=[shown], execution_count=1)
    cells = [nbformat.v4.new_markdown_cell("# Widgets"), code]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "widgets": {"application/vnd.jupyter.widget-state+json": state},
    }
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "page.ipynb")
    return building.build(folder)


def test_saved_widgets_work_without_another_host(page, widget_site):
    """Both sliders appear; an arrow key on one moves the other."""
    with looking.served(widget_site) as address:
        sight = looking.watch(page, address)
        page.goto(f"{address}/page.html")
        page.locator(".widget-slider").nth(1).wait_for()
        page.locator(".noUi-handle").first.focus()
        before = page.locator(".widget-readout").all_inner_texts()
        page.keyboard.press("ArrowRight")
        after = page.locator(".widget-readout").all_inner_texts()
        assert (before, after) == (["3", "3"], ["4", "4"])
        own = [found for found in sight.complaints if "strict mode" not in found]    # the manager's, about its schema
        assert (sight.outside, own) == ([], [])
