"""The command line: what it draws and writes, and the one line that it says when something is wrong."""

import contextlib
import json
import os
import re
import resource
import subprocess
import sys

import numpy as np
import pytest
from fakes import Ideal, IdealEmoji, ideal
from PIL import Image

from dalle_tutorial import cli, files
from dalle_tutorial.commands import manipulating, shared
from dalle_tutorial.data import oracle

CAPTION = "a small red circle above a large blue square"


@pytest.fixture
def models(monkeypatch):
    """Models that need no TensorFlow take the place of the trained ones."""
    monkeypatch.setattr(shared, "load", lambda name, precision=None: IdealEmoji() if name == "cvae-emoji" else Ideal())


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *argv):
    """Runs a command: (exit code, what it printed, its complaint)."""
    try:
        code = cli.main([str(argument) for argument in argv])
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


def refused(capsys, *argv):
    """The complaint of a command that must fail: one line, exit code 2, nothing on stdout."""
    code, out, complaint = run(capsys, *argv)
    assert (code, out) == (2, "") and complaint.count("\n") == 1 and complaint.endswith("\n"), (code, out, complaint)
    return complaint


def pixels(path):
    """A picture file as an array."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def inventory(folder):
    """Every file below a folder with its bytes, and every folder."""
    return {path.relative_to(folder): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@contextlib.contextmanager
def room_for(size):
    """Files of this process cannot grow beyond `size` bytes: stands for a disk that runs full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- draw


def test_one_caption_makes_a_sheet_of_rows_of_eight(models, here, capsys):
    code, out, _ = run(capsys, "draw", CAPTION, "--count", 10, "--seed", 3, "--out", "out.png")
    assert code == 0 and "out.png" in out and "10 pictures" in out
    sheet = pixels("out.png")
    assert sheet.shape == (4 * (2 * 34 - 2), 4 * (8 * 34 - 2), 3)
    native = sheet[::4, ::4]
    assert np.array_equal(native.repeat(4, 0).repeat(4, 1), sheet), "each pixel is enlarged, none is blurred"
    cells = [native[y : y + 32, x : x + 32] for y in (0, 34) for x in range(0, 272, 34)]
    assert np.array_equal(np.stack(cells[:10]), ideal([CAPTION] * 10, 3))
    assert (cells[10] == 255).all()


def test_native_size_and_the_seed(models, here, capsys):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert run(capsys, "draw", CAPTION, "--scale", 1, "--seed", seed, "--out", f"{name}.png")[0] == 0
    assert pixels("a.png").shape == (32, 32, 3)
    assert (here / "a.png").read_bytes() == (here / "b.png").read_bytes() != (here / "c.png").read_bytes()


def test_a_picture_says_what_made_it(models, here, capsys):
    run(capsys, "draw", CAPTION, "--model", "cvae", "--seed", 5, "--out", "out.png")
    with Image.open("out.png") as image:
        assert image.text["Title"] == CAPTION and image.text["Comment"] == "model cvae-shapes, seed 5"


def test_a_file_of_captions_makes_a_picture_for_each_line(models, here, capsys):
    captions = [CAPTION, "three green stars", "a pink heart at the top left"] * 4
    (here / "captions.txt").write_bytes("\ufeff".encode() + "\r\n".join(captions).encode())
    code, out, _ = run(capsys, "draw", "--captions", "captions.txt", "--out", "drawn")
    assert code == 0 and "12 pictures" in out
    assert sorted(path.name for path in (here / "drawn").iterdir()) == sorted(f"{i}.png" for i in range(1, 13))
    pictures = np.stack([pixels(here / "drawn" / f"{i}.png") for i in range(1, 13)])
    assert pictures.shape == (12, 32, 32, 3) and all(v.correct for v in oracle.score(pictures, captions))


def test_other_files_in_the_folder_stay_and_a_link_stays_a_link(models, here, capsys):
    (here / "drawn").mkdir()
    (here / "drawn" / "2.png").write_text("mine")
    (here / "real.png").write_text("old")
    (here / "drawn" / "1.png").symlink_to(here / "real.png")
    (here / "captions.txt").write_text(CAPTION + "\n")
    assert run(capsys, "draw", "--captions", "captions.txt", "--out", "drawn")[0] == 0
    assert (here / "drawn" / "2.png").read_text() == "mine"
    assert (here / "drawn" / "1.png").is_symlink() and pixels(here / "real.png").shape == (32, 32, 3)


