"""What every recipe says, whatever it trains."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from dalle_tutorial.backend import keras
from dalle_tutorial.training.optimizers import optimizer_for

CHUNKS = 50  # a run is saved and shows its losses this often


@dataclass(frozen=True)
class Stage:
    """A part of a run that is resumable by itself: `steps` of `network` with an optimiser of its own.

    `callbacks` makes what it needs beside the usual ones, told how many steps are done already. `ignores` begin the
    names of what a recipe says of later stages only: those may change without this one being learnt again. `draws` says
    whether its pictures are the growing one.
    """

    name: str
    network: keras.Model
    steps: int
    optimizer: keras.optimizers.Optimizer
    callbacks: Callable = lambda done: []
    ignores: tuple[str, ...] = ()
    draws: bool = True


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run, except its seed; one subclass for each family of models.

    `steps` of `batch` examples each; `width` and `depth` of the transformers. `shown` are captions that a growing
    picture shows while the model learns: none for a model that draws no pictures. `ema` is the momentum of the moving
    average that becomes the weights, None for the weights themselves. `choices` are settings of `generate`,
    each with the values among which the validation split chooses, once the model has learnt, one setting after another.
    `milestones` names the sets of `evaluation.alignment` that are measured, on the validation split, as it learns.
    `convolutions` says whether Muon has their kernels too. `limits` says what the model cannot do, for its card.
    """

    model: str
    steps: int
    batch: int = 64
    width: int = 64
    depth: int = 2
    learning_rate: float = 2e-3
    optimizer: str = "muon"

    convolutions = False
    shown = ()
    ema = None
    choices = ()
    milestones = ()
    limits = ""

    def tokenizer(self):
        """The tokeniser of the model's captions."""
        raise NotImplementedError

    def build(self, tokenizer):
        """A fresh, built model."""
        raise NotImplementedError

    def batches(self, tokenizer):
        """The function (size, seed) → dict of arrays that the model learns from."""
        raise NotImplementedError

    def stages(self, network, tokenizer):
        """The run's stages, one after another: each is asked for when the one before is done."""
        yield Stage("model", network, self.steps, self.make_optimizer(self.steps))

    def make_optimizer(self, steps):
        """The recipe's optimiser for a stage of so many steps."""
        return optimizer_for(self.optimizer, self.learning_rate, steps, self.ema, self.convolutions)

    @property
    def total_steps(self):
        """Steps of all stages together."""
        return self.steps

    def as_config(self, ignores=()):
        """Plain values, for cards and checkpoints; without those whose names begin like one of `ignores`."""
        return {name: value for name, value in asdict(self).items() if not name.startswith(tuple(ignores))}
