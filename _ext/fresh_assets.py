"""Write every page again when a stylesheet, a script or a template has changed.

Sphinx copies static files only when it writes some page, and pages carry the files' checksums; without this, a
changed `book.css` shows up only after `make clean`.
"""

import pathlib


def _outdated(app, env, added, changed, removed):
    root = pathlib.Path(app.srcdir)
    built = pathlib.Path(app.outdir) / "objects.inv"
    if not built.exists():
        return []
    sources = [path for folder in ("_assets", "_ext/templates") for path in (root / folder).rglob("*")]
    newest = max(path.stat().st_mtime for path in sources if path.is_file())
    return list(env.found_docs) if newest > built.stat().st_mtime else []


def setup(app):
    """Ask before Sphinx decides which pages to read."""
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
