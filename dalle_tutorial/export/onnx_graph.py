"""From a function of tensors to an ONNX graph, and back to numbers to see that nothing was lost.

This is the one place that needs TensorFlow itself.
"""

import contextlib
import logging
import os

import numpy as np

from dalle_tutorial.export.packages import needed

OPSET = 17


@contextlib.contextmanager
def _in_place():
    """tf2onnx copies the whole graph before each of its many passes, to take back one that fails; nine tenths of its
    time. None fails here, or else the error should be seen."""
    name = "TF2ONNX_CATCH_ERRORS"
    before = os.environ.get(name)
    os.environ[name] = "FALSE"
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def to_onnx(graph):
    """A `Graph` as an ONNX model (protobuf) with float32 weights and a free batch size."""
    tf, tf2onnx = needed("tensorflow", "tf2onnx")
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    signature = [
        tf.TensorSpec(() if shape is None else (None, *shape), "int32" if isinstance(kind, int) else "float32", name)
        for name, (shape, kind) in graph.inputs.items()
    ]

    # Named outputs keep their names only if each is an operation of its own.
    @tf.function(autograph=False)
    def function(*tensors):
        given = dict(zip(graph.inputs, tensors, strict=True))
        return {name: tf.identity(tensor, name=name) for name, tensor in graph.function(**given).items()}

    with _in_place():
        model, _ = tf2onnx.convert.from_function(
            function, input_signature=signature, opset=OPSET,
            custom_op_handlers={"Erfc": (_erfc, []), "XlaDynamicUpdateSlice": (_update_slice, [])},
        )
    return model


# tf2onnx does not know these two operations. Each becomes a few that it does.


def _erfc(context, node, name, arguments):
    """erfc(x) = 1 − erf(x)."""
    erf = context.make_node("Erf", node.input)
    one = context.make_const(f"{name}_one", np.array(1, "float32"))
    context.remove_node(name)
    context.make_node("Sub", [one.output[0], erf.output[0]], name=name, outputs=node.output)


def _update_slice(context, node, name, arguments):
    """A part of a tensor replaced, along the one axis on which the part is shorter: before, the part, behind."""
    whole, part, starts = node.input
    sizes, shorter = context.get_shape(whole), context.get_shape(part)
    axis = max(i for i, (size, short) in enumerate(zip(sizes, shorter, strict=True)) if size != short and i)
    const = {
        key: context.make_const(f"{name}_{key}", np.array([value], "int64")).output[0]
        for key, value in (("axis", axis), ("zero", 0), ("length", shorter[axis]), ("end", sizes[axis]))
    }
    starts = context.make_node("Cast", [starts], attr={"to": 7}).output[0]  # int64
    first = context.make_node("Gather", [starts, const["axis"]]).output[0]
    behind = context.make_node("Add", [first, const["length"]]).output[0]
    before = context.make_node("Slice", [whole, const["zero"], first, const["axis"]]).output[0]
    rest = context.make_node("Slice", [whole, behind, const["end"], const["axis"]]).output[0]
    context.remove_node(name)
    context.make_node("Concat", [before, part, rest], attr={"axis": axis}, name=name, outputs=node.output)


def session(path):
    """A function from inputs {name: array} to outputs {name: array}: an ONNX file, run by onnxruntime."""
    ort, = needed("onnxruntime")
    options = ort.SessionOptions()
    options.log_severity_level = 3
    running = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in running.get_outputs()]
    return lambda given: dict(zip(names, running.run(names, given), strict=True))
