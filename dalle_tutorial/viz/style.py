"""One look for every figure of the book, and a Figure that shows itself anywhere without pyplot.

The colours are those of Okabe and Ito (2008), told apart by readers with any of the common colour blindnesses;
wherever a colour says something, a marker, a dash pattern or a symbol says it as well.
"""

import functools
import io
import unicodedata

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

INK, FAINT = "#1f2933", "#c9d1d9"
RIGHT, WRONG = "#007a5a", "#c44601"  # each at least 4.5:1 on white
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5f4b8b", "#1f2933")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1)), (0, (8, 2)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

WIDTH = 7.2  # inches: at 100 pixels an inch on the page, the width of the text column
DPI = 170  # finer than the page's 100, so that lines stay sharp on dense screens and in print
LARGEST_PNG = 150_000  # bytes; a bigger picture is reduced to a palette

STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#6b7785",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "grid.color": "#e4e8ec",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


class BookFigure(Figure):
    """A matplotlib Figure that a notebook shows as one PNG, with a repr that never changes between runs.

    matplotlib's own Figure shows itself only after pyplot has set up a backend, and then with its size as text.
    """

    def __init__(self, height, what="", width=WIDTH):
        super().__init__(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(self)
        self.what = what

    def __repr__(self):
        return f"<BookFigure: {self.what}>"

    def _repr_png_(self):
        return to_png(self)

    def _ipython_display_(self):
        # Asked before any formatter that pyplot's inline backend may have registered for Figure, so that
        # Jupyter, Colab (IPython 7) and nbval all get the same two MIME types.
        from IPython.display import display

        # No height: where the page is narrower than the figure, the height must follow the width.
        shown = {"image/png": {"width": round(self.get_figwidth() * 100)}}
        display({"image/png": to_png(self), "text/plain": repr(self)}, metadata=shown, raw=True)


def styled(function):
    """Decorate a function that draws, so that it draws in the book's style whatever the reader's settings are."""

    @functools.wraps(function)
    def draw(*args, **kwargs):
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(STYLE)
            return function(*args, **kwargs)

    return draw


@styled
def to_png(figure, colours=None):
    """PNG bytes of a Figure at its own dpi, with a palette of so many `colours`; of 256 where it would pass 150 kB."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    for most in (colours, 256, 96, 32):
        small = image if most is None else image.quantize(most, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        small.save(buffer, "PNG", optimize=True)
        if buffer.tell() <= LARGEST_PNG:
            break
    return buffer.getvalue()


# The characters of the shapes world's Chinese captions, for computers that have no Chinese font.
_PINYIN = dict(
    pair.split("=")
    for pair in (
        "一=yī 三=sān 上=shàng 下=xià 两=liǎng 个=gè 中=zhōng 五=wǔ 侧=cè 十=shí 右=yòu 后=hòu "
        "圆=yuán 在=zài 块=kuài 大=dà 央=yāng 字=zì 小=xiǎo 左=zuǒ 巨=jù 底=dǐ 形=xíng 心=xīn "
        "方=fāng 星=xīng 有=yǒu 橙=chéng 正=zhèng 爱=ài 的=de 粉=fěn 紫=zǐ 红=hóng 绿=lǜ 者=zhě "
        "色=sè 蓝=lán 角=jiǎo 边=biān 部=bù 间=jiān 面=miàn 顶=dǐng 黄=huáng 黑=hēi "
    ).split()
)


@functools.cache
def _installed_fonts():
    """Character maps of the fonts we may draw with: DejaVu Sans first, then any with Chinese characters."""
    fonts = {"DejaVu Sans": font_manager.findfont("DejaVu Sans")}
    for entry in font_manager.fontManager.ttflist:
        if any(
            word in entry.name for word in ("CJK", "Hei", "PingFang", "YaHei", "SimSun", "Song", "Unicode MS")
        ):
            fonts.setdefault(entry.name, entry.fname)
    return {name: set(font_manager.get_font(path).get_charmap()) for name, path in fonts.items()}


def drawable(text):
    """`text` with each character that no installed font can draw spelt out: pinyin, or its Unicode name.

    An empty box (“tofu”) tells a reader nothing; “hóng” and “grinning face” tell them something. Where a Chinese
    font is installed the text comes back as it is, and `fonts_for` names that font.
    """
    known = set().union(*_installed_fonts().values(), {ord("\n")})
    if all(ord(character) in known for character in str(text)):
        return str(text)
    parts = []
    for character in str(text).translate({0xFE0F: None, 0x200D: None}):  # which only tie emoji together
        if ord(character) not in known:
            number = f"U+{ord(character):04X}"
            name = number if "\u2e80" <= character < "\ua000" else unicodedata.name(character, number)
            character = f" {_PINYIN.get(character, name.lower())} "
        parts.append(character)
    return "\n".join(" ".join(line.split()) for line in "".join(parts).split("\n"))


def fonts_for(text):
    """Font families, in order, that between them draw every character of `drawable(text)`."""
    need, chosen = {ord(c) for c in text if c != "\n"}, []
    for name, have in _installed_fonts().items():
        if not chosen or need & have:
            chosen.append(name)
            need -= have
    return chosen
