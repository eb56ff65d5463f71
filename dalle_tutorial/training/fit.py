"""`train`: a recipe and a seed in, a trained model out. It may be killed at any moment and called again."""

import pathlib
import time

from dalle_tutorial import evaluation
from dalle_tutorial.backend import keras
from dalle_tutorial.training import recipes
from dalle_tutorial.training.callbacks import Checkpoint, Milestones, PictureGrid, Progress
from dalle_tutorial.training.recipe import CHUNKS
from dalle_tutorial.training.streams import Stream
from dalle_tutorial.weights import Trained


def train(model, preset="cpu", out="runs", seed=0, progress=True, recipe=None):
    """Trains a model of `recipes.MODELS` and returns it as a `Trained`.

    The folder `out` receives a checkpoint and a history for each stage of the recipe, a picture that grows by a row a
    chunk, and at the end `model.npz` with its card `model.json`. Called again with the same arguments it goes on after
    the last whole chunk, with the same data in the same order and the same noise, so the losses are those of a run
    never stopped. `recipe` replaces the one that `model` and `preset` name. Raises TutorialError for an unknown model
    or preset, WeightsError where `out` holds another run or a damaged checkpoint.
    """
    recipe = recipe or recipes.find(model, preset)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    tokenizer = recipe.tokenizer()
    trained, make = Trained(recipe.build(tokenizer), tokenizer, {}), recipe.batches(tokenizer)
    done, first = [], 0
    for stage in recipe.stages(trained.model, tokenizer):
        trained.model = stage.network
        about = {"recipe": recipe.as_config(stage.ignores), "seed": seed}
        checkpoint = Checkpoint(out, stage.name, about)
        callbacks = [checkpoint]
        if recipe.milestones:
            callbacks.insert(0, Milestones(lambda: _aligned(trained, recipe.milestones, seed)))
        if recipe.shown and stage.draws:
            callbacks.insert(0, PictureGrid(lambda: trained.draw(recipe.shown, seed=seed), out))
        stream = Stream(make, recipe.batch, max(1, stage.steps // CHUNKS), seed, start=first)
        _run(stage, stream, checkpoint, callbacks, f"{recipe.model} {stage.name}" if progress else None)
        done.append(checkpoint)
        first += stage.steps
    trained.card = {
        "name": recipe.model, "made": time.strftime("%Y-%m-%d"), "preset": preset, "seed": seed,
        "command": f"python -m dalle_tutorial train {recipe.model} --preset {preset} --seed {seed}",
        "recipe": recipe.as_config(), "minutes": [round(stage.seconds / 60, 1) for stage in done],
        "pictures_seen": recipe.total_steps * recipe.batch,
        "last_losses": [stage.history[-1] for stage in done],
    }
    trained.save(out / "model.npz")
    return trained


def _aligned(trained, sets, seed, n=60):
    """How many of n captions of the validation split a model draws right, as it stands: name → share."""
    found = evaluation.alignment(trained.draw, n, seed, "validation", sets)
    return {name: rate.rate for name, rate in found.items()}


def _run(stage, stream, checkpoint, callbacks, name):
    """Runs a stage from where its checkpoint says to its end; `name` is that of the progress bar, None for no bar."""
    network, chunks = stage.network, stage.steps // stream.steps
    network.compile(optimizer=stage.optimizer)
    # Built before the first step: TensorFlow then traces the step once instead of twice.
    network.optimizer.build(network.trainable_variables)
    chunk = checkpoint.restore(network)
    done = chunk * stream.steps
    stream.start += done
    callbacks = [*stage.callbacks(done), *callbacks]
    if name:
        callbacks.append(Progress(stage.steps, done, name))
    if chunk < chunks:
        network.fit(stream, epochs=chunks, initial_epoch=chunk, shuffle=False, verbose=0, callbacks=callbacks)
    elif network.optimizer.use_ema:
        # What `fit` does at its end, for a run that had ended before: the moving averages become the weights.
        network.optimizer.finalize_variable_values(network.trainable_variables)
