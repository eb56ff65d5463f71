"""Mend what the theme and its extensions leave wrong for assistive technology.

Two more mends are templates (`templates/`): the names of the search and of the theme button.
"""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.transforms.post_transforms import SphinxPostTransform

# sphinx-exercise and sphinx-proof give the inside of every box the same id
REPEATED_IDS = {"exercise-content", "solution-content", "proof-content"}


class UniqueIds(SphinxPostTransform):
    """Drop the ids that several boxes of a page share; nothing links to them."""

    default_priority = 900

    def run(self, **kwargs):
        """Visit every section of the page."""
        for section in self.document.findall(nodes.section):
            section["ids"] = [name for name in section["ids"] if name not in REPEATED_IDS]


def _visit_folded_cell(translator, node):
    """The summary of a folded cell is called what it shows, "Show the code", and not "Toggle hidden content"."""
    body, start = translator.body, len(translator.body)
    visit_HideCellInput(translator, node)
    body[start:] = [part.replace(' aria-label="Toggle hidden content"', "") for part in body[start:]]


def setup(app):
    """Register the transform and the folded cell."""
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(_visit_folded_cell, depart_HideCellInput))
    app.add_post_transform(UniqueIds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
