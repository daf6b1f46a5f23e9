"""Trained networks, layer by layer: a board's maps against sums by onnxruntime's ConvInteger.

usage: onnx_trained.py NETWORK DUMP

NETWORK is what `rowfuse quantize` wrote, DUMP what `rowfuse run --fuse off --dump` kept. Each layer's input goes through onnxruntime's ConvInteger; its sums
are requantised by the formula of docs/numerics.md, in 64-bit integers, and pooled. The board's output must be that, in every value.
"""

import json
import pathlib
import struct
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

TYPES = {"I8": np.int8, "U8": np.uint8, "U16": np.uint16, "I32": np.int32, "F32": np.float32}


def read_tensors(path):
    """Every tensor of a safetensors file, and its metadata."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[start:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def sums(x, zero, weights, window):
    """What onnxruntime's ConvInteger makes of a map of channels × rows × columns."""
    node = helper.make_node(
        "ConvInteger", ["x", "w", "x_zero"], ["y"],
        kernel_shape=window["kernel"], strides=window["stride"], pads=window["padding"],
    )
    constants = [
        helper.make_tensor("w", TensorProto.INT8, weights.shape, weights.tobytes(), raw=True),
        helper.make_tensor("x_zero", TensorProto.UINT8, [], bytes([zero]), raw=True),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node], "one", [value("x", TensorProto.UINT8, [1, *x.shape])], [value("y", TensorProto.INT32, None)], constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x[None]})[0][0].astype(np.int64)


def requantised(acc, tensors, name, zero):
    """clamp(((acc + bias)·9·m + 2^(s−1)) >> s, 0, 255), where the zero point's share is taken out of the bias again."""
    weights = tensors[f"{name}.weight"].astype(np.int64)
    bias = tensors[f"{name}.bias"].astype(np.int64) + zero * weights.sum(axis=(1, 2, 3))
    multiplier = tensors[f"{name}.multiplier"].astype(np.int64)[:, None, None]
    shift = tensors[f"{name}.shift"].astype(np.int64)[:, None, None]
    scaled = (acc + bias[:, None, None]) * (9 * multiplier)
    return np.clip((scaled + (1 << (shift - 1))) >> shift, 0, 255).astype(np.uint8)


def pooled(x):
    channels, rows, columns = (x.shape[0], x.shape[1] // 2, x.shape[2] // 2)
    return x[:, : 2 * rows, : 2 * columns].reshape(channels, rows, 2, columns, 2).max(axis=(2, 4))


def main(network, dump):
    tensors, metadata = read_tensors(network)
    structure = next(json.loads(text) for text in metadata.values() if text.startswith("{"))
    layers = structure["network"]["layers"]
    index = json.loads((dump / "index.json").read_text())
    x = np.load(dump / index["input"]["file"])
    total = differ = 0
    for group in index["groups"]:
        (name,) = group["layers"]
        place = next(n for n, layer in enumerate(layers) if layer.get("name") == name)
        zero = int(tensors[f"{name}.zero_points"][0])
        y = requantised(sums(x, zero, tensors[f"{name}.weight"], layers[place]["window"]), tensors, name, zero)
        if layers[place + 1 : place + 2] and layers[place + 1]["kind"] == "pool":
            y = pooled(y)
        x = np.load(dump / group["output"]["file"])
        if x.shape != y.shape:
            sys.exit(f"{name}: the board's map is {x.shape}, onnxruntime's {y.shape}")
        total, differ = total + x.size, differ + int((x != y).sum())
    print(f"{network.stem}: {len(index['groups'])} layers, {total} values, {differ} differ")
    return differ


if __name__ == "__main__":
    sys.exit(1 if main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])) else 0)
