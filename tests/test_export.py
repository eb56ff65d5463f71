"""Models as ONNX: the graphs say what Keras says, the weights lose nothing, and what differs is refused."""

import json

import numpy as np
import pytest

from dalle_tutorial import cli, weights
from dalle_tutorial.backend import keras
from dalle_tutorial.errors import TutorialError
from dalle_tutorial.export import Graph, export, exporting, graphs_of
from dalle_tutorial.export.onnx_graph import session, to_onnx
from dalle_tutorial.export.storage import WeightsFile, rename, shrink, stored
from dalle_tutorial.models.prior import DiffusionPrior, PriorNetwork
from dalle_tutorial.rounding import rounded
from dalle_tutorial.text.tokenizers import WordTokenizer
from scripts import export_models

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow exports")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def small():
    """A small untrained prior, as `weights.load` gives a trained one."""
    keras.utils.set_random_seed(0)
    tokenizer = WordTokenizer(["red", "star"], 6)
    network = PriorNetwork(tokenizer.vocabulary_size, 6, embedding_width=16, width=32, depth=1)
    model = DiffusionPrior(network, schedule="cosine", prediction="x0", dropout={"text": 0.1})
    model.build_for(6)
    return weights.Trained(model, tokenizer, {"name": "small", "minutes": [1], "figures": {}})


@pytest.fixture(scope="module")
def written(small, tmp_path_factory):
    """(folder, what `export` returned)."""
    folder = tmp_path_factory.mktemp("onnx")
    return folder, export(small, folder)


def test_what_is_written_is_what_the_json_says(written):
    folder, found = written
    assert json.loads((folder / "small.json").read_text()) == json.loads(json.dumps(found))
    parts = [found["weights"], *found["graphs"].values()]
    assert sorted(path.name for path in folder.iterdir()) == sorted(["small.json", *(part["file"] for part in parts)])
    for part in parts:
        assert (folder / part["file"]).stat().st_size == part["bytes"]
    assert found["prediction"] == "x0" and found["dropped"] == ["text"] and found["schedule"]
    assert found["graphs"]["denoise"]["outputs"] == {"output": [16]}


def test_the_written_graph_says_what_keras_says_for_any_batch(small, written):
    folder, found = written
    graph, run = graphs_of(small)["denoise"], session(folder / found["graphs"]["denoise"]["file"])
    for batch in (1, 2, 5):
        given = graph.example(batch, seed=batch + 10)
        expected = np.asarray(graph.function(**{k: keras.ops.convert_to_tensor(v) for k, v in given.items()})["output"])
        assert np.abs(run(given)["output"] - expected).max() < 1e-4


def test_a_graph_that_says_something_else_is_refused_and_nothing_is_written(small, tmp_path, monkeypatch):
    wrong = iter((0.0, 1.0, 2.0, 3.0))  # another constant each time it is asked: traced once, Keras goes on

    def changing(x):
        return {"y": x + next(wrong)}

    monkeypatch.setattr(exporting, "graphs_of", lambda trained: {"wrong": Graph(changing, {"x": ((4,), "number")})})
    with pytest.raises(TutorialError, match="small, wrong: y differs from Keras by"):
        export(small, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_without_graphs_is_refused(small):
    with pytest.raises(TutorialError, match="a dict cannot be exported: allowed are CLIP"):
        graphs_of(weights.Trained({}, small.tokenizer, small.card))


@pytest.mark.parametrize("axes", ((0, 1), (1, 0)))
def test_weights_on_the_grid_are_stored_in_a_byte_each_whichever_way_they_lie(axes):
    values = rounded(RNG.standard_normal((48, 20)).astype("float32"), "int8").transpose(axes)
    whole, scale = stored(values)
    assert whole.dtype == np.int8 and np.allclose(whole * scale, values, rtol=1e-6, atol=0)


def test_other_weights_are_stored_whole():
    half = RNG.standard_normal((48, 20)).astype("float16").astype("float32")
    assert stored(half)[0].dtype == np.float16
    full = RNG.standard_normal((48, 20)).astype("float32")
    assert stored(full)[0] is full


def test_what_two_graphs_share_is_stored_once():
    matrix = rounded(RNG.standard_normal((64, 64)).astype("float32"), "int8")
    file = WeightsFile("w.bin")

    def graph(scale):
        return Graph(lambda x: {"y": keras.ops.matmul(x, matrix) * scale}, {"x": ((64,), "number")})

    sizes = []
    for scale in (1.0, 2.0):
        shrink(to_onnx(graph(scale)), file)
        sizes.append(len(file.data))
    assert sizes[0] == sizes[1] == 64 * 64


def test_short_names_keep_inputs_and_outputs():
    model = rename(to_onnx(Graph(lambda x: {"y": keras.ops.tanh(x) * 3.0}, {"x": ((4,), "number")})))
    assert [v.name for v in model.graph.input] == ["x"] and [v.name for v in model.graph.output] == ["y"]
    assert all(len(name) < 6 for node in model.graph.node for name in (*node.input, *node.output))


def test_command_line(tmp_path, capsys):
    out = tmp_path / "onnx"
    assert cli.main(["export", "upsampler-shapes", "--precision", "int8", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "upsampler-shapes.denoise.onnx: denoise" in said and "int8" in said
    assert json.loads((out / "upsampler-shapes.json").read_text())["precision"] == "int8"
    assert cli.main(["export", "giraffe", "--out", str(out)]) == 2
    assert "unknown model 'giraffe'" in capsys.readouterr().err


def test_page_models_are_there_whole_and_small():
    """`make` exports them before the tests."""
    index = export_models.read_index(export_models.FOLDER)
    assert set(index) == set(export_models.MODELS)
    assert all(export_models.is_there(entry, export_models.FOLDER) for entry in index.values())
    assert sum(entry["bytes"] for entry in index.values()) <= 12_000_000


def test_an_export_is_made_again_when_something_is_missing(tmp_path):
    entry = {"files": [{"file": "a", "bytes": 3}]}
    assert not export_models.is_there(entry, tmp_path)
    (tmp_path / "a").write_bytes(b"ab")
    assert not export_models.is_there(entry, tmp_path)
    (tmp_path / "a").write_bytes(b"abc")
    assert export_models.is_there(entry, tmp_path)
    assert export_models.read_index(tmp_path) == {}


def test_a_model_of_ones_own_takes_the_place_of_a_shipped_one(tmp_path):
    def config(models):
        return {"sphinx": {"config": {"playground_models": models}}}

    assert export_models.sources({}) == {name: name for name in export_models.MODELS}
    (tmp_path / "model.json").write_text('{"name": "decoder-shapes"}')
    found = export_models.sources(config({"decoder-shapes": str(tmp_path)}))
    assert found["decoder-shapes"] == str(tmp_path) and found["cvae-shapes"] == "cvae-shapes"
    assert export_models.stamp(str(tmp_path)) != export_models.stamp("decoder-shapes")
    with pytest.raises(SystemExit, match="no page draws with giraffe"):
        export_models.sources(config({"giraffe": str(tmp_path)}))
    with pytest.raises(SystemExit, match="holds no cvae-shapes; make one with"):
        export_models.sources(config({"cvae-shapes": str(tmp_path)}))
