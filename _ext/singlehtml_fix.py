"""Let the single-page build (the printed book) use the HTML handlers of extensions that register for `html` only.

sphinx-exercise registers handlers for `singlehtml`; from then on Sphinx no longer falls back to the `html`
handlers for that builder, and sphinx-proof's nodes have none.
"""


def _merge(app):
    handlers = app.registry.translation_handlers
    for builder in ("singlehtml", "epub"):
        if builder in handlers:
            handlers[builder] = {**handlers.get("html", {}), **handlers[builder]}


def setup(app):
    """Merge once, before the builder is used."""
    app.connect("builder-inited", _merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
