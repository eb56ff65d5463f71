"""Training: recipes on one dial, endless data, runs that survive being killed."""

from dalle_tutorial.training.fit import train
from dalle_tutorial.training.recipe import Recipe
from dalle_tutorial.training.recipes import MODELS, PRESETS, RECIPES

__all__ = ["MODELS", "PRESETS", "RECIPES", "Recipe", "train"]
