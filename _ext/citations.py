"""Citations as the book wants them: round brackets, and a list of the works cited on each page.

`:::{cited-here}` lists what the page cites, each entry linked to its place in the one bibliography. (Several
`{bibliography}` lists in a book would each claim to be the target of a citation.)
"""

from dataclasses import dataclass, field

import sphinxcontrib.bibtex.plugin
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle
from sphinxcontrib.bibtex.transforms import BibliographyTransform, node_text_transform

logger = logging.getLogger(__name__)


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """(Kingma and Welling, 2013) for `{cite:p}`, Kingma and Welling (2013) for `{cite:t}`."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


class cited_here(nodes.General, nodes.Element):
    """Stands where the list will be; replaced before writing."""


class CitedHere(SphinxDirective):
    """`:::{cited-here}`: the works cited on this page."""

    def run(self):
        """Leave a placeholder: citations are known only when every page has been read."""
        return [cited_here(docname=self.env.docname)]


class ListCitedHere(SphinxPostTransform):
    """Replace each placeholder with a bullet list, before Sphinx resolves references (priority 10)."""

    default_priority = 6

    def run(self, **kwargs):
        """Build the list from the citation domain's record of this page."""
        domain = self.env.get_domain("cite")
        for placeholder in list(self.document.findall(cited_here)):
            docname = placeholder["docname"]
            keys = {t.key for ref in domain.citation_refs if ref.docname == docname for t in ref.targets}
            items = [self._item(c, docname) for c in domain.citations if c.key in keys]
            if not items:
                logger.warning("cited-here: this page cites nothing", location=docname)
            placeholder.replace_self(nodes.bullet_list("", *items, classes=["cited-here"]))

    def _item(self, citation, docname):
        paragraph = BibliographyTransform.backend.paragraph(citation.formatted_entry)
        holder = nodes.list_item("", paragraph)
        node_text_transform(holder)
        uri = self.app.builder.get_relative_uri(docname, citation.bibliography_key.docname)
        link = nodes.reference("", "in the bibliography", refuri=f"{uri}#{citation.citation_id}", internal=True)
        paragraph += [nodes.Text(" ("), link, nodes.Text(")")]
        return holder


class PlainBibliography(SphinxPostTransform):
    """Make the bibliography an ordinary list: its labels repeat the years, and its ARIA roles are invalid."""

    default_priority = 7

    def run(self, **kwargs):
        """Turn each container of citations into a bullet list whose items keep the citations' ids."""
        for container in list(self.document.findall(nodes.container)):
            if not container.children or not all(isinstance(child, nodes.citation) for child in container):
                continue
            items = [
                nodes.list_item("", *[n for n in citation if not isinstance(n, nodes.label)], ids=citation["ids"])
                for citation in container
            ]
            container.replace_self(nodes.bullet_list("", *items, classes=["bibliography"]))


def setup(app):
    """Register the style, the directive and the transforms."""
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "round_author_year", RoundAuthorYear
    )
    app.add_node(cited_here)
    app.add_directive("cited-here", CitedHere)
    app.add_post_transform(ListCitedHere)
    app.add_post_transform(PlainBibliography)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