@pytest.mark.parametrize("argv, words", [
    ([""], ["caption is empty"]),
    ([" \n"], ["caption is empty"]),
    (["a gren circle"], ["unknown word 'gren'", "green"]),
    (["a " + "red " * 60 + "circle"], ["too long", "62 words", "at most 26"]),
    (["a red circle", "--count", "0"], ["--count", "'0'", "from 1 to 1024"]),
    (["a red circle", "--count", "many"], ["--count", "'many'", "from 1 to 1024"]),
    (["a red circle", "--count", "1025"], ["'1025'"]),
    (["a red circle", "--seed", "-1"], ["--seed", "'-1'", "from 0"]),
    (["a red circle", "--scale", "1.5"], ["--scale", "'1.5'"]),
    (["a red circle", "--guidance", "-1"], ["--guidance", "'-1'", "a number from 0 to 100"]),
    (["a red circle", "--guidance", "nan"], ["--guidance", "'nan'"]),
    (["a red circle", "--steps", "0"], ["--steps", "'0'", "from 1 to 1000"]),
    (["a red circle", "--sampler", "euler"], ["'euler'", "ddpm", "ddim", "dpm-solver"]),
    (["a red circle", "--prior", "linear"], ["'linear'", "diffusion", "autoregressive"]),
    (["a red circle", "--temperature", "-1"], ["--temperature", "'-1'", "a number from 0 to 100"]),
    (["a red circle", "--top-k", "0"], ["--top-k", "'0'", "a whole number from 1"]),
    (["a red circle", "--top-p", "2"], ["--top-p", "'2'", "a number from 0 to 1"]),
    (["a red circle", "--top-p", "0.5"], ["--top-p is not for the model 'cvae'"]),
    (["a red circle", "--best-of", "0"], ["--best-of", "'0'", "from 1 to 512"]),
    (["fox", "--model", "cvae-emoji", "--best-of", "2"], ["--best-of is for the shapes world"]),
    (["a red circle", "--size", "128"], ["--size", "128", "32", "64"]),
    (["a red circle", "--guidance", "2"], ["--guidance is not for the model 'cvae'", "it knows none"]),
    (["--captions", "good.txt", "--prior", "diffusion"], ["--prior is not for the model 'cvae'"]),
    (["fox", "--model", "cvae-emoji", "--size", "64"], ["--size 64 is for the shapes world"]),
    (["a red circle", "--colour", "blue"], ["--colour"]),
    (["a red circle", "--captions", "captions.txt"], ["either one CAPTION or --captions FILE"]),
    ([], ["either one CAPTION or --captions FILE"]),
    (["a red circle", "--out", "folder"], ["folder: is a folder", "name of a file"]),
    (["a red circle", "--out", "nowhere/out.png"], ["nowhere/out.png", "there is no folder", "nowhere'"]),
    (["--captions", "missing.txt"], ["missing.txt", "no such file"]),
    (["--captions", "folder"], ["folder", "is a directory"]),
    (["--captions", "good.txt", "--count", "2"], ["--count goes with one CAPTION"]),
    (["--captions", "good.txt", "--out", "good.txt"], ["good.txt: is a file", "needed is a folder"]),
    (["--captions", "nothing.txt"], ["nothing.txt", "the file is empty"]),
    (["--captions", "gap.txt"], ["gap.txt, line 2: the line is empty"]),
    (["--captions", "bytes.txt"], ["bytes.txt", "byte 3", "not UTF-8"]),
    (["--captions", "wrong.txt"], ["wrong.txt, line 3: unknown word 'zebra'"]),
])  # fmt: skip
def test_what_draw_refuses(models, here, capsys, argv, words):
    (here / "folder").mkdir()
    (here / "out.png").write_text("old")
    for name, text in (("good", "a red star\n"), ("nothing", ""), ("gap", "a red star\n  \na blue star\n"),
                       ("wrong", "a red star\na blue star\na zebra\n")):
        (here / f"{name}.txt").write_text(text)
    (here / "bytes.txt").write_bytes(b"a \xff star\n")
    before = inventory(here)
    out = [] if "--out" in argv else ["--out", "new" if "--captions" in argv else "out.png"]
    complaint = refused(capsys, "draw", *argv, *out)
    assert all(word.lower() in complaint.lower() for word in words), complaint
    assert inventory(here) == before, "something was lost or left behind"


