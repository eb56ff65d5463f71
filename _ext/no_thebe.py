"""Drop sphinx-thebe's scripts from every page: Jupyter Book always loads the extension, and it names unpkg.com."""


def _is_thebe(script) -> bool:
    body = (getattr(script, "attributes", None) or {}).get("body") or ""
    return "THEBE_JS_URL" in body or "sphinx-thebe" in str(getattr(script, "filename", script) or "")


def _strip(app, pagename, templatename, context, doctree):
    for kind in ("script_files", "css_files"):
        context[kind] = [item for item in context.get(kind, []) if not _is_thebe(item)]


def setup(app):
    """Register the filter late, when every extension has added its files."""
    app.connect("html-page-context", _strip, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
