"""The commands code and translate: what one text encoder does with a decoder that writes."""

from dalle_tutorial import files
from dalle_tutorial.commands import shared


def code(arguments):
    """Writes the SVG of a caption, and its picture."""
    for path in (arguments.out, arguments.png):
        if path is not None:
            files.check_target(path)
    shared.check_caption(arguments.caption)
    trained = shared.load(arguments.model)
    from dalle_tutorial import translation

    (svg,) = translation.write_svg(trained, [arguments.caption], arguments.seed, arguments.temperature)
    written = {}
    if arguments.out is not None:
        written[arguments.out] = svg.encode()
    if arguments.png is not None:
        written[arguments.png] = _png(svg, arguments)
    files.write_files(written)
    for path in written:
        print(f"{path}: {arguments.caption!r}")
    if not written:
        print(svg, end="")


def _png(svg, arguments):
    from dalle_tutorial.data import svg_render

    (picture,) = svg_render.render([svg], arguments.size)
    return shared.png(picture, arguments.caption, arguments)


def translate(arguments):
    """Prints a caption in the other language."""
    shared.check_caption(arguments.caption)
    trained = shared.load(arguments.model)
    from dalle_tutorial import translation

    (found,) = translation.translate(trained, [arguments.caption], arguments.to, arguments.beam)
    print(found)