def test_a_full_disk_loses_nothing(models, here, capsys):
    (here / "out.png").write_text("old")
    (here / "captions.txt").write_text("a red star\n" * 3)
    (here / "drawn").mkdir()
    (here / "drawn" / "1.png").write_text("old")
    before = inventory(here)
    for argv in (["draw", CAPTION, "--count", 20, "--out", "out.png"],
                 ["draw", "--captions", "captions.txt", "--out", "drawn"],
                 ["draw", "--captions", "captions.txt", "--out", "new"]):
        with room_for(200):
            complaint = refused(capsys, *argv)
        assert "cannot be written: file too large; what was there is unchanged" in complaint
        assert inventory(here) == before


def test_the_last_of_many_files_that_fails_leaves_the_first_as_they_were(here):
    (here / "a").write_text("old")
    with room_for(100), pytest.raises(OSError, match="cannot be written") as caught:
        files.write_files({here / "a": b"x" * 90, here / "b": b"x" * 110})
    assert caught.value.filename == str(here / "b")
    assert inventory(here) == {(here / "a").relative_to(here): b"old"}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_no_space_left_on_the_device(models, here, capsys):
    complaint = refused(capsys, "draw", CAPTION, "--out", "/dev/full")
    assert "/dev/full: cannot be written: no space left on device" in complaint
    assert not os.path.isfile("/dev/full"), "a device must stay a device"


def test_files_keep_their_permissions_and_new_ones_get_the_usual(here):
    (here / "old").write_text("old")
    (here / "old").chmod(0o640)
    (here / "usual").write_text("")
    files.write_files({here / "old": b"new", here / "new": b"new"})
    assert (here / "old").stat().st_mode & 0o777 == 0o640
    assert (here / "new").stat().st_mode == (here / "usual").stat().st_mode


# --- evaluate, train, models


def test_evaluate_writes_the_report_and_says_the_chief_figures(models, here, capsys):
    (here / "captions.txt").write_text("a red star\ntwo pink hearts\n")
    code, out, _ = run(capsys, "evaluate", "cvae", "--n", 6, "--seed", 2, "--captions", "captions.txt", "--samples", 2,
                       "--json", "report.json")
    found = json.loads((here / "report.json").read_text())
    assert code == 0 and (found["model"], found["seed"]) == ("cvae-shapes", 2)
    for name in ("one_object", "two_objects", "three_objects", "held_out_pairs"):
        assert {key: found["alignment"][name][key] for key in ("rate", "high", "n")} == {"rate": 1, "high": 1, "n": 6}
        assert 0 < found["alignment"][name]["low"] < 1
    assert found["captions"]["n"] == 4
    assert "one object" in out and "100.0%" in out and "your captions" in out and "report.json" in out


def test_evaluate_keeps_the_figures_when_the_disk_is_full(models, here, capsys):
    (here / "report.json").write_text("old")
    with room_for(2000):
        code, out, complaint = run(capsys, "evaluate", "cvae", "--n", 2, "--json", "report.json")
    assert code == 2 and "one object" in out and "report.json: cannot be written" in complaint
    assert inventory(here) == {(here / "report.json").relative_to(here): b"old"}


@pytest.mark.parametrize("argv, words", [
    (["cvae", "--json", "nowhere/report.json"], ["there is no folder"]),
    (["cvae", "--n", "1"], ["--n", "from 2 to"]),
    (["cvae", "--captions", "scene.txt"], ["scene.txt, line 2", "cannot read"]),
    (["cvae-emoji", "--captions", "emoji.txt"], ["emoji.txt, line 1", "'face fox'", "nearest are"]),
    ([], ["MODEL"]),
])  # fmt: skip
def test_what_evaluate_refuses(models, here, capsys, argv, words):
    (here / "scene.txt").write_text("a red star\na star red above\n")  # known words, but no scene
    (here / "emoji.txt").write_text("face fox\n")
    complaint = refused(capsys, "evaluate", *argv)
    assert all(word.lower() in complaint.lower() for word in words), complaint


