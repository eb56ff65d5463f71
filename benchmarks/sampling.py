"""How long a picture takes, by each model that draws: seconds a picture in a batch, median and range of several runs.

    python benchmarks/sampling.py [--models decoder-shapes unclip-shapes] [--batch 16] [--runs 5]

Each model draws as it is shipped: with the guidance, the steps and the sampler of its card. DALL·E is also run without
its cache of keys and values. Run it on an idle machine; compare ratios of one call, not seconds of two machines.
"""

import argparse
import functools
import statistics
import time

from dalle_tutorial import weights
from dalle_tutorial.data.shapes import describe, sample
from dalle_tutorial.models.samplers import noise_for_each
from dalle_tutorial.models.sampling import written

MODELS = ("cvae-shapes", "dalle-shapes", "decoder-shapes", "unclip-shapes", "svg-shapes")


def jobs(name, captions):
    """Label → a function without arguments that draws all captions."""
    trained = weights.as_used(weights.load(name))
    if name == "svg-shapes":
        from dalle_tutorial.translation import draw_svg

        return {name: functools.partial(draw_svg, trained, captions)}
    found = {name: functools.partial(trained.draw, captions)}
    if name == "unclip-shapes":
        found = {f"{name}, {prior} prior": functools.partial(trained.draw, captions, prior=prior)
                 for prior in trained.priors}
    if name == "dalle-shapes":
        model, ids = trained.model, trained.tokenizer(captions)
        noise = noise_for_each(len(ids), model.noise_shape, 0)
        told = {key: trained.card[key] for key in model.settings if key in trained.card}

        def without():
            return model.autoencoder.decode_codes(
                written(model.steps_of(ids, noise, cached=False, **told), model.cells)
            )

        found[f"{name}, no cache"] = without
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=[name for name in MODELS if name in weights.names()])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    descriptions, _ = sample(options.batch, 0, "test")
    captions = [describe(description) for description in descriptions]
    for name in options.models:
        for label, job in jobs(name, captions).items():
            job()  # what is compiled at the first call is not counted
            times = []
            for _ in range(options.runs):
                start = time.perf_counter()
                job()
                times.append((time.perf_counter() - start) / options.batch)
            print(f"{label:36}{statistics.median(times):8.4f} s a picture  ({min(times):.4f} to {max(times):.4f})")


if __name__ == "__main__":
    main()
