"""What is trained, and how: one recipe for each model and each position of the one dial (smoke, cpu, gpu)."""

from dalle_tutorial.data.scenes import check_choice
from dalle_tutorial.training import clip, cvae, dalle, decoder, emoji, priors, translator, unclip, upsampler, vqvae

PRESETS = ("smoke", "cpu", "gpu")
RECIPES = {
    **cvae.RECIPES, **clip.RECIPES, **decoder.RECIPES, **unclip.RECIPES, **upsampler.RECIPES, **priors.RECIPES,
    **vqvae.RECIPES, **translator.RECIPES, **dalle.RECIPES, **emoji.RECIPES,
}
MODELS = tuple(RECIPES)


def find(model, preset):
    """The recipe of a model at a position of the dial. Raises TutorialError for an unknown one."""
    check_choice("model", model, MODELS)
    check_choice("preset", preset, PRESETS)
    return RECIPES[model][preset]
