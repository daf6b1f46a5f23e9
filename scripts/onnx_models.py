#!/usr/bin/env python3
"""Small random networks as ONNX files, and what onnxruntime makes of them.

    onnx_models.py --out DIRECTORY [--seed N] [--count N]

Without --count the fixed set of host/tests/data/onnx is written: one model for each thing the importer knows. With it, so many
random networks from the seed. Beside each NAME.onnx lies NAME.safetensors with the input, and

* of a float network the scores (`logits`);
* of a quantised one, for each layer with weights, what onnxruntime's QuantizeLinear made of it (`LAYER.output`, as uint8), the
  input that it had (`LAYER.input`, with `LAYER.scale` and `LAYER.zero`), the sums of its ConvInteger or MatMulInteger (`LAYER.sums`), and the scores.

onnxruntime's quantiser does the quantising. Packages: onnx, onnxruntime and numpy, pinned in requirements-onnx.txt.
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

OPSET = 17
ORT_NAMES = {"float32": "F32", "int32": "I32", "uint8": "U8"}


def write_safetensors(path, tensors):
    """The format is eight bytes of header length, a JSON header and the data."""
    header, data = {}, b""
    # Wider types first keeps all of them aligned.
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        raw = np.ascontiguousarray(tensor).tobytes()
        header[name] = {"dtype": ORT_NAMES[str(tensor.dtype)], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Builder:
    """A network, layer by layer; keeps the shape of the map."""

    def __init__(self, rng, channels, side, channels_last=False):
        self.rng, self.nodes, self.weights, self.value = rng, [], [], "image"
        self.shape, self.features, self.number = (channels, side, side), None, 0
        dims = [1, side, side, channels] if channels_last else [1, channels, side, side]
        self.input = helper.make_tensor_value_info("image", TensorProto.FLOAT, dims)
        if channels_last:
            self.add("Transpose", perm=[0, 3, 1, 2])

    def constant(self, name, array, dtype=np.float32):
        self.weights.append(numpy_helper.from_array(np.asarray(array, dtype=dtype), name))
        return name

    def add(self, op, *constants, **attributes):
        output = f"{op.lower()}_{self.number}"
        self.number += 1
        self.nodes.append(helper.make_node(op, [self.value, *constants], [output], name=f"node_{output}", **attributes))
        self.value = output

    def conv(self, cout, kernel, stride=1, pads=(0, 0, 0, 0), dilation=1, bias=True, auto_pad=None):
        cin, height, width = self.shape
        name = f"features.{self.number}"
        spread = [(side - 1) * dilation + 1 for side in kernel]
        scale = np.sqrt(2 / (cin * kernel[0] * kernel[1]))
        parts = [self.constant(f"{name}.weight", self.rng.normal(0, scale, (cout, cin, *kernel)))]
        if bias:
            parts.append(self.constant(f"{name}.bias", self.rng.normal(0, 0.1, cout)))
        attributes = dict(kernel_shape=list(kernel), strides=[stride] * 2, dilations=[dilation] * 2)
        if auto_pad:
            attributes["auto_pad"] = auto_pad
            sides = [-(-height // stride), -(-width // stride)]
        else:
            attributes["pads"] = list(pads)
            sides = [(size + pads[axis] + pads[axis + 2] - spread[axis]) // stride + 1 for axis, size in enumerate((height, width))]
        self.add("Conv", *parts, **attributes)
        self.shape = (cout, *sides)

    def batch_norm(self):
        channels, name = self.shape[0], f"norm.{self.number}"
        values = [self.rng.uniform(0.5, 1.5, channels), self.rng.normal(0, 0.2, channels), self.rng.normal(0, 0.2, channels), self.rng.uniform(0.5, 2, channels)]
        parts = [self.constant(f"{name}.{index}", value) for index, value in enumerate(values)]
        self.add("BatchNormalization", *parts, epsilon=1e-5)

    def affine(self, op, count):
        channels = self.shape[0] if self.features is None else self.features
        values = self.rng.uniform(0.5, 1.5, channels if count else 1)
        shape = (-1, 1, 1) if self.features is None and count else (-1,)
        self.add(op, self.constant(f"affine.{self.number}", values.reshape(shape)))

    def pool(self, op, kernel, stride, pads=(0, 0, 0, 0), **attributes):
        channels, height, width = self.shape
        up = attributes.get("ceil_mode", 0) * (stride - 1)
        sides = [(size + pads[axis] + pads[axis + 2] - kernel + up) // stride + 1 for axis, size in enumerate((height, width))]
        self.add(op, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=list(pads), **attributes)
        self.shape = (channels, *sides)

    def flatten(self, op="Flatten"):
        self.features = int(np.prod(self.shape))
        if op == "Flatten":
            self.add("Flatten", axis=1)
        else:
            self.add("Reshape", self.constant(f"shape.{self.number}", [1, -1], np.int64))

    def average(self):
        self.add("GlobalAveragePool")
        self.shape = (self.shape[0], 1, 1)

    def linear(self, outputs, op="Gemm"):
        name, scale = f"classifier.{self.number}", np.sqrt(2 / self.features)
        weight = self.rng.normal(0, scale, (outputs, self.features))
        bias = self.rng.normal(0, 0.1, outputs)
        if op == "Gemm":
            self.add("Gemm", self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias), transB=1)
        else:
            self.add("MatMul", self.constant(f"{name}.weight", weight.T))
            self.add("Add", self.constant(f"{name}.bias", bias))
        self.features = outputs

    def model(self):
        output = helper.make_tensor_value_info(self.value, TensorProto.FLOAT, [1, self.features])
        graph = helper.make_graph(self.nodes, "random", [self.input], [output], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return onnx.shape_inference.infer_shapes(model)


def plain(rng):
    """What a VGG has."""
    net = Builder(rng, 3, 16)
    for cout in (8, 12):
        net.conv(cout, (3, 3), pads=(1, 1, 1, 1))
        net.add("Relu")
        net.pool("MaxPool", 2, 2)
    net.flatten()
    net.linear(16)
    net.add("Relu")
    net.linear(10)
    return net


def windows(rng, late_relu=True):
    """Kernels, strides, padding and pools of many kinds. A ReLU behind a pool is left out of models to be quantised: onnxruntime rounds once more there."""
    net = Builder(rng, 3, 33)
    net.conv(6, (5, 5), stride=2, pads=(2, 1, 1, 2))
    net.add("Relu")
    net.pool("MaxPool", 3, 2, (1, 1, 0, 0))
    net.conv(8, (3, 3), dilation=2, pads=(2, 2, 2, 2), bias=False)
    net.add("Relu")
    net.pool("AveragePool", 3, 1, (1, 1, 1, 1), count_include_pad=1)
    net.conv(10, (1, 1))
    net.add("Relu")
    net.conv(8, (2, 4), auto_pad="SAME_UPPER")
    net.pool("MaxPool", 2, 2, ceil_mode=1)
    if late_relu:
        net.add("Relu")
    net.average()
    net.flatten("Reshape")
    net.linear(7)
    return net


def folded(rng):
    """Batch norms, products and sums that are folded, things that are dropped, channels last."""
    net = Builder(rng, 3, 12, channels_last=True)
    net.affine("Mul", 3)
    net.affine("Sub", 3)
    net.conv(6, (3, 3), pads=(1, 1, 1, 1), bias=False)
    net.batch_norm()
    net.add("Relu")
    net.add("Identity")
    net.conv(9, (3, 3), stride=2, pads=(1, 1, 1, 1))
    net.affine("Mul", 9)
    net.affine("Add", 9)
    net.batch_norm()
    net.add("Clip", net.constant("zero", 0.0))
    net.add("Dropout")
    net.conv(5, (1, 1))
    net.affine("Div", 1)
    net.pool("AveragePool", 2, 2)
    net.flatten()
    net.linear(12, "MatMul")
    net.add("Relu")
    net.linear(6, "MatMul")
    net.add("Softmax", axis=1)
    return net


def grey(rng):
    """One channel, as of handwritten digits, with its own normalisation first."""
    net = Builder(rng, 1, 28)
    net.affine("Sub", 1)
    net.affine("Div", 1)
    net.conv(6, (5, 5), pads=(2, 2, 2, 2))
    net.add("Relu")
    net.pool("MaxPool", 2, 2)
    net.conv(8, (5, 5))
    net.add("Relu")
    net.pool("MaxPool", 2, 2)
    net.flatten()
    net.linear(16)
    net.add("Relu")
    net.linear(10)
    return net


def random_net(rng):
    """Anything of the above."""
    net = Builder(rng, 3, int(rng.integers(14, 29)))
    for _ in range(int(rng.integers(1, 4))):
        kernel = tuple(int(side) for side in rng.integers(1, 6, 2))
        pads = tuple(int(rng.integers(0, kernel[axis % 2])) for axis in range(4))
        net.conv(int(rng.integers(1, 13)), kernel, int(rng.integers(1, 3)), pads, bias=bool(rng.integers(2)))
        if rng.integers(4):
            net.add("Relu")
        if min(net.shape[1:]) >= 4 and rng.integers(2):
            net.pool("MaxPool", int(rng.integers(2, 4)), 2)
        if min(net.shape[1:]) < 6:
            break
    if rng.integers(2):
        net.average()
    net.flatten()
    net.linear(int(rng.integers(2, 12)))
    return net


class Images(CalibrationDataReader):
    def __init__(self, images):
        self.images = iter(images)

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"image": image}


def shape_of(model):
    return [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]


def run(model, image, outputs=None):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(outputs, {"image": image})


def with_outputs(model, names):
    """A copy of a model that gives these values too."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    present = {output.name for output in copy.graph.output}
    copy.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in present)
    return copy


