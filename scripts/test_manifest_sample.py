"""Tests that what manifest.py writes is what the host's tests read."""

import pathlib
import tempfile
import unittest

import manifest

# The host reads this directory's manifest in its tests.
SAMPLE = pathlib.Path(__file__).parent.parent / "host/tests/data/bitstreams"
DESIGN = {
    "board": "ULX3S",
    "device": "LFE5U-85F",
    "lanes": 4,
    "clock_mhz": 80,
    "source_sha256": "0123abcd" * 8,
    "verilog_sha256": "1" * 64,
    "constraints_sha256": "2" * 64,
}
SUMMARY = {
    "seed": 3,
    "use": {"lut": {"used": 100}, "ff": {"used": 200}, "ebr": {"used": 160}, "dsp": {"used": 152}},
    "clocks": [
        {"name": "PLL, before its gate", "fmax_mhz": 412.5, "required_mhz": 80.0},
        {"name": "engine and memory", "fmax_mhz": 80.01, "required_mhz": 80},
    ],
    "sentences": ['12.50 ns from `a` to `b\\c "d"` (posedge clk -> posedge clk): 1 levels of logic, 10.00 ns of it in wires.', "5.00 ns → `e`"],
}
TOOLS = {"yosys": "0.58.0.0", "nextpnr": "0.9.0.0"}


def write(directory):
    """A directory with two bitstreams."""
    bit = directory / "top.bit"
    for config, content, rate in (("good", b"a bitstream\n", 80.01), ("late", b"too slow\n", 79.99)):
        bit.write_bytes(content)
        summary = {**SUMMARY, "clocks": [SUMMARY["clocks"][0], {**SUMMARY["clocks"][1], "fmax_mhz": rate}]}
        manifest.install(directory, config, manifest.entry(DESIGN, summary, TOOLS, bit), bit, f"# {config}\n")
    bit.unlink()


class Sample(unittest.TestCase):
    def test_the_sample_is_what_is_written(self):
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            write(directory)
            files = sorted(file.name for file in directory.iterdir())
            self.assertEqual(files, sorted(file.name for file in SAMPLE.iterdir()))
            for name in files:
                self.assertEqual((directory / name).read_bytes(), (SAMPLE / name).read_bytes(), name)


if __name__ == "__main__":
    unittest.main()
