"""A saved ipywidget is drawn by the widget manager that the site itself serves, and its linked controls work.

The chapters' live controls save no state (they need a kernel); this holds the settings to their word for whoever
commits one that does not.
"""

import building
import looking
import nbclient
import nbformat
import pytest

CELL = """
import ipywidgets
slider = ipywidgets.IntSlider(value=3, max=9, description="left")
twin = ipywidgets.IntSlider(max=9, description="right")
ipywidgets.jslink((slider, "value"), (twin, "value"))
ipywidgets.VBox([slider, twin])
"""


@pytest.fixture(scope="module")
def widget_site(tmp_path_factory):
    """A book of one page with two linked sliders."""
    folder = tmp_path_factory.mktemp("widgets")
    building.copy(building.SETTINGS, folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_markdown_cell("# Widgets"), nbformat.v4.new_code_cell(CELL)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbclient.NotebookClient(notebook, store_widget_state=True).execute()
    nbformat.write(notebook, folder / "page.ipynb")
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
