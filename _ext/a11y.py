"""Mend what the theme and its extensions leave wrong for assistive technology.

Two more mends are templates (`templates/`): the names of the search and of the theme button.
"""

from docutils import nodes
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


def setup(app):
    """Register the transform."""
    app.add_post_transform(UniqueIds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
