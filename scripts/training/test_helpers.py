"""Tests of what needs nothing but Python: the split and the networks' shapes."""

import unittest

from . import networks, split


class Split(unittest.TestCase):
    labels = [0] * 50 + [1] * 31 + [2] * 19

    def test_every_sample_is_on_one_side_and_classes_keep_their_share(self):
        for held_out in range(1, 100):
            kept, held = split.stratified(self.labels, held_out, seed=3)
            self.assertEqual(sorted(kept + held), list(range(100)))
            self.assertEqual(len(held), held_out)
            for label in range(3):
                share = self.labels.count(label) * held_out / 100
                self.assertLess(abs(sum(self.labels[i] == label for i in held) - share), 1)

    def test_a_seed_gives_one_split_and_another_gives_another(self):
        first = split.stratified(self.labels, 20, seed=1)
        self.assertEqual(first, split.stratified(self.labels, 20, seed=1))
        self.assertNotEqual(first, split.stratified(self.labels, 20, seed=2))

    def test_nothing_or_all_cannot_be_held_out(self):
        for held_out in (0, 100):
            with self.assertRaises(ValueError):
                split.stratified(self.labels, held_out, seed=1)

    def test_one_of_each_takes_turns_and_repeats_nothing(self):
        indices = [i for i in range(100) if i % 2]
        drawn = split.one_of_each(self.labels, indices, 7, seed=1)
        self.assertEqual([self.labels[i] for i in drawn], [0, 1, 2, 0, 1, 2, 0])
        self.assertEqual(len(set(drawn)), 7)
        self.assertLessEqual(set(drawn), set(indices))
        self.assertEqual(sorted(split.one_of_each(self.labels, indices, 1000, seed=1)), indices)


class Networks(unittest.TestCase):
    def test_layers_fit_together(self):
        for name, layers in networks.NETWORKS.items():
            with self.subTest(name):
                channels, side, features = 3, networks.SIDE, None
                for layer in layers:
                    if layer[0] == "conv":
                        _, _, cin, cout, kernel, padding = layer
                        self.assertEqual(cin, channels)
                        channels, side = cout, side + 2 * padding - kernel + 1
                    elif layer[0] == "pool":
                        self.assertEqual(side % 2, 0)
                        side //= 2
                    else:
                        _, _, inputs, outputs, _ = layer
                        self.assertEqual(inputs, features or channels * side * side)
                        features = outputs
                self.assertEqual(features, networks.CLASSES)

    def test_a_vgg_is_numbered_as_torchvision_numbers_it(self):
        names = list(networks.shapes(networks.vgg_like([[4, 4], [8]], 5)))
        modules = ["features.0", "features.2", "features.5", "classifier.0", "classifier.3"]
        self.assertEqual(names, [f"{module}.{kind}" for module in modules for kind in ("weight", "bias")])


if __name__ == "__main__":
    unittest.main()
