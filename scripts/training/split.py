"""A stratified split that is the same for a seed everywhere: the random numbers are Python's own."""

import random


def stratified(labels, held_out, seed):
    """Two sorted lists of indices into `labels`: for training, and `held_out` of them (to within rounding) held out.

    Every class gives the same share. The fractions that rounding leaves go to the classes with the largest ones.
    """
    if not 0 < held_out < len(labels):
        raise ValueError(f"{held_out} of {len(labels)} samples cannot be held out")
    classes = {}
    for index, label in enumerate(labels):
        classes.setdefault(int(label), []).append(index)
    shares = {label: held_out * len(members) / len(labels) for label, members in classes.items()}
    counts = {label: int(share) for label, share in shares.items()}
    by_fraction = sorted(shares, key=lambda label: (counts[label] - shares[label], label))
    for label in by_fraction[: held_out - sum(counts.values())]:
        counts[label] += 1
    chance = random.Random(seed)
    kept, held = [], []
    for label in sorted(classes):
        members = classes[label]
        chance.shuffle(members)
        held += members[: counts[label]]
        kept += members[counts[label] :]
    return sorted(kept), sorted(held)


def one_of_each(labels, indices, count, seed):
    """`count` of `indices`, drawn class by class in turn, so that all classes are there if `count` allows it."""
    chance = random.Random(seed)
    classes = {}
    for index in indices:
        classes.setdefault(int(labels[index]), []).append(index)
    for members in classes.values():
        chance.shuffle(members)
    drawn = []
    while len(drawn) < count and any(classes.values()):
        for label in sorted(classes):
            if classes[label] and len(drawn) < count:
                drawn.append(classes[label].pop())
    return drawn
