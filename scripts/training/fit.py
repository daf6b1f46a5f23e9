"""Training: Adam with decoupled weight decay, cosine schedule, cross-entropy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .data import augmented, normalised
from .forward import scores

BATCH = 64
DECAY = 1e-4


def fit(layers, tensors, grey, labels, *, epochs, rate, seed, block=None, tell=lambda text: None):
    """The tensors after `epochs` through `grey` (N × 32 × 32 uint8), newly augmented each time."""
    steps = epochs * (len(grey) // BATCH)
    optimiser = optax.adamw(optax.cosine_decay_schedule(rate, steps), weight_decay=DECAY)

    @jax.jit
    def step(tensors, state, images, targets):
        def loss(tensors):
            found = scores(layers, tensors, images, block)
            return optax.softmax_cross_entropy_with_integer_labels(found, targets).mean()

        value, gradients = jax.value_and_grad(loss)(tensors)
        updates, state = optimiser.update(gradients, state, tensors)
        return optax.apply_updates(tensors, updates), state, value

    tensors = {name: jnp.asarray(tensor) for name, tensor in tensors.items()}
    state = optimiser.init(tensors)
    chance = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = chance.permutation(len(grey))
        total = 0.0
        for start in range(0, len(grey) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            images = normalised(augmented(grey[batch], chance))
            tensors, state, value = step(tensors, state, images, labels[batch].astype(np.int32))
            total += float(value)
        tell(f"epoch {epoch + 1} of {epochs}: loss {total / (len(grey) // BATCH):.4f}")
    return {name: np.asarray(tensor) for name, tensor in tensors.items()}


def correct(layers, tensors, grey, labels, block=None):
    """How many images (N × 32 × 32 uint8) have their best score at their label; of equal scores the first counts."""
    forward = jax.jit(functools.partial(scores, layers, block=block))
    right = 0
    for start in range(0, len(grey), 128):
        best = forward(tensors, normalised(grey[start : start + 128])).argmax(1)
        right += int((np.asarray(best) == labels[start : start + 128]).sum())
    return right
