"""Trains the networks of `networks/` on scikit-learn's handwritten digits; see `scripts/train --help`."""
