"""The emoji world in figures: how fast it loads, what it holds, and how much harm a retrieval survives.

    python benchmarks/emoji_world.py      # about a minute on two cores

Retrieval is asked for the captioned picture among all of the set, after the *real* pictures were damaged as
generated ones are: the share found at the first place. What it cannot do for these it cannot do for a model's.
About five hundred pictures of each set are harmed and looked for among all of it.
"""

import time

import numpy as np
from scipy.ndimage import gaussian_filter

from dalle_tutorial.data import emoji


def seconds(function, *arguments):
    """How long `function(*arguments)` takes, in seconds, and what it returns."""
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def row(*cells):
    """Prints one row of the table."""
    print("| " + " | ".join(f"{cell:<39}" if i == 0 else f"{cell:>14}" for i, cell in enumerate(cells)) + " |")


def damages(size):
    """Name → function of float pictures (n, size, size, 3) in 0..255; shifts and blurs in pixels of 32."""
    unit, rng = size / 32, np.random.default_rng(0)

    def shifted(x, right, down):
        return np.roll(x, (round(down * unit), round(right * unit)), axis=(1, 2))

    yield "none", lambda x: x
    for sigma in (26, 77):
        yield f"noise, σ = {sigma} of 255", lambda x, s=sigma: x + rng.normal(0, s, x.shape)
    for sigma in (1, 2, 3):
        yield f"blur, σ = {sigma} px", lambda x, s=sigma * unit: gaussian_filter(x, (0, s, s, 0))
    for right, down in ((1, 0), (2, 0), (2, 2)):
        yield f"shift, {right} px right, {down} px down", lambda x, r=right, d=down: shifted(x, r, d)
    yield "contrast × 0.7", lambda x: 0.7 * x + 0.3 * x.mean(axis=(1, 2), keepdims=True)
    yield "blur σ = 1 px and noise σ = 26", lambda x: (
        gaussian_filter(x, (0, unit, unit, 0)) + rng.normal(0, 26, x.shape)
    )


def main():
    """Prints the table."""
    row("", "all", "core")
    row("---", "---", "---")
    for size in emoji.PICTURE_SIZES:
        first, whole = seconds(emoji.load, size)
        again, core = seconds(emoji.core, size)
        row(f"load at {size} px: first, again", f"{first:.2f} s", f"{again:.3f} s")
    whole, core = emoji.load(), emoji.core()
    row("pictures", len(whole), len(core))
    for group in emoji.GROUPS:
        row(f"… {group}", sum(whole.groups == group), sum(core.groups == group))
    row("… with a skin tone", *(sum(s.skin_tones != np.array(None)) for s in (whole, core)))
    row("concepts", *(len(set(s.concepts)) for s in (whole, core)))
    for language in emoji.LANGUAGES:
        row(f"vocabulary, {language}", *(len(s.vocabulary(language)) for s in (whole, core)))
    held_out = emoji.split(whole, "held_out")
    row("held out", len(held_out), 0)
    row("pictures that have a twin", *(int((emoji.twins(s, range(len(s))).sum(1) > 1).sum()) for s in (whole, core)))
    row("chance of the first place", *(f"{100 / len(s):.2f} %" for s in (whole, core)))
    for metric in emoji.METRICS:
        for name, damage in damages(32):
            cells = []
            for every, gallery in ((7, whole), (2, core)):
                asked = gallery[::every]  # seven: the tones come in sixes, and each should be asked for
                harmed = np.clip(damage(asked.pictures.astype("float32")), 0, 255).round().astype("uint8")
                cells.append(emoji.retrieval(harmed, asked.captions["en"], gallery, metric).top1)
            row(f"{metric}: {name}", *(f"{100 * cell:.1f} %" for cell in cells))
    speed, _ = seconds(emoji.retrieval, core.pictures, core.captions["en"], core)
    row("pictures scored a second (core)", "", f"{len(core) / speed:,.0f}")


if __name__ == "__main__":
    main()
