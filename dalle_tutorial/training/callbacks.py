"""What happens between the steps of a run: β warms up, the run is saved, a bar moves, a picture grows."""

import contextlib
import io
import json
import time
import zipfile

import numpy as np
from PIL import Image

from dalle_tutorial.backend import keras
from dalle_tutorial.errors import WeightsError
from dalle_tutorial.files import write_safely


class WarmUp(keras.callbacks.Callback):
    """Raises the weight of the KL term from `start` to `end` over `steps` steps, then leaves it there
    (Bowman et al. 2016, §3.1). `first` is the number of the run's first step."""

    def __init__(self, start=0.0, end=1.0, steps=1000, first=0):
        super().__init__()
        self.start, self.end, self.steps, self.step = start, end, steps, first

    def on_train_batch_begin(self, batch, logs=None):
        share = min(1.0, self.step / max(1, self.steps))
        self.model.beta.assign(self.start + (self.end - self.start) * share)
        self.step += 1


def _variables(model):
    """Everything a run must remember, in a fixed order: weights, the state of the noise, the optimiser."""
    return [*model.variables, *model.optimizer.variables]


class Checkpoint(keras.callbacks.Callback):
    """Saves a stage of a run at the end of each chunk: `STAGE.checkpoint.npz` and `STAGE.history.json` in `out`.

    `about` (plain values) says which run this is; `restore` refuses the checkpoint of another one.
    """

    def __init__(self, out, stage, about):
        super().__init__()
        self.path, self.about = out / f"{stage}.checkpoint.npz", about
        self.history_path = out / f"{stage}.history.json"
        self.history, self.seconds, self._since = [], 0.0, time.monotonic()

    def restore(self, model):
        """Fills a built, compiled model and returns how many chunks are done (0 where there is no checkpoint)."""
        if not self.path.exists():
            return 0
        try:
            # Read first: of a damaged file, numpy would leave the handle open.
            with np.load(io.BytesIO(self.path.read_bytes()), allow_pickle=False) as saved:
                meta = json.loads(str(saved["meta"]))
                arrays = [saved[f"{i:04d}"] for i in range(len(_variables(model)))]
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise WeightsError(f"the checkpoint {self.path} is damaged ({error}): delete it to begin again") from error
        if meta["about"] != self.about:
            raise WeightsError(
                f"{self.path.parent} holds another run ({meta['about']}): name another folder, or delete this one"
            )
        for variable, array in zip(_variables(model), arrays, strict=True):
            variable.assign(array)
        self.history, self.seconds = meta["history"], meta["seconds"]
        return len(self.history)

    def on_train_begin(self, logs=None):
        self._since = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self.seconds, self._since = self.seconds + now - self._since, now
        seen = {name: float(value) for name, value in (logs or {}).items()}
        self.history.append({**seen, "minutes": round(self.seconds / 60, 2)})
        meta = json.dumps({"about": self.about, "history": self.history, "seconds": self.seconds})
        arrays = {f"{i:04d}": keras.ops.convert_to_numpy(variable) for i, variable in enumerate(_variables(self.model))}
        write_safely(self.path, lambda file: np.savez(file, meta=np.array(meta), **arrays))
        history = json.dumps(self.history, indent=1).encode()
        write_safely(self.history_path, lambda file: file.write(history))


@contextlib.contextmanager
def averaged(model):
    """Within it, the moving averages that the optimiser keeps (if it does) stand in for the model's weights."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not optimizer.use_ema:
        yield
        return
    kept = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, kept, strict=True):
            weight.assign(value)


class Milestones(keras.callbacks.Callback):
    """After every few chunks, measures the model as it stands: what minutes buy. `measure()` returns a dict of numbers,
    which go into the history beside the losses."""

    def __init__(self, measure, every=5):
        super().__init__()
        self.measure, self.every = measure, every

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            with averaged(self.model):
                logs.update(self.measure())


class Progress(keras.callbacks.Callback):
    """One bar for the whole run, with the time left and the latest losses."""

    def __init__(self, total, done, name):
        super().__init__()
        self.total, self.done, self.name = total, done, name

    def on_train_begin(self, logs=None):
        from tqdm.auto import tqdm

        self.bar = tqdm(total=self.total, initial=self.done, desc=self.name, unit="step", mininterval=1.0)

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        self.bar.set_postfix({name: f"{value:.3g}" for name, value in (logs or {}).items()})

    def on_train_end(self, logs=None):
        self.bar.close()


class PictureGrid(keras.callbacks.Callback):
    """After each chunk, draws the same captions from the same noise into `growing.png`, one row a chunk."""

    def __init__(self, draw, out, rows=64):
        super().__init__()
        self.draw, self.path, self.rows = draw, out / "growing.png", rows

    def on_epoch_end(self, epoch, logs=None):
        with averaged(self.model):
            row = np.concatenate(list(self.draw()), axis=1)
        if self.path.exists() and epoch:
            with Image.open(self.path) as old:
                row = np.concatenate([np.asarray(old.convert("RGB")), row])[-self.rows * row.shape[0] :]
        write_safely(self.path, lambda file: Image.fromarray(row).save(file, format="PNG"))
