"""Everything that can be said of a trained model in figures: one dict for JSON, and its chief lines for the screen."""

from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.data.shapes import LANGUAGES, parse
from dalle_tutorial.emoji_rates import emoji_of
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.evaluation import draw_in_chunks, emoji_retrieval, judge
from dalle_tutorial.measurements import measurements_of
from dalle_tutorial.rates import Rate, plain


def _own_captions(trained, captions, samples, seed):
    """The figures for captions of the reader's own, each drawn `samples` times."""
    repeated = [caption for caption in captions for _ in range(samples)]
    if (emoji_set := emoji_of(trained)) is not None:
        return plain(emoji_retrieval(trained.draw, emoji_set, repeated, seed))
    pictures = draw_in_chunks(trained.draw, repeated, seed)
    each = [judge(pictures[i * samples : (i + 1) * samples], [c] * samples) for i, c in enumerate(captions)]
    return {
        **plain(judge(pictures, repeated)),
        "each": [{"caption": caption, **plain(found)} for caption, found in zip(captions, each, strict=True)],
    }


def report_on(trained, n=1000, seed=0, captions=None, samples=8, progress=False, only=None):
    """Every measurement that fits a trained model, as plain values for JSON.

    "sha256" is that of the weights. For a model of the shapes world: "alignment", "diversity", and where the model
    has what they need, "reconstruction" and "bounds"; where it reads both languages, "languages", of half of `n`
    captions; for DALL·E, "reranking" by CLIP, of a quarter of them. For an `UnCLIP`, "manipulations", of a tenth,
    and "priors", one and two objects drawn with each, of half. For one of the emoji world: "retrieval" of all its
    captions, or in both languages "showing", of half of `n` captions each of things, people and held-out people,
    and for its CLIP "naming" (see `dalle_tutorial.emoji_rates`); for CLIP: "matching" in both languages, "refusals"
    and "zero_shot" (see `dalle_tutorial.matching`); for an upsampler: "upsampling" (see
    `dalle_tutorial.upsampling`); for a model that makes tokens of pictures: "reconstructions" (see
    `dalle_tutorial.reconstructions`); for a prior: "imagination" in both languages (see
    `dalle_tutorial.imagination`), which needs the shipped CLIP; for a model that writes SVG: "code" in both
    languages, for one that translates: "translation" both ways (see `dalle_tutorial.translation`). An `UnCLIP` is
    measured by what it draws.

    With `captions`, also "captions": how well `samples` pictures of each show it. `only`: names of the measurements to
    make, None for all. Raises CaptionError for a caption that the model or the oracle cannot read, TutorialError for
    captions that a model which draws nothing is to draw, and for a measurement that does not fit the model.
    """
    measurements = measurements_of(trained)
    for name in only or ():
        check_choice("measurement", name, measurements)
    if captions and not {"alignment", "retrieval", "showing"} & measurements.keys():
        raise TutorialError(f"{trained.card['name']} draws no pictures: --captions is for models that do")
    report = {"model": trained.card["name"], "seed": seed, "sha256": trained.card.get("sha256")}
    if captions:
        report["captions"] = {"samples": samples, **_own_captions(trained, captions, samples, seed)}
    for name, measure in measurements.items():
        if not only or name in only:
            report[name] = plain(measure(trained, n, seed, progress))
    return report


def reader_of(trained):
    """The function that says whether a caption can be judged: it raises CaptionError for one that cannot."""
    emoji_set = emoji_of(trained)
    return parse if emoji_set is None else emoji_set.find


def summary(report):
    """The chief figures of a report by `report_on`: a list of lines."""
    def line(name, found):
        rate = str(Rate(*(found[key] for key in ("rate", "low", "high", "n"))))
        return f"{name.replace('_', ' '):26}{rate if len(name) < 26 or rate[0] == ' ' else ' ' + rate}"

    lines = [f"{report['model']}, seed {report['seed']}"]
    lines += [line(name, found) for name, found in report.get("alignment", {}).items()]
    for name, found in report.get("languages", {}).items():
        lines += [line(f"{language}: {name}", found[language]) for language in LANGUAGES]
    for name, judges in report.get("reranking", {}).items():
        for chooser, sizes in judges.items():
            lines += [line(f"{name}, {chooser}, {size}", found) for size, found in sizes.items()]
    if "reconstruction" in report:
        lines.append(line("reconstructions", report["reconstruction"]))
    if "rate" in report.get("captions", {}):
        lines.append(line("your captions", report["captions"]))
    for key, whose in (("retrieval", ""), ("captions", "your captions, ")):
        if "top1" in (found := report.get(key, {})):
            lines.append(line(f"{whose}nearest of {found['gallery']}", found["top1"]))
            lines.append(line(f"{whose}in nearest 5", found["top5"]))
    for language, found in report.get("matching", {}).items():
        for way in ("caption", "true_caption", "picture"):
            lines.append(line(f"{language}: {way} of {found['gallery']}", found[way]))
    for language, found in [*report.get("naming", {}).items(), *report.get("showing", {}).items()]:
        for part in ("things", "people", "held_out"):
            ways = found[part].items()
            lines += [line(f"{language}: {part}, {way} of {found['gallery']}", rate) for way, rate in ways]
    for kind, found in report.get("priors", {}).items():
        lines += [line(f"{kind} prior: {name}", right) for name, right in found.items()]
    for language, found in report.get("imagination", {}).items():
        for kind, near in found["cosine"].items():
            lines.append(line(f"{language}: {kind} of {found['gallery']}", found[kind]))
            lines.append(f"{'':26}{near['mean']:6.3f} ± {near['standard_error']:.3f} cosine to the true picture's")
    for language, found in report.get("code", {}).items():
        lines += [line(f"{language}: {name}", right) for name, right in found.items()]
    for way, found in report.get("translation", {}).items():
        lines += [line(f"{way}: {name}", right) for name, right in found["exact"].items()]
        for name, near in found["chrf"].items():
            lines.append(f"{'  chrF, ' + name.replace('_', ' '):26}{near['chrf']:6.1f}  "
                         f"[{near['low']:.1f}, {near['high']:.1f}]  n = {near['n']}")
    for part in ("refusals", "zero_shot"):
        lines += [line(f"{part}: {name}", found) for name, found in report.get(part, {}).items()]
    if found := report.get("reconstructions"):
        for name, near in found["psnr"].items():
            lines.append(line(f"kept, {name.replace('_', ' ')}", found[name]))
            lines.append(f"{'':26}{near['mean']:6.2f} ± {near['standard_error']:.2f} dB from the true picture")
        book = found["codebook"]
        used = f"of {book['codes']} codes in use, in {book['pictures']} pictures"
        lines.append(f"{'codebook':26}{book['usage']:6.1%}  {used}")
    if found := report.get("upsampling"):
        for name, near in found["psnr"].items():
            lines.append(line(f"enlarged, {name}", found[name]))
            lines.append(f"{'':26}{near['mean']:6.2f} ± {near['standard_error']:.2f} dB from the true picture")
        lines.append(line("nearer than both", found["nearer"]))
    if "diversity" in report:
        lines.append(f"{'diversity':26}{report['diversity']['ratio']:6.1%}  of that of true scenes")
    if "bounds" in report:
        for name in ("elbo", "importance_weighted"):
            mean, error = (report["bounds"][name][key] for key in ("mean", "standard_error"))
            lines.append(f"{name.replace('_', ' '):26}{mean:.1f} ± {error:.1f} nats a picture")
    return lines