class Quantised:
    """A quantised model's layers, found in its graph."""

    def __init__(self, model):
        self.model = model
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self.makers = {output: node for node in model.graph.node for output in node.output}
        self.readers = {}
        for node in model.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)

    def integers(self, value):
        """The quantised value that `value` stands for, its zero point and its scale."""
        node = self.makers[value]
        assert node.op_type == "DequantizeLinear", node.op_type
        return node.input[0], self.constants[node.input[2]], self.constants[node.input[1]]

    def output(self, value):
        """The first quantised value behind `value`."""
        while True:
            (node,) = self.readers[value]
            value = node.output[0]
            if node.op_type == "QuantizeLinear":
                return value
            assert node.op_type in ("Relu", "MaxPool"), node.op_type

    def layers(self):
        """Of each layer: its name, node, quantised input with zero point and scale, weights with their zero points, quantised output."""
        for node in self.model.graph.node:
            if node.op_type in ("Conv", "Gemm", "MatMul"):
                data, zero, scale = self.integers(node.input[0])
                weight, weight_zero, _ = self.integers(node.input[1])
                output = self.output(node.output[0])
            elif node.op_type in ("QLinearConv", "QLinearMatMul", "QGemm"):
                data, zero, weight, output = node.input[0], self.constants[node.input[2]], node.input[3], node.output[0]
                scale, weight_zero = self.constants[node.input[1]], self.constants[node.input[5]]
            else:
                continue
            name = weight.removesuffix("_quantized").removesuffix(".weight")
            transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
            yield name, node, data, zero, scale, self.constants[weight], weight_zero, output, transposed


