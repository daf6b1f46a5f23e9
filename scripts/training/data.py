"""The digits as images of a network: enlarged, normalised, shifted and turned."""

import os

# Sums are the same from run to run only if threads do not share them out. XLA reads this when it starts.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

from .networks import SIDE

# As host/src/image/normalise.rs has them: ImageNet's, in units of full scale.
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)

# How far augmentation goes: pixels of 32, and degrees.
SHIFT = 2.0
TURN = 10.0


def digits():
    """All 1,797 images as uint8, N × 32 × 32, enlarged bicubically from 8 × 8 of 17 levels; and their labels, uint8."""
    found = load_digits()
    small = (found.images * (255.0 / 16.0)).astype(np.float32)
    large = jax.image.resize(small, (len(small), SIDE, SIDE), method="bicubic")
    # A cubic overshoots at edges.
    return np.clip(np.rint(np.asarray(large)), 0, 255).astype(np.uint8), found.target.astype(np.uint8)


def normalised(grey):
    """N × 3 × 32 × 32 float32 of grey images, 0 to 255: the grey in every channel, as the host normalises it."""
    channels = np.repeat(np.asarray(grey, np.float32)[:, None] / np.float32(255.0), 3, axis=1)
    return (channels - MEAN[:, None, None]) / STD[:, None, None]


def augmented(grey, chance):
    """Each image turned about its middle and shifted by little, by `chance`; what comes in from outside is black."""
    moved = np.empty(grey.shape, np.float32)
    middle = np.array([(SIDE - 1) / 2.0] * 2)
    for image, target in zip(grey, moved):
        angle = np.deg2rad(chance.uniform(-TURN, TURN))
        shift = chance.uniform(-SHIFT, SHIFT, 2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        offset = middle - turn @ (middle + shift)
        ndimage.affine_transform(image.astype(np.float32), turn, offset, output=target, order=1)
    return moved