def test_help_says_what_there_is_and_gives_examples(capsys):
    for name in (None, "draw", "vary", "interpolate", "text-diff", "inpaint", "train", "evaluate", "models"):
        code, out, _ = run(capsys, *([name] if name else []), "--help")
        assert code == 0 and "examples:" in out and f"python -m dalle_tutorial {name or 'draw'}" in out
        assert max(map(len, out.splitlines())) <= 125 and out.isascii(), "any terminal can show it"


@pytest.mark.parametrize("argv, words", [
    ([], ["COMMAND"]),
    (["paint"], ["'paint'", "draw", "vary", "interpolate", "text-diff", "inpaint", "train", "evaluate", "models"]),
    (["train", "cvae", "--preset", "huge", "--out", "x"], ["'huge'", "smoke", "cpu", "gpu"]),
    (["draw", "a red star"], ["--out"]),
])  # fmt: skip
def test_what_the_parser_refuses(here, capsys, argv, words):
    complaint = refused(capsys, *argv)
    assert all(word in complaint for word in words), complaint


def test_help_and_wrong_arguments_do_not_wait_for_tensorflow(here):
    """In a fresh process, with the exit code that a shell sees."""
    (here / "gap.txt").write_text("\n")
    script = """
import sys
from dalle_tutorial.cli import main
for argv in (["--help"], ["draw", "--help"], ["vary", "--help"], ["vary", "gap.txt", "--out", "x.png"],
             ["inpaint", "gap.txt", "--mask", "gap.txt", "--caption", "a", "--out", "x.png"], ["paint"],
             ["draw", "", "--out", "x.png"], ["draw", "a", "--out", "."],
             ["draw", "--captions", "gap.txt", "--out", "d"], ["evaluate", "cvae", "--json", "a/b"]):
    try:
        main(argv)
    except SystemExit:
        pass
heavy = {"tensorflow", "keras", "scipy", "matplotlib"} & sys.modules.keys()
sys.exit(f"these were loaded: {heavy}" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_as_a_program(here):
    done = subprocess.run([sys.executable, "-m", "dalle_tutorial", "draw", "a red star", "--out", "no/such/folder.png"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    assert done.stderr.startswith("python -m dalle_tutorial: no/such/folder.png: there is no folder")


# --- with the true weights and training modules, which load TensorFlow


class Diffuses(Ideal):
    """A model whose `generate` takes settings; it remembers them."""

    def __init__(self, name="decoder-shapes"):
        super().__init__()
        self.card["name"], self.asked = name, []
        self.model.settings = ("guidance_scale", "steps", "sampler")

    def draw(self, captions, seed=0, **settings):
        """As `Ideal`."""
        self.asked.append(settings)
        return ideal(captions, seed)


class Stack(Diffuses):
    """Looks like an `UnCLIP`: it has settings of its own, and more."""

    settings = ("guidance_scale", "steps", "sampler", "prior", "prior_guidance", "candidates")

    def __init__(self, upsampler=None):
        super().__init__("unclip-shapes")
        self.model, self.upsampler = object(), upsampler

    def upsample(self, pictures, seed=0):
        """Each pixel becomes four; the first says the seed."""
        large = pictures.repeat(2, 1).repeat(2, 2)
        large[:, 0, 0] = seed
        return large


def test_options_reach_the_model_that_knows_them(here, capsys, monkeypatch):
    models = {"glide": Diffuses(), "unclip": Stack()}
    monkeypatch.setattr(shared, "load", models.get)
    options = ["--guidance", 2.5, "--steps", 4, "--sampler", "ddim"]
    told = {"guidance_scale": 2.5, "steps": 4, "sampler": "ddim"}
    assert run(capsys, "draw", CAPTION, "--model", "glide", *options, "--out", "a.png")[0] == 0
    assert run(capsys, "draw", CAPTION, "--model", "unclip", *options, "--prior", "autoregressive", "--seed", 3,
               "--out", "b.png")[0] == 0
    assert run(capsys, "draw", CAPTION, "--model", "unclip", "--out", "c.png")[0] == 0
    assert models["glide"].asked == [told]
    assert models["unclip"].asked == [told | {"prior": "autoregressive"}, {}]
    with Image.open("b.png") as image:
        assert image.text["Comment"] == (
            "model unclip-shapes, seed 3, guidance 2.5, steps 4, sampler ddim, prior autoregressive"
        )
    complaint = refused(capsys, "draw", CAPTION, "--model", "glide", "--prior", "diffusion", "--out", "d.png")
    assert "--prior is not for the model 'glide'" in complaint and "--guidance, --steps, --sampler" in complaint
    assert "unknown word 'zebra'" in refused(capsys, "draw", "zebra", "--model", "unclip", "--out", "d.png")
    assert not (here / "d.png").exists() and len(models["glide"].asked) == 1


def test_the_best_of_several_is_what_clip_finds_nearest(here, capsys, monkeypatch):
    other = "a large yellow star at the top left"

    class Wavering(Diffuses):
        """Draws something else for every second caption of a batch."""

        def draw(self, captions, seed=0, **settings):
            self.asked.append(settings)
            return ideal([caption if i % 2 else other for i, caption in enumerate(captions)], seed)

    model = Wavering("dalle-shapes")
    model.model.settings = ("guidance_scale", "temperature", "top_k", "top_p")
    monkeypatch.setattr(shared, "load", {"dalle": model}.get)
    for out, options in (("first.png", []), ("best.png", ["--best-of", 2, "--top-k", 40, "--top-p", 0.9])):
        assert run(capsys, "draw", CAPTION, "--model", "dalle", "--scale", 1, *options, "--out", out)[0] == 0
    assert model.asked == [{}, {"top_k": 40, "top_p": 0.9}]
    assert [oracle.score(pixels(here / name)[None], [CAPTION])[0].correct for name in ("first.png", "best.png")] == [
        False, True
    ]
    with Image.open("best.png") as image:
        assert image.text["Comment"] == "model dalle-shapes, seed 0, top-k 40, top-p 0.9, best-of 2"


def test_size_64_goes_through_the_upsampler(here, capsys, monkeypatch):
    from dalle_tutorial import upsampling, weights

    models = {"glide": Diffuses(), "whole": Stack(upsampler=object()), "without": Stack()}
    monkeypatch.setattr(shared, "load", models.get)
    monkeypatch.setattr(weights, "load", lambda name: {"upsampler-shapes": "the upsampler"}[name])
    monkeypatch.setattr(upsampling, "enlarge", lambda trained, pictures, seed: Stack().upsample(pictures, 100 + seed)
                        if trained == "the upsampler" else None)
    (here / "captions.txt").write_text("a red star\na blue heart\n")
    for name, seed in (("glide", 107), ("whole", 7), ("without", 107)):
        argv = ["--model", name, "--seed", 7, "--size", 64]
        assert run(capsys, "draw", "a red star", *argv, "--count", 2, "--scale", 1, "--out", "out.png")[0] == 0
        sheet = pixels("out.png")
        assert sheet.shape == (64, 64 + 2 + 64, 3) and (sheet[0, 0] == seed).all(), name
        assert run(capsys, "draw", "--captions", "captions.txt", *argv, "--out", "drawn")[0] == 0
        assert pixels(here / "drawn" / "2.png").shape == (64, 64, 3)


def test_unclip_is_the_whole_stack_and_other_names_are_what_they_say(here, monkeypatch):
    from dalle_tutorial import weights

    folder = Diffuses("unclip-shapes")
    trained = {"unclip-shapes": Diffuses("unclip-shapes"), "decoder-shapes": Diffuses(), "cvae-shapes": Ideal(),
               "mine": folder, "prior-shapes": Diffuses("prior-shapes")}
    monkeypatch.setattr(weights, "load", trained.get)
    monkeypatch.setattr(weights, "names", lambda: ("cvae-shapes", "prior-shapes"))
    monkeypatch.setattr(weights, "load_unclip", lambda decoder, precision: ("stack of", decoder))
    (here / "mine").mkdir()
    assert shared.load("unclip") == shared.load("unclip-shapes") == ("stack of", trained["unclip-shapes"])
    assert shared.load("mine") == ("stack of", folder)
    for name, long in (("glide", "decoder-shapes"), ("cvae", "cvae-shapes"), ("prior-shapes", "prior-shapes")):
        assert shared.load(name) is trained[long]


def test_weights_that_are_not_there_are_named(here, capsys, monkeypatch):
    from dalle_tutorial import weights

    (here / "weights").mkdir()
    monkeypatch.setattr(weights, "FOLDER", here / "weights")
    for name, missing in (("glide", "decoder-shapes"), ("unclip", "unclip-shapes"), ("cvae", "cvae-shapes")):
        for argv in (["draw", CAPTION, "--model", name, "--out", "out.png"], ["evaluate", name, "--n", 2]):
            assert f"no model '{missing}'" in refused(capsys, *argv)
    monkeypatch.setattr(shared, "load", lambda name, precision=None: Diffuses())
    complaint = refused(capsys, "draw", CAPTION, "--size", 64, "--out", "out.png")
    assert "no model 'upsampler-shapes'" in complaint and not (here / "out.png").exists()


def test_a_stack_is_evaluated_by_what_it_draws(here, capsys, monkeypatch):
    monkeypatch.setattr(shared, "load", lambda name, precision=None: Stack())
    (here / "captions.txt").write_text("a red star\n")
    code, out, _ = run(capsys, "evaluate", "unclip", "--n", 4, "--captions", "captions.txt", "--json", "report.json")
    found = json.loads((here / "report.json").read_text())
    assert code == 0 and found["model"] == "unclip-shapes" and found["alignment"]["two_objects"]["rate"] == 1
    assert found["captions"]["n"] == 8 and "one object" in out and "bounds" not in found
    (here / "captions.txt").write_text("a zebra\n")
    assert "line 1: unknown word 'zebra'" in refused(capsys, "evaluate", "unclip", "--captions", "captions.txt")


def test_a_model_that_is_unknown_damaged_or_no_model(here, capsys):
    (here / "empty").mkdir()
    (here / "bad").mkdir()
    (here / "bad" / "model.npz").write_bytes(b"bits")
    (here / "bad" / "model.json").write_text('{"sha256": "0123456789abcdef"}')
    for name, words in (("dall-e", ["unknown model 'dall-e'", "cvae", "folder"]), ("empty", ["empty", "model.npz"]),
                        ("bad", ["model.npz is damaged", "0123456789ab"])):
        complaint = refused(capsys, "draw", "a red star", "--model", name, "--out", "out.png")
        assert all(word in complaint for word in words), complaint
    assert not (here / "out.png").exists()


def test_train_hands_on_its_arguments_and_shows_the_card(here, capsys, monkeypatch):
    from dalle_tutorial import training

    asked = []
    monkeypatch.setattr(training, "train", lambda *arguments: asked.append(arguments) or Ideal())
    code, out, _ = run(capsys, "train", "cvae", "--preset", "smoke", "--seed", 7, "--out", "run")
    assert code == 0 and asked == [("cvae-shapes", "smoke", "run", 7)] and "name: cvae-shapes" in out
    assert "unknown model 'gan'" in refused(capsys, "train", "gan", "--out", "run") and len(asked) == 1
    (here / "file").write_text("")
    assert "file: is a file" in refused(capsys, "train", "cvae", "--out", "file")


def test_ctrl_c_says_how_to_go_on(here, capsys, monkeypatch):
    from dalle_tutorial import training

    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", stopped)
    code, out, complaint = run(capsys, "train", "cvae", "--out", "run")
    assert (code, out) == (130, "") and "the same command goes on" in complaint and complaint.count("\n") == 1


def test_models_lists_cards_without_what_only_the_program_reads(capsys, monkeypatch):
    from dalle_tutorial import weights

    fake = Ideal()
    fake.card |= {"tokenizer": {"vocabulary": ["secret"]}, "minutes": 3}
    monkeypatch.setattr(weights, "names", lambda: ("cvae-shapes",))
    monkeypatch.setattr(weights, "load", lambda name: fake)
    code, out, _ = run(capsys, "models")
    assert code == 0 and out.startswith("cvae-shapes\n") and "minutes: 3" in out and "secret" not in out


def test_names_agree_with_the_package():
    from dalle_tutorial import rounding, training, weights
    from dalle_tutorial.commands import texts
    from dalle_tutorial.models import dalle, samplers, unclip

    assert set(cli.SAMPLERS) == set(samplers.SAMPLERS) and set(cli.PRIORS) == set(weights.PRIORS)
    assert set(shared.SETTINGS) <= {*unclip.UnCLIP.settings, *dalle.DALLE.settings}
    assert manipulating.SIDE == unclip.SIDE and cli.PRECISIONS == rounding.PRECISIONS
    named = {word for word in re.findall(r"[a-z-]+", texts.TRAINED) if "-" in word}
    assert named and named <= set(training.MODELS)
    assert cli.PRESETS == training.PRESETS and set(shared.SHORT_NAMES.values()) <= set(training.MODELS)
