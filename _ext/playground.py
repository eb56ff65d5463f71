"""The page that draws: `:::{playground}` puts the form and the gallery there; scripts and a policy follow.

The Content-Security-Policy allows what the site itself serves and, by their hashes, the theme's inline scripts; those
are known only when the page is written. So the policy is written last of all.
"""

import base64
import hashlib
import json
import pathlib
import re

import playground_page
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

MARK = 'id="pg-root"'
LIVE = 'class="d2 live-figure'    # dalle_tutorial/viz/live.py
ASSETS = pathlib.Path("_assets")
SERVICE_WORKER = "_assets/playground/service-worker.js"
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
_META = re.compile(r'\n?<meta http-equiv="Content-Security-Policy"[^>]*>')
_CHARSET = re.compile(r"(<meta charset=[^>]*>)")    # belongs to the first 1,024 bytes: the policy follows
_PRINT = ' onclick="window.print()"'


class Playground(SphinxDirective):
    """`:::{playground}`: the form, which start.js wakes, and the gallery, which needs no script."""

    def run(self):
        """HTML of what lies in _assets: the exported models' sizes and cards, and the gallery."""
        root = pathlib.Path(self.env.srcdir) / ASSETS
        for part in ("playground/gallery/gallery.json", "vendor/models/index.json"):
            if (root / part).exists():
                self.env.note_dependency(str(root / part))
        up = "../" * self.env.docname.count("/")
        return [nodes.raw("", playground_page.whole(root, f"{up}_static"), format="html")]


def _add_scripts(app, pagename, templatename, context, doctree):
    if MARK in (context.get("body") or ""):
        app.add_css_file("playground/playground.css")
        app.add_js_file("playground/start.js", loading_method="defer")
    if LIVE in (context.get("body") or ""):
        _add_live(app)


def _add_live(app):
    """The script of a chapter's live figures, which is told what a press of their buttons will load."""
    root = pathlib.Path(app.srcdir) / ASSETS
    models = {name: {"bytes": told["bytes"], "hashes": told["hashes"]}
              for name, told in playground_page.exported(root).items()}
    for file in ("playground/playground.css", "playground/live.css"):
        app.add_css_file(file)
    app.add_js_file("playground/live/live.js", loading_method="defer", **{
        "data-models": json.dumps(models), "data-runtime": str(playground_page.runtime_bytes(root)),
    })


def policy_of(html):
    """The policy for a page (HTML): its inline scripts are allowed by hash; data that stands in a script is none."""
    inline = [body for told, body in _SCRIPT.findall(html) if not re.search(r"\b(src|type)=", told)]
    digests = {base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in inline}
    return POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in sorted(digests)))


def _write_policies(app, exception):
    if exception or app.builder.format != "html":
        return
    for name in app.env.found_docs:
        path = pathlib.Path(app.builder.get_outfilename(name))
        html = path.read_text(encoding="utf-8") if path.exists() else ""
        if MARK in html or LIVE in html:
            # start.js or live.js does what the theme's one inline handler does, which no hash could allow by itself
            html = _META.sub("", html).replace(_PRINT, " data-print")
            meta = f'<meta http-equiv="Content-Security-Policy" content="{policy_of(html)}">'
            head, charset, rest = _CHARSET.split(html, maxsplit=1)
            path.write_text(f"{head}{charset}\n{meta}{rest}", encoding="utf-8")


def _serve_worker(app, config):
    """At the site's root, since a service worker sees only what lies beside it and below."""
    if (pathlib.Path(app.srcdir) / SERVICE_WORKER).exists():
        config.html_extra_path = [*config.html_extra_path, SERVICE_WORKER]


def setup(app):
    """Register the directive and the three moments at which a page is changed."""
    app.add_config_value("playground_models", {}, "env")  # scripts/export_models.py reads it
    app.add_directive("playground", Playground)
    app.connect("config-inited", _serve_worker)
    app.connect("html-page-context", _add_scripts)
    app.connect("build-finished", _write_policies)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
