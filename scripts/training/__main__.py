"""Trains all networks and writes them with the images that judge them. Run by `scripts/train`."""

import argparse
import json
import pathlib
import sys
import time
from importlib.metadata import version

from . import data, fit, forward, split  # `data` first: it tells XLA how to sum.
from .networks import NETWORKS

import numpy as np
from safetensors.numpy import save_file

HELD_OUT = 360
CALIBRATION = 20
# Rows and columns of the blocks that `digits-blocks` is fine-tuned for.
BLOCK = 8
EPOCHS = 30
RATE = 1e-3
FINE_EPOCHS = 15
FINE_RATE = 3e-4


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/train", description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="directory that gets the files")
    parser.add_argument("--seed", type=int, default=1, help="of split, weights, order and augmentation [1]")
    arguments = parser.parse_args()
    out, seed = arguments.out, arguments.seed
    out.mkdir(parents=True, exist_ok=True)

    images, labels = data.digits()
    kept, held = split.stratified(labels, HELD_OUT, seed)
    calibration = split.one_of_each(labels, kept, CALIBRATION, seed)
    train = images[kept], labels[kept]
    judge = images[held], labels[held]
    np.save(out / "held-out-images.npy", judge[0])
    np.save(out / "held-out-labels.npy", judge[1])
    np.save(out / "calibration-images.npy", images[calibration])

    found = {}

    def keep(name, layers, tensors, blocks):
        path = out / f"{name}.safetensors"
        save_file(tensors, path, {"format": "pt"})
        # The library makes files that nobody else may read.
        path.chmod(0o644)
        # Parameters, and the held-out images that the float network puts into their class.
        found[name] = {"parameters": sum(tensor.size for tensor in tensors.values())}
        for block in blocks:
            kind = "exact" if block is None else f"blocks_{block}"
            found[name][kind] = fit.correct(layers, tensors, *judge, block=block)
        say(f"{name}: {found[name]} of {len(held)}")

    for name, layers in NETWORKS.items():
        began = time.process_time()
        tensors = fit.fit(layers, forward.initial(layers, seed), *train, epochs=EPOCHS, rate=RATE, seed=seed,
                          tell=lambda text: say(f"{name}, {text}"))
        keep(name, layers, tensors, [None, BLOCK] if name == "digits" else [None])
        if name == "digits":
            tuned = fit.fit(layers, tensors, *train, epochs=FINE_EPOCHS, rate=FINE_RATE, seed=seed + 1, block=BLOCK,
                            tell=lambda text: say(f"digits-blocks, {text}"))
            keep("digits-blocks", layers, tuned, [None, BLOCK])
        say(f"{time.process_time() - began:.0f} s of one core")

    summary = {
        "seed": seed, "training_images": len(kept), "held_out_images": len(held), "block": BLOCK,
        "versions": {package: version(package) for package in ("jax", "jaxlib", "optax", "scikit-learn", "numpy")},
        "networks": found,
    }
    (out / "training.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
