"""Opens the playground: with a client that pretends to draw (fake_client.js), or with the real models."""

import contextlib
import json
import pathlib

import looking

PAGE = "chapters/playground.html"
FAKE = (pathlib.Path(__file__).parent / "fake_client.js").read_text(encoding="utf-8")
PIXELS = """(canvas) => {
  const data = canvas.getContext("2d").getImageData(0, 0, 32, 32).data;
  return Array.from(data).filter((_, i) => i % 4 < 3);
}"""
DEVTOOLS = "blink.mojom.DevToolsSession"
VERDICT = ".pg-work > .pg-shelf .pg-verdict"


@contextlib.contextmanager
def opened(browser, address, *, pretended=True, width=1280, path=PAGE, **options):
    """(page, sight) of the playground in a fresh context, where nothing is cached; options as for a context."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    context.set_default_timeout(looking.PATIENCE)
    try:
        if pretended:
            context.route("**/playground/client.js", lambda r: r.fulfill(body=FAKE, content_type="text/javascript"))
        page = context.new_page()
        sight = looking.watch(page, address)
        page.goto(f"{address}/{path}")
        yield page, sight
    finally:
        context.close()


def draw(page, caption=None, count=None, model=None):
    """Fills the form in, presses the button, and waits until every picture has its verdict."""
    if model is not None:
        page.check(f"[name=model][value={model}]")
    if caption is not None:
        page.fill("#pg-caption", caption)
    if count is not None:
        page.fill("#pg-count", str(count))
    page.click(".pg-form .pg-go")
    finished(page, count or int(page.input_value("#pg-count")))


def finished(page, count):
    """Waits until so many pictures, and no more, have their verdict."""
    page.locator(VERDICT).nth(count - 1).wait_for()
    page.locator(".pg-stop").wait_for(state="hidden")
    assert page.locator(VERDICT).count() == count


def said(page):
    """What the page says of what it does."""
    return page.locator(".pg-status").inner_text()


@contextlib.contextmanager
def longest_task(page):
    """Watches the page's main thread; the list that it gives holds, afterwards, its longest task in milliseconds.

    Processor time, not time on the clock: where tests share a machine with others, every task takes long by the clock.
    What Playwright itself does in the page (to look for a label among 16,000 elements takes 50 milliseconds) is not the
    page's. Keys and clicks reach the page as a reader's do, and count; `fill` and `evaluate` do not.
    """
    found = []
    page.context.browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    try:
        yield found
    finally:
        events = json.loads(page.context.browser.stop_tracing())["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in events
            if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"}
    events = [e for e in events if (e["pid"], e["tid"]) in main]
    ours = [(e["pid"], e["ts"]) for e in events
            if e.get("args", {}).get("chrome_mojo_event_info", {}).get("mojo_interface_tag") == DEVTOOLS]
    tasks = [e for e in events if e["name"].endswith("RunTask")]
    assert len(tasks) > 100 and ours, "the trace holds hardly any task, or none of Playwright's: look at its categories"
    found.append(max(
        e.get("tdur", e.get("dur", 0)) / 1000 for e in tasks
        if not any(pid == e["pid"] and e["ts"] <= ts <= e["ts"] + e.get("dur", 0) for pid, ts in ours)
    ))


def longest_of_calmest(visit, enough=50, visits=5):
    """The longest task in milliseconds of the calmest of some visits; `visit()` gives that of one.

    What else a machine does makes tasks longer, never shorter. Once one is short enough, no more are made.
    """
    longest = []
    while len(longest) < visits and not any(each < enough for each in longest):
        longest.append(visit())
    return min(longest)