def sums(node, data, zero, weight, weight_zero, transposed):
    """The layer's accumulators by onnxruntime's integer operators, which take one zero point for all weights."""
    assert len(set(np.atleast_1d(weight_zero).tolist())) == 1
    weight_zero = np.atleast_1d(weight_zero)[0].reshape(())
    if "Conv" in node.op_type:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        attributes = {name: value for name, value in attributes.items() if name != "activation"}
        op = helper.make_node("ConvInteger", ["image", "w", "z", "wz"], ["sums"], **attributes)
    else:
        weight = weight.T if transposed else weight
        op = helper.make_node("MatMulInteger", ["image", "w", "z", "wz"], ["sums"])
    constants = [numpy_helper.from_array(np.ascontiguousarray(array), name) for array, name in ((weight, "w"), (zero.reshape(()), "z"), (weight_zero, "wz"))]
    kind = helper.np_dtype_to_tensor_dtype(data.dtype)
    graph = helper.make_graph([op], "sums", [helper.make_tensor_value_info("image", kind, data.shape)], [helper.make_tensor_value_info("sums", TensorProto.INT32, None)], constants)
    return run(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8), data)[0]


def unsigned(array):
    """int8 as rowfuse keeps it: 128 more, as uint8."""
    return (array.astype(np.int16) + 128).astype(np.uint8) if array.dtype == np.int8 else array


