"""Tests of manifest.py: what is installed can be found again, and what differs is seen."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import manifest

DESIGN = {
    "board": "ULX3S",
    "device": "LFE5U-45F",
    "lanes": 2,
    "clock_mhz": 80,
    "source_sha256": "aa",
    "verilog_sha256": "bb",
    "constraints_sha256": "cc",
}
SUMMARY = {
    "seed": 7,
    "clocks": [{"name": "engine", "fmax_mhz": 81.5, "required_mhz": 80}],
    "use": {"lut": {"used": 3, "available": 9}},
    "sentences": ['1.00 ns from `a` to `b` ("quoted").'],
}
TOOLS = {"yosys": "1", "nextpnr": "2"}


class Manifest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.place = pathlib.Path(directory.name)
        self.bit = self.place / "top.bit"
        self.bit.write_bytes(b"bits")
        self.entry = manifest.entry(DESIGN, SUMMARY, TOOLS, self.bit)

    def install(self, config):
        manifest.install(self.place, config, self.entry, self.bit, "# report\n")

    def compare(self, **changes):
        with contextlib.redirect_stdout(io.StringIO()):
            return manifest.compare(self.place, "one", {**self.entry, **changes})

    def test_entries_stand_side_by_side(self):
        self.install("two")
        self.install("one")
        self.entry["seed"] = 8
        self.install("two")
        text = (self.place / "manifest.toml").read_text()
        self.assertLess(text.index("[one]"), text.index("[two]"))
        self.assertEqual(text.count("[two]"), 1)
        self.assertEqual((manifest.seed(self.place, "one"), manifest.seed(self.place, "two")), (7, 8))
        self.assertEqual((self.place / "one.bit").read_bytes(), b"bits")
        self.assertEqual((self.place / "one.md").read_text(), "# report\n")

    def test_nothing_is_known_of_others(self):
        self.assertIsNone(manifest.seed(self.place, "one"))
        self.assertIn("no entry for one", self.compare())

    def test_differences_are_seen(self):
        self.install("one")
        self.assertIsNone(self.compare())
        self.assertIn('sha256 is "dd"', self.compare(sha256="dd"))
        self.assertIn("seed is 9, the manifest says 7", self.compare(seed=9))
        self.assertIn("verilog_sha256", self.compare(verilog_sha256="ee"))
        self.assertIn("tools", self.compare(tools={"yosys": "1", "nextpnr": "3"}))
        (self.place / "one.bit").write_bytes(b"other bits")
        self.assertIn("one.bit has the SHA-256", self.compare())

    def test_an_entry_is_toml(self):
        try:
            import tomllib
        except ImportError:
            self.skipTest("this Python has no tomllib")
        self.install("one")
        with open(self.place / "manifest.toml", "rb") as file:
            self.assertEqual(tomllib.load(file), {"one": self.entry})


if __name__ == "__main__":
    unittest.main()
