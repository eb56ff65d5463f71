"""How long the page that draws takes in headless Chromium: loading, the first picture, a picture, a step.

    make book && python benchmarks/page.py [--runs 5] [--models glide unclip]

The site is served on this machine, so that loading shows what checking and opening cost, not a network. Each model
has a browser with nothing kept, then one visit more. "picture" is the median of --runs, one picture each, as the
worker counts it: from the caption to the pixels. Run it on an idle machine.
"""

import argparse
import functools
import http.server
import pathlib
import shutil
import statistics
import threading

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAPTION = "a small red circle above a large blue square"
SETTINGS = {
    "cvae": {"as its card": {}},
    "dalle": {"as its card": {}},
    "glide": {"as its card (16 steps)": {}, "25 steps": {"steps": 25}, "8 steps": {"steps": 8}},
    "unclip": {"as its card (16 steps)": {}, "25 steps": {"steps": 25}, "8 steps": {"steps": 8}},
}
_LOAD = """async ([model]) => {
  const { connect } = await import("/_static/playground/client.js");
  globalThis.client = connect(new URL("/_static/playground/", location.href));
  const began = performance.now();
  let loaded = 0;
  await client.load(model, { onProgress: (told) => { loaded = told.total; } });
  return { seconds: (performance.now() - began) / 1000, bytes: loaded, backend: client.backend };
}"""
_DRAW = """async ([parameters]) => {
  const began = performance.now();
  let steps = 0;
  const { milliseconds } = await client.run("draw", parameters, { onStep: ({ of }) => { steps = of; } });
  return { milliseconds, waited: performance.now() - began, steps };
}"""


def serve(folder):
    """A server of the folder on a free port of this machine, in a thread: (server, address)."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *told):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def measure(browser, address, model, runs):
    """Rows of the table of one model."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/intro.html")
    cold = page.evaluate(_LOAD, [model])
    parameters = {"model": model, "caption": CAPTION, "seed": 0}
    first = page.evaluate(_DRAW, [parameters])
    yield f"{model}: {cold['bytes'] / 1e6:.1f} MB, {cold['backend']}", f"loaded in {cold['seconds']:.2f} s"
    yield "", f"first picture {first['waited'] / 1000:.2f} s"
    for label, given in SETTINGS[model].items():
        told = [page.evaluate(_DRAW, [{**parameters, **given, "seed": seed}]) for seed in range(runs)]
        times = [each["milliseconds"] / 1000 for each in told]
        middle = statistics.median(times)
        step = f", {1000 * middle / told[0]['steps']:.1f} ms a step" if told[0]["steps"] else ""
        yield "", f"{label}: {middle:.3f} s a picture ({min(times):.3f} to {max(times):.3f}){step}"
    page.close()
    page = context.new_page()
    page.goto(f"{address}/intro.html")
    warm = page.evaluate(_LOAD, [model])
    yield "", f"the next visit, loaded in {warm['seconds']:.2f} s"
    context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--site", type=pathlib.Path, default=ROOT / "_build" / "html")
    parser.add_argument("--models", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if not (options.site / "intro.html").exists():
        raise SystemExit(f"{options.site} holds no site: run `make book` first")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("there is no Chromium on the path")
    server, address = serve(options.site)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for model in options.models:
            for what, told in measure(browser, address, model, options.runs):
                print(f"{what:28}{told}", flush=True)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
