"""Looks at one page of the site in a real browser, and writes down everything that the tests judge."""

import contextlib
import functools
import http.server
import pathlib
import sys
import threading
from dataclasses import dataclass, field, replace

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
WIDTHS, THEMES = (1280, 360), ("light", "dark")
COLOURS = ("color-contrast", "link-in-text-block")    # axe's rules that another theme can break; the others it cannot
PATIENCE = 120_000    # milliseconds: a page may take long on a machine that trains something at the same time

# MathJax typesets after the page has loaded; nothing may be measured before.
SETTLED = """() => (window.MathJax?.startup?.promise ?? Promise.resolve())
  .then(() => document.fonts.ready).then(() => true)"""

FACTS = """() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const page = document.documentElement;
  const scrolls = (element) => {                 // inside something that scrolls or clips by itself
    for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)) return true;
    return false;
  };
  return {
    theme: page.dataset.theme,
    excess: page.scrollWidth - page.clientWidth,
    wide: all('body *').filter((e) => e.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(e))
      .slice(0, 5).map((e) => e.outerHTML.slice(0, 120)),
    without_alt: all('img:not([alt])').map((e) => e.outerHTML.slice(0, 120)),
    empty_alt: all('article img').filter((e) => !e.alt.trim()).map((e) => e.outerHTML.slice(0, 120)),
    broken: all('img').filter((e) => e.complete && !e.naturalWidth && e.getClientRects().length)
      .map((e) => e.src.slice(0, 120)),
    maths: all('article .math').length,
    untypeset: all('article .math').filter((e) => !e.querySelector('mjx-container'))
      .map((e) => e.textContent.slice(0, 80)),
    maths_errors: all('mjx-merror').map((e) => e.textContent.slice(0, 80)),
    repeated_ids: [...new Set(all('[id]').map((e) => e.id).filter((id, i, ids) => ids.indexOf(id) !== i))],
    uncaptioned: all('article .cell_output img').filter((e) => !e.closest('figure')).map((e) => e.alt.slice(0, 80)),
  };
}"""


@dataclass
class Sight:
    """What one visit showed. `outside`: requests to other hosts. `complaints`: console and page errors, 4xx and 5xx."""

    outside: list = field(default_factory=list)
    complaints: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)


@contextlib.contextmanager
def served(folder):
    """Serves a folder on a free port of this machine; gives the address, without a slash at its end."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            if not isinstance(sys.exception(), ConnectionError):    # a page that was closed no longer listens
                super().handle_error(request, client_address)

    handler = functools.partial(Quiet, directory=str(folder))
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def watch(page, address):
    """Begins to write down what `page` requests and complains about; gives the Sight that fills."""
    sight = Sight()
    own = (address + "/", "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else sight.outside.append(r.url))
    page.on("pageerror", lambda e: sight.complaints.append(f"page error: {e}"))
    bad = ("error", "warning")
    page.on("console", lambda m: sight.complaints.append(f"console: {m.text}") if m.type in bad else None)
    page.on("response", lambda r: sight.complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("requestfailed", lambda r: sight.complaints.append(f"failed: {r.url}"))
    return sight


def look(browser, address, path, width):
    """Opens `address`/`path` at a width; returns {theme: its Sight, with axe's serious findings}.

    The page is loaded once, on a desktop in the first theme and on a phone in the other, and then follows the reader's
    system into the second. What it asked for and complained of, it did so in both. Of axe's rules, the second theme is
    held to those of colours: the rest it has in common with the first.
    """
    themes = THEMES if width == WIDTHS[0] else THEMES[::-1]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=themes[0])
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        sight, seen = watch(page, address), {}
        page.goto(f"{address}/{path}")
        page.wait_for_function(SETTLED)
        for theme in themes:
            change_theme(page, theme)
            rules = None if theme == themes[0] else COLOURS
            seen[theme] = replace(sight, facts=page.evaluate(FACTS), violations=serious(page, rules))
        return seen
    finally:
        context.close()


def change_theme(page, theme):
    """Changes the theme of the reader's system, and sees to it that the page has followed.

    Where a style lets colours change slowly, they have for a while the contrast of neither theme: no need to wait.
    """
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("(theme) => (document.documentElement.dataset.theme ?? theme) === theme", arg=theme)
    page.evaluate("document.getAnimations().filter((a) => a instanceof CSSTransition).forEach((a) => a.finish())")


def excess(page):
    """By how many pixels a page is wider than its window: what would scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def serious(page, rules=None, within=None):
    """What axe-core finds serious or critical: by all its rules or those named, on the page or within a selector."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"]} | ({"runOnly": {"type": "rule", "values": list(rules)}} if rules else {})
    found = page.evaluate("([where, options]) => axe.run(where ?? document, options).then((r) => r.violations)",
                          [within, options])
    return [
        f"{v['impact']}: {v['id']}: {v['help']}: " + " | ".join(n["html"][:160] for n in v["nodes"][:4])
        for v in found if v["impact"] in ("serious", "critical")
    ]


def pages():
    """Every page that `_toc.yml` names, in order, and the search page: their addresses below the site's root."""
    def walk(entry):
        if isinstance(entry, dict):
            if "file" in entry or "root" in entry:
                yield entry.get("file", entry.get("root"))
            for key in ("parts", "chapters", "sections"):
                for child in entry.get(key, ()):
                    yield from walk(child)

    names = walk(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    return [name.removesuffix(".md").removesuffix(".ipynb") + ".html" for name in names] + ["search.html"]
