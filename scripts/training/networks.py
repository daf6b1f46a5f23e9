"""The networks: layers in order, under the names that their tensors have in the file.

A layer is one of
    ("conv", name, cin, cout, kernel, padding)   with bias, ReLU behind it
    ("pool",)                                    2×2 max-pool, stride 2
    ("linear", name, inputs, outputs, relu)      with bias; a map is flattened channel by channel
The host knows the same networks by the same names (host/src/network).
"""

SIDE = 32
CLASSES = 10


def vgg_like(blocks, hidden):
    """3×3 convolutions, a pool behind each block, numbered as torchvision numbers a VGG; then a hidden layer."""
    layers, cin, index, side = [], 3, 0, SIDE
    for block in blocks:
        for cout in block:
            layers.append(("conv", f"features.{index}", cin, cout, 3, 1))
            # A convolution and its ReLU each have a number.
            cin, index = cout, index + 2
        layers.append(("pool",))
        index, side = index + 1, side // 2
    layers.append(("linear", "classifier.0", cin * side * side, hidden, True))
    # ReLU and dropout are numbered too.
    layers.append(("linear", "classifier.3", hidden, CLASSES, False))
    return layers


NETWORKS = {
    "digits": vgg_like([[16, 16], [32, 32], [64, 64]], 320),
    # LeNet-5's shape with ReLU and max-pools, as the first network of many tutorials.
    "lenet": [
        ("conv", "conv1", 3, 6, 5, 0),
        ("pool",),
        ("conv", "conv2", 6, 16, 5, 0),
        ("pool",),
        ("linear", "fc1", 400, 120, True),
        ("linear", "fc2", 120, 84, True),
        ("linear", "fc3", 84, CLASSES, False),
    ],
    "cifar-small": [
        ("conv", "conv1", 3, 32, 3, 1),
        ("pool",),
        ("conv", "conv2", 32, 64, 3, 1),
        ("pool",),
        ("linear", "fc1", 4096, 64, True),
        ("linear", "fc2", 64, CLASSES, False),
    ],
}


def shapes(layers):
    """Name to shape of every tensor, in torch's order: outputs × inputs (× rows × columns)."""
    tensors = {}
    for layer in layers:
        if layer[0] == "conv":
            _, name, cin, cout, kernel, _ = layer
            tensors[f"{name}.weight"] = (cout, cin, kernel, kernel)
            tensors[f"{name}.bias"] = (cout,)
        elif layer[0] == "linear":
            _, name, inputs, outputs, _ = layer
            tensors[f"{name}.weight"] = (outputs, inputs)
            tensors[f"{name}.bias"] = (outputs,)
    return tensors
