"""The networks in floats, whole or in blocks."""

import jax
import jax.numpy as jnp
import numpy as np

from .networks import shapes


def initial(layers, seed):
    """He-initialised weights (normal, variance 2 / fan-in) and biases of zero."""
    chance = np.random.default_rng(seed)
    tensors = {}
    for name, shape in shapes(layers).items():
        if name.endswith(".bias"):
            tensors[name] = np.zeros(shape, np.float32)
        else:
            fan_in = int(np.prod(shape[1:]))
            tensors[name] = chance.normal(0.0, (2.0 / fan_in) ** 0.5, shape).astype(np.float32)
    return tensors


def convolve(maps, weight, bias, padding, block=None):
    """Convolution with stride 1 of N × C × H × W; a map larger than `block` is cut into blocks of so many rows and
    columns, each padded with zeros on its own (docs/planner.md, "Blocks")."""
    count, channels, height, width = maps.shape
    if block is None or block >= max(height, width):
        out = jax.lax.conv_general_dilated(maps, weight, (1, 1), [(padding, padding)] * 2)
        return out + bias[None, :, None, None]
    if height % block or width % block or weight.shape[2] != 2 * padding + 1:
        raise ValueError(f"a map of {height}×{width} cannot be cut into whole blocks of {block}")
    rows, columns = height // block, width // block
    blocks = maps.reshape(count, channels, rows, block, columns, block).transpose(0, 2, 4, 1, 3, 5)
    out = convolve(blocks.reshape(-1, channels, block, block), weight, bias, padding)
    out = out.reshape(count, rows, columns, -1, block, block).transpose(0, 3, 1, 4, 2, 5)
    return out.reshape(count, -1, height, width)


def scores(layers, tensors, images, block=None):
    """N × classes of normalised N × 3 × H × W images."""
    maps = images
    for layer in layers:
        if layer[0] == "conv":
            _, name, _, _, _, padding = layer
            maps = convolve(maps, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding, block)
            maps = jnp.maximum(maps, 0.0)
        elif layer[0] == "pool":
            count, channels, height, width = maps.shape
            maps = maps.reshape(count, channels, height // 2, 2, width // 2, 2).max((3, 5))
        else:
            _, name, _, _, relu = layer
            maps = maps.reshape(len(maps), -1) @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
            maps = jnp.maximum(maps, 0.0) if relu else maps
    return maps
