"""The HTML of the playground: a form with everything that is known before a script runs, and the gallery."""

import html
import json

MODELS = {
    "cvae": ("CVAE", ("cvae-shapes",), "cvae-shapes", "Chapter 6. One throw of dice, one picture. Reads English only."),
    "dalle": ("DALL·E 1", ("dalle-shapes",), "dalle-shapes",
              "Chapter 8. A GPT writes the picture as 64 codes. Reads English only."),
    "glide": ("Text diffusion", ("decoder-shapes",), "decoder-shapes", "Chapter 11. Words turn noise into a picture."),
    "unclip": ("unCLIP", ("clip-shapes", "prior-shapes", "unclip-shapes"), "unclip-shapes",
               "Chapter 12. All of DALL·E 2: imagine a vector, then draw it."),
}
"""Name on the page → title, exported models that it needs, the one whose card counts, what it is."""
SETTINGS = {"cvae": "", "dalle": "guidance", "glide": "guidance steps", "unclip": "guidance steps"}
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
FIRST = "unclip"
EXAMPLES = (
    "a small red circle above a large blue square", "three green stars", "a pink heart at the top left",
    "一个黄色圆形在一个蓝色正方形的左边",
)
DICE = ('<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="3" y="3" width="18" height="18" rx="4"/>'
        + "".join(f'<circle cx="{x}" cy="{y}" r="1.8"/>' for x, y in ((8, 8), (16, 8), (12, 12), (8, 16), (16, 16)))
        + "</svg>")
COUNTED = {"one_object": "one object", "two_objects": "two", "three_objects": "three"}


def _tag(name, /, *inside, **attributes):
    """One element; attribute values are escaped, what is inside is HTML. `class_` → class, a_b → a-b; True → bare."""
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html.escape(str(value))}"')
        for key, value in attributes.items() if value is not None and value is not False
    )
    return f"<{name}{told}>" + ("" if name in ("input", "img") else "".join(inside) + f"</{name}>")


def _language(words):
    return "zh" if any("\u3400" <= character <= "\u9fff" for character in words) else None


def megabytes(count):
    """12.3 MB, or 850 kB."""
    return f"{count / 1e6:.1f} MB" if count >= 950_000 else f"{max(1, round(count / 1000))} kB"


def exported(root):
    """What lies in vendor/models: name on the page → bytes, hashes, weights, card; empty where nothing was exported."""
    index = root / "vendor" / "models" / "index.json"
    if not index.exists():
        return {}
    known, found = json.loads(index.read_text(encoding="utf-8"))["models"], {}
    for name, (_, needs, main, _) in MODELS.items():
        if all(part in known for part in needs):
            about = {part: json.loads((index.parent / known[part]["json"]).read_text(encoding="utf-8"))
                     for part in needs}
            files = [file for part in needs for file in known[part]["files"]]
            found[name] = {
                "bytes": sum(known[part]["bytes"] for part in needs), "hashes": [file["sha256"] for file in files],
                "parameters": sum(each["card"]["parameters"] for each in about.values()),
                "card": about[main]["card"], "settings": about[main]["settings"],
            }
    return found


def _percent(rate):
    """92 %; more exactly where that would round to all of them."""
    return (f"{rate:.1%}" if 0.995 <= rate < 1 else f"{rate:.0%}").replace("%", "\N{NO-BREAK SPACE}%")


def _choice(name, told):
    title, _, _, says = MODELS[name]
    rates = told.get("card", {}).get("alignment", {})
    counted = [f"{what} {_percent(rates[key]['rate'])}" for key, what in COUNTED.items() if key in rates]
    radio = _tag(
        "input", type="radio", name="model", value=name, checked=name == FIRST, data_bytes=told.get("bytes"),
        data_hashes=" ".join(told.get("hashes", ())), data_settings=SETTINGS[name],
        data_guidance=told.get("settings", {}).get("guidance_scale"), data_title=title,
    )
    return _tag(
        "label", radio, _tag("span", html.escape(title), class_="pg-title"),
        _tag("span", megabytes(told["bytes"]) if told else "not exported", class_="pg-size"),
        _tag("span", html.escape(says), class_="pg-what"),
        _tag("span", f"{told['parameters'] / 1e6:.1f} million weights. Drawn as asked: {', '.join(counted)}."
             if counted else "", class_="pg-figures"),
        class_="pg-model",
    )


