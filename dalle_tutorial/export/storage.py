"""How the weights of exported graphs are stored: each in the fewest bytes that lose nothing, all in one file.

The file is ONNX's external data: a graph names the offset and the length of each tensor in it. What two graphs of a
model have in common, as DALL·E's first step and its others, lies there once.
"""

import hashlib

import numpy as np

from dalle_tutorial.export.packages import needed
from dalle_tutorial.rounding import SMALL, columns, whole_numbers

_ALIGNED = 16  # bytes: tensors begin at multiples of it
_ALMOST = 1e-6  # of the largest number: what a scale, read back from rounded weights, may be off by


class WeightsFile:
    """Bytes under one file name, to which tensors are added."""

    def __init__(self, name):
        self.name, self.data, self._known = name, bytearray(), {}

    def put(self, tensor):
        """Moves the numbers of an ONNX tensor here; the tensor keeps where they are."""
        raw = tensor.raw_data
        key = hashlib.sha256(raw).digest()
        if key not in self._known:
            self.data += bytes(-len(self.data) % _ALIGNED)
            self._known[key] = len(self.data)
            self.data += raw
        tensor.ClearField("raw_data")
        tensor.data_location = needed("onnx")[0].TensorProto.EXTERNAL
        for name, value in (("location", self.name), ("offset", self._known[key]), ("length", len(raw))):
            tensor.external_data.add(key=name, value=str(value))


def stored(values):
    """An array of float32 as the smallest arrays that give it back: (whole, scale) where its numbers lie on the grid of
    int8, (half,) where they are float16, else (values,)."""
    if values.ndim > 1:
        for axis in range(values.ndim):
            scale = columns(values, axis)
            whole = whole_numbers(values, scale)
            if np.abs(whole * scale - values).max() <= _ALMOST * np.abs(values).max():
                return whole, scale
    half = values.astype("float16")
    return (half,) if np.array_equal(half.astype("float32"), values) else (values,)


def shrink(model, file):
    """Stores the large weights of an ONNX model in the `WeightsFile`, in place, and returns the model.

    It still reckons in float32: a cast, and a product with the scales, give the weights back when it is loaded.
    """
    onnx, = needed("onnx")
    kept, nodes = [], []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            kept.append(tensor)
            continue
        name = tensor.name
        first, *scale = stored(values)
        names = [name] if first.dtype == np.float32 else [f"{name}_", f"{name}_s"]
        held = [onnx.numpy_helper.from_array(part, label) for part, label in zip((first, *scale), names, strict=False)]
        file.put(held[0])
        if scale:
            nodes += [onnx.helper.make_node("Cast", [names[0]], [f"{name}_f"], to=1),
                      onnx.helper.make_node("Mul", [f"{name}_f", names[1]], [name])]
            if scale[0].size >= SMALL:
                file.put(held[1])
        elif first.dtype != np.float32:
            nodes.append(onnx.helper.make_node("Cast", [names[0]], [name], to=1))
        kept += held
    old = list(model.graph.node)
    for part, new in ((model.graph.initializer, kept), (model.graph.node, [*nodes, *old])):
        del part[:]
        part.extend(new)
    return model


def simplify(model):
    """Calls what an ONNX model does to no axis by its name, in place: some runtimes refuse an Unsqueeze of none."""
    onnx, = needed("onnx")
    empty = {tensor.name for tensor in model.graph.initializer if 0 in tensor.dims}
    for node in model.graph.node:
        if node.op_type in ("Squeeze", "Unsqueeze") and len(node.input) == 2 and node.input[1] in empty:
            node.CopyFrom(onnx.helper.make_node("Identity", [node.input[0]], list(node.output)))
    return model


def rename(model):
    """Gives every tensor between inputs and outputs a short name, and takes the nodes' own away, in place.

    TensorFlow's names say where in the code a number comes from; thousands of them weigh more than some weights.
    """
    kept = {value.name for value in (*model.graph.input, *model.graph.output)}
    names = {"": ""}

    def short(name):
        return name if name in kept else names.setdefault(name, f"t{len(names)}")

    for tensor in model.graph.initializer:
        tensor.name = short(tensor.name)
    for node in model.graph.node:
        node.name, node.doc_string = "", ""
        for tensors in (node.input, node.output):
            tensors[:] = [short(name) for name in tensors]
    del model.graph.value_info[:]
    return model