def write_float(net, path, rng):
    model = net.model()
    image = rng.normal(0, 1, shape_of(model)).astype(np.float32)
    # Behind a softmax the scores are those before it.
    last = model.graph.node[-1]
    scores = last.input[0] if last.op_type == "Softmax" else model.graph.output[0].name
    logits = run(with_outputs(model, [scores]), image, [scores])[0]
    path.with_suffix(".onnx").write_bytes(model.SerializeToString())
    write_safetensors(path.with_suffix(".safetensors"), {"image": image, "logits": logits})


def write_quantised(net, path, rng, **options):
    model = net.model()
    images = [rng.normal(0, 1, shape_of(model)).astype(np.float32) for _ in range(4)]
    source = path.with_suffix(".float.onnx")
    source.write_bytes(model.SerializeToString())
    quantize_static(str(source), str(path.with_suffix(".onnx")), Images(images), **options)
    source.unlink()
    model = onnx.load(path.with_suffix(".onnx"))
    quantised = Quantised(model)
    layers = list(quantised.layers())
    values = sorted({name for layer in layers for name in (layer[2], layer[7])})
    image = images[0]
    found = dict(zip(values, run(with_outputs(model, values), image, values)))
    tensors = {"image": image, "logits": run(model, image)[0]}
    for name, node, data, zero, scale, weight, weight_zero, output, transposed in layers:
        tensors[f"{name}.scale"] = scale.reshape(1)
        tensors[f"{name}.zero"] = unsigned(zero.reshape(1))
        tensors[f"{name}.input"] = unsigned(found[data])
        tensors[f"{name}.sums"] = sums(node, found[data], zero, weight, weight_zero, transposed)
        tensors[f"{name}.output"] = unsigned(found[output])
    write_safetensors(path.with_suffix(".safetensors"), tensors)


def variants():
    """The quantiser's settings: format, activations, weights, and whether each channel has its own scale."""
    for format_name, form in (("qdq", QuantFormat.QDQ), ("qop", QuantFormat.QOperator)):
        for channels in (False, True):
            for kinds in (("u8s8", QuantType.QUInt8, QuantType.QInt8), ("s8s8", QuantType.QInt8, QuantType.QInt8)):
                label = f"{format_name}-{kinds[0]}-{'channels' if channels else 'tensor'}"
                yield label, dict(quant_format=form, per_channel=channels, activation_type=kinds[1], weight_type=kinds[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(f"onnx {onnx.__version__}, onnxruntime {ort.__version__}, seed {arguments.seed}")
    if arguments.count is None:
        for make in (plain, windows, folded, grey):
            rng = np.random.default_rng(arguments.seed)
            write_float(make(rng), arguments.out / f"float-{make.__name__}", rng)
        for label, options in variants():
            # The windows are the same whatever the format.
            both = label in ("qdq-s8s8-channels", "qop-u8s8-channels")
            for make in (plain, windows, grey) if both else (plain,):
                rng = np.random.default_rng(arguments.seed)
                net = windows(rng, late_relu=False) if make is windows else make(rng)
                write_quantised(net, arguments.out / f"{label}-{make.__name__}", rng, **options)
        return
    settings = list(variants())
    for number in range(arguments.count):
        rng = np.random.default_rng([arguments.seed, number])
        write_float(random_net(rng), arguments.out / f"float-{number}", rng)
        label, options = settings[number % len(settings)]
        write_quantised(random_net(rng), arguments.out / f"{label}-{number}", rng, **options)


if __name__ == "__main__":
    main()
