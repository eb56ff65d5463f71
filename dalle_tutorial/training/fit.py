"""`train`: a recipe and a seed in, a trained model out. It may be killed at any moment and called again."""

import pathlib
import time

from dalle_tutorial.backend import keras
from dalle_tutorial.training import recipes
from dalle_tutorial.training.callbacks import Checkpoint, PictureGrid, Progress, WarmUp
from dalle_tutorial.training.streams import Stream
from dalle_tutorial.weights import Trained

CHUNKS = 50  # a run is saved and shows its losses this often
SHOWN = {
    "cvae-shapes": (
        "a small red circle", "a large blue square", "three small purple stars", "a pink heart above a black cross",
        "a large yellow triangle left of a small green square", "a large orange circle at the top left",
    ),
    "cvae-emoji": ("grinning face", "cat face", "red apple", "snowman", "automobile", "rainbow"),
}


def train(model, preset="cpu", out="runs", seed=0, progress=True, recipe=None):
    """Trains a model of `recipes.MODELS` and returns it as a `Trained`.

    First the whole model learns; then, if the recipe has `prior_steps`, p(z|c) alone goes on learning where the
    others have settled. The folder `out` receives a checkpoint and a history for each stage, a picture that grows by
    a row a chunk, and at the end `model.npz` with its card `model.json`. Called again with the same arguments it goes
    on after the last whole chunk, with the same data in the same order and the same noise, so the losses are those of
    a run never stopped. `recipe` replaces the one that `model` and `preset` name. Raises TutorialError for an unknown
    model or preset, WeightsError where `out` holds another run or a damaged checkpoint.
    """
    recipe = recipe or recipes.find(model, preset)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    tokenizer = recipes.tokenizer_for(recipe.model)
    network = recipes.build(recipe, tokenizer)
    trained = Trained(network, tokenizer, {})
    draw = recipes.batches_for(recipe)

    def stage(network, name, steps, first, rate, callbacks):
        """Some steps of training, resumable by themselves; `first` is the number of their first batch."""
        network.compile(optimizer=recipes.optimizer_for(rate, steps))
        # Built before the first step: TensorFlow then traces the step once instead of twice.
        network.optimizer.build(network.trainable_variables)
        size = max(1, steps // CHUNKS)
        checkpoint = Checkpoint(out, name, {"recipe": recipes.as_config(recipe), "seed": seed})
        done = checkpoint.restore(network)
        stream = Stream(draw, tokenizer, recipe.batch, size, seed, start=first + done * size)
        callbacks = [*callbacks(done * size), checkpoint]
        if progress:
            callbacks.append(Progress(steps, done * size, f"{recipe.model} {name}"))
        if done < steps // size:
            network.fit(
                stream, epochs=steps // size, initial_epoch=done, shuffle=False, verbose=0, callbacks=callbacks
            )
        return checkpoint

    grid = PictureGrid(lambda: trained.draw(SHOWN[recipe.model], seed=seed), out)
    stages = [
        stage(network, "model", recipe.steps, 0, recipe.learning_rate, lambda done: [
            WarmUp(recipe.beta_start, 1.0, recipe.beta_steps, first=done), grid,
        ])
    ]
    if recipe.prior_steps:
        trained.model = network.with_second_prior(tokenizer.max_length)
        rate = recipe.learning_rate
        stages.append(stage(trained.model, "prior", recipe.prior_steps, recipe.steps, rate, lambda done: []))
    trained.card = {
        "name": recipe.model, "made": time.strftime("%Y-%m-%d"), "preset": preset, "seed": seed,
        "command": f"python -m dalle_tutorial train {recipe.model} --preset {preset} --seed {seed}",
        "recipe": recipes.as_config(recipe), "minutes": [round(done.seconds / 60, 1) for done in stages],
        "pictures_seen": (recipe.steps + recipe.prior_steps) * recipe.batch,
        "last_losses": [done.history[-1] for done in stages],
    }
    trained.save(out / "model.npz")
    return trained
