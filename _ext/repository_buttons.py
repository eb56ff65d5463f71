"""Show the Colab, source and issue buttons only where `repository.url` is set in `_config.yml`."""


def _buttons(app, config):
    options = config.html_theme_options
    has_repository = bool((options.get("repository_url") or "").strip())
    options["use_repository_button"] = options["use_issues_button"] = has_repository
    if not has_repository:
        options["launch_buttons"] = {}


def setup(app):
    """Decide after the configuration is read and before the theme reads it."""
    app.connect("config-inited", _buttons, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