def _slider(name, label, low, high, step, value):
    return _tag(
        "div", _tag("label", label, for_=f"pg-{name}"),
        _tag("input", type="range", id=f"pg-{name}", name=name, min=low, max=high, step=step, value=value),
        _tag("output", str(value), for_=f"pg-{name}"), class_="pg-slider", data_setting=name,
    )


def _form(models, runtime):
    caption = _tag("input", type="text", id="pg-caption", name="caption", value=EXAMPLES[0], autocapitalize="off",
                   autocomplete="off", spellcheck="false", aria_describedby="pg-caption-says")
    seed = _tag("input", type="number", id="pg-seed", name="seed", min=0, max=2**31 - 1, step=1, value=0)
    dice = _tag("button", DICE, type="button", class_="pg-dice", title="Another seed",
                aria_label="Another seed, at random")
    examples = "".join(_tag("button", html.escape(each), type="button", data_caption=each, lang=_language(each))
                       for each in EXAMPLES)
    return _tag(
        "form",
        _tag("div", _tag("label", "What shall be drawn?", for_="pg-caption"),
             _tag("div", caption, class_="pg-box"), _tag("p", id="pg-caption-says", class_="pg-says"),
             _tag("div", examples, class_="pg-examples", role="group", aria_label="Captions to begin with"),
             class_="pg-caption"),
        _tag("fieldset", _tag("legend", "By which model?"),
             _tag("div", *(_choice(name, models.get(name, {})) for name in MODELS), class_="pg-choices"),
             class_="pg-models"),
        _tag("div", _slider("count", "Pictures", 1, 8, 1, 4), _slider("guidance", "Guidance", 1, 8, 0.5, 2),
             _slider("steps", "Steps", 4, 50, 1, 16),
             _tag("div", _tag("label", "Seed", for_="pg-seed"), seed, dice, class_="pg-slider"), class_="pg-settings"),
        _tag("div", _tag("button", "Draw", type="submit", class_="pg-go"), class_="pg-start"),
        class_="pg-form", hidden=True, autocomplete="off", aria_label="Draw", data_runtime=runtime, novalidate=True,
    )


def _picture(row, shown, folder):
    title, caption = MODELS[shown["model"]][0], row["caption"]
    if shown["file"] is None:
        return _tag("li", _tag("span", "?", class_="pg-nothing", aria_hidden="true"), _tag("b", title),
                    _tag("span", "– cannot read it"))
    right = shown["correct"]
    image = _tag("img", src=f"{folder}/{shown['file']}", width=32, height=32, loading="lazy", class_="dark-light",
                 alt=f"{title} draws: {caption}. The oracle: {'as asked' if right else '; '.join(shown['reasons'])}.")
    mark = _tag("span", "✓ as asked" if right else "✗ not as asked", class_="pg-verdict")
    return _tag("li", image, _tag("b", title), mark, class_=f"pg-{'right' if right else 'wrong'}")


def _why(shown):
    """What the oracle holds against a picture, or which word a model has never seen; nothing for a right one."""
    if shown["file"] is None:
        said = f"has never seen “{shown['unknown']}”."
    elif shown["correct"]:
        return ""
    else:
        said = "; ".join(shown["reasons"]) + "."
    return _tag("p", _tag("b", MODELS[shown["model"]][0]), ": ", html.escape(said), class_="pg-why")


def _gallery(root, static):
    path = root / "playground" / "gallery" / "gallery.json"
    if not path.exists():
        return ""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return _tag("div", *(
        _tag("figure", _tag("figcaption", html.escape(row["caption"]), lang=_language(row["caption"])),
             _tag("ul", *(_picture(row, shown, f"{static}/playground/gallery") for shown in row["pictures"])),
             *(_why(shown) for shown in row["pictures"]))
        for row in rows
    ), class_="pg-gallery")


def runtime_bytes(root):
    """How much the runtime takes that evaluates the models on one thread."""
    files = [root / "vendor" / "ort" / name for name in RUNTIME]
    return sum(path.stat().st_size for path in files if path.exists())


def whole(root, static):
    """All of it. root: the folder _assets; static: the address of its copy, seen from the page."""
    models = exported(root)
    runtime = runtime_bytes(root)
    noscript = _tag("noscript", _tag("p", "Drawing needs JavaScript. Here is what the four models made of six captions "
                                     "before.", class_="pg-note"))
    live = _tag("div", _tag("p", class_="pg-status", role="status"), class_="pg-live")
    return _tag("div", noscript, _form(models, runtime), live, _tag("div", class_="pg-work"), _gallery(root, static),
                id="pg-root", class_="playground tex2jax_ignore", data_exported="yes" if models else "no")
