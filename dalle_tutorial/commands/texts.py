"""What the command line says of itself: kinds of arguments, and what stands at the end of each help text."""

MODEL = ("cvae (the same as cvae-shapes), cvae-emoji, dalle (dalle-shapes: DALL-E 1, which writes pictures as "
         "tokens), glide (decoder-shapes: diffusion, told the caption), unclip "
         "(unclip-shapes: all of DALL-E 2, caption, prior and decoder), decoder-emoji, or a folder that `train` made")
TRAINED = ("cvae (the same as cvae-shapes), cvae-emoji, clip-shapes, dalle (dalle-shapes), glide (decoder-shapes), "
           "prior-shapes, prior-ar-shapes, unclip (unclip-shapes), upsampler-shapes, vqvae-shapes, dvae-shapes, "
           "svg-shapes, translate, clip-emoji, decoder-emoji")
CAPTIONS_FILE = "a text file (UTF-8) with one caption a line and no empty line"
EXAMPLES = {
    "": """examples:
  {p} draw "a small red circle above a large blue square" --count 8 --out out.png
  {p} draw "fox" --model decoder-emoji --out fox.png
  {p} draw "a yellow star left of a blue square" --model unclip --scale 1 --out star.png
  {p} vary star.png --out variations.png
  {p} train cvae --preset cpu --out my-cvae
  {p} evaluate cvae --json report.json
`{p} COMMAND --help` says more about each.""",
    "draw": """examples:
  {p} draw "a small red circle above a large blue square" --model cvae --count 8 --seed 0 --out out.png
  {p} draw "three green stars" --model my-cvae --scale 1 --out stars.png
  {p} draw "three green stars" --model glide --guidance 3 --steps 32 --sampler ddim --out stars.png
  {p} draw "a pink heart" --model unclip --prior autoregressive --size 64 --out large.png
  {p} draw "a red star left of a green cross" --model dalle --top-k 40 --best-of 8 --out star.png
  {p} draw --captions captions.txt --out pictures
One caption makes one PNG: its pictures in rows of eight, two pixels apart, each pixel enlarged --scale times. With
--captions, line n becomes DIR/n.png, not enlarged; other files in DIR stay. Where --guidance is not given,
it is what the validation split chose.""",
    "code": """examples:
  {p} code "a small red circle above a large blue square"
  {p} code "three green stars" --out stars.svg --png stars.png
Without --out and --png the code goes to the screen. A grammar keeps it to plain shapes: no other code can come out.
The caption is one of the shapes world, in English or Chinese.""",
    "translate": """examples:
  {p} translate "a small red circle above a large blue square" --to zh
  {p} translate "woman farmer with dark skin tone" --to zh --beam 4
With --to en the caption is a Chinese one. It knows the captions of the shapes world and the names of emoji.""",
    "vary": """examples:
  {p} vary star.png --n 8 --eta 1.0 --out variations.png
{picture}
What the picture shows (its CLIP embedding) stays; --eta says how much of the rest is drawn afresh. With --guidance 2
more of the variations show it.""",
    "interpolate": """examples:
  {p} interpolate star.png heart.png --frames 8 --out way.png
{picture}
The first frame is the first picture as the model draws it again, the last one the second.""",
    "text-diff": """examples:
  {p} text-diff star.png --from "a yellow star" --to "a green star" --fraction 0.5 --out green.png
{picture}
The more --fraction, the more of the change, and the less of the picture, is left. With --guidance 2 both succeed more
often.""",
    "inpaint": """examples:
  {p} inpaint star.png --mask right.png --caption "a yellow star left of a blue square" --out both.png
{picture}
The mask is a PNG of the same size, white where to paint and black elsewhere; what is black stays, pixel by pixel. The
caption describes the whole picture.""",
    "train": """examples:
  {p} train cvae --preset smoke --out try        does it run?
  {p} train cvae-emoji --preset cpu --out my-emoji
A run that was stopped goes on where it was when the same command is given again. The priors and unclip learn from
clip-shapes, as the readers of glide, svg-shapes and translate do, and decoder-emoji's from clip-emoji; unclip goes on
from decoder-shapes, dalle from vqvae-shapes: the weights of those must be there.""",
    "evaluate": """examples:
  {p} evaluate cvae --json report.json
  {p} evaluate unclip --n 100
  {p} evaluate my-cvae --n 200 --captions captions.txt --json report.json
The report holds {{"model", "seed", "alignment": {{"one_object": {{"rate", "low", "high", "n", ...}}, ...}}, ...}}; low
and high bound the 95 % Wilson interval. Emoji models are scored by retrieval; models that draw nothing (clip-shapes,
prior-shapes, upsampler-shapes and the like) by what they are for. The summary goes to the screen.""",
    "export": """examples:
  {p} export clip-shapes --out onnx
  {p} export my-decoder --precision int8 --out onnx
Each graph becomes DIR/NAME.ROLE.onnx, is run beside Keras and refused if it differs; their weights are one file,
DIR/NAME.weights.bin; DIR/NAME.json says what else is needed: tokeniser, noise schedule, settings. Of unclip this is the
decoder: export clip-shapes and prior-shapes too.""",
    "models": """examples:
  {p} models""",
}  # fmt: skip
PICTURE = """A picture is a PNG of 32 x 32 pixels, RGB, as `draw --scale 1` writes it, of the shapes world: nothing else
was learnt. Everything is done by unclip; its weights, those of CLIP and of a prior must be there."""
