"""Tests of the floats. They need what scripts/train installs, and are skipped where it is missing."""

import importlib.util
import unittest

if importlib.util.find_spec("jax") is None:
    raise unittest.SkipTest("JAX is not installed here; scripts/train installs it and runs these tests")

from . import data, forward  # `data` first: it tells XLA how to sum.

import numpy as np


def plain(image, weight, bias, padding):
    """Convolution of C × H × W, value by value."""
    image = np.pad(image, [(0, 0), (padding, padding), (padding, padding)])
    size = weight.shape[2]
    rows, columns = image.shape[1] - size + 1, image.shape[2] - size + 1
    out = np.empty((len(weight), rows, columns))
    for o, y, x in np.ndindex(out.shape):
        out[o, y, x] = (image[:, y : y + size, x : x + size] * weight[o]).sum() + bias[o]
    return out


class Convolution(unittest.TestCase):
    def setUp(self):
        # Small integers: every order of summation gives the same float.
        self.chance = np.random.default_rng(5)

    def numbers(self, *shape):
        return self.chance.integers(-9, 10, shape).astype(np.float32)

    def test_equals_the_plain_loop(self):
        for size, padding in [(3, 1), (5, 0), (5, 2)]:
            maps, weight, bias = self.numbers(2, 3, 9, 7), self.numbers(4, 3, size, size), self.numbers(4)
            found = np.asarray(forward.convolve(maps, weight, bias, padding))
            for image, out in zip(maps, found):
                np.testing.assert_array_equal(out, plain(image, weight, bias, padding))

    def test_a_block_sees_nothing_of_its_neighbours(self):
        maps, weight, bias = self.numbers(2, 3, 16, 8), self.numbers(5, 3, 3, 3), self.numbers(5)
        found = np.asarray(forward.convolve(maps, weight, bias, 1, block=4))
        for n, y, x in np.ndindex(2, 4, 2):
            part = np.s_[:, 4 * y : 4 * y + 4, 4 * x : 4 * x + 4]
            np.testing.assert_array_equal(found[n][part], plain(maps[n][part], weight, bias, 1))
        whole = np.asarray(forward.convolve(maps, weight, bias, 1))
        self.assertTrue((found != whole).any())
        np.testing.assert_array_equal(forward.convolve(maps, weight, bias, 1, block=16), whole)

    def test_blocks_that_do_not_fit_are_refused(self):
        with self.assertRaises(ValueError):
            forward.convolve(self.numbers(1, 1, 10, 10), self.numbers(1, 1, 3, 3), self.numbers(1), 1, block=4)


class Data(unittest.TestCase):
    def test_pixels_are_normalised_as_the_host_does_it(self):
        grey = np.full((1, 32, 32), 51, np.uint8)
        found = data.normalised(grey)
        self.assertEqual(found.shape, (1, 3, 32, 32))
        for channel, (mean, std) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]):
            np.testing.assert_allclose(found[0, channel], (0.2 - mean) / std, rtol=1e-6)

    def test_augmentation_moves_little_and_keeps_the_size(self):
        images, _ = data.digits()
        moved = data.augmented(images[:20], np.random.default_rng(1))
        self.assertEqual(moved.shape, (20, 32, 32))
        for image, other in zip(images, moved):
            image = image.astype(np.float32)
            self.assertTrue((image != other).any())
            self.assertGreater(np.corrcoef(image.ravel(), other.ravel())[0, 1], 0.5)


if __name__ == "__main__":
    unittest.main()
