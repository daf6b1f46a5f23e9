"""Tests of report.py on a sample in nextpnr's own shape."""

import json
import pathlib
import tempfile
import unittest

import report


def hop(kind, delay, start, end, **more):
    cell = lambda name, x: {"cell": name, "loc": [x, 10], "port": "Q"}
    return {"type": kind, "delay": delay, "from": cell(*start), "to": cell(*end), **more}


SAMPLE = {
    "fmax": {"clk": {"achieved": 66.666, "constraint": 80}},
    "utilization": {
        "TRELLIS_COMB": {"used": 100, "available": 83640},
        "TRELLIS_FF": {"used": 200, "available": 83640},
        "DP16KD": {"used": 160, "available": 208},
        "MULT18X18D": {"used": 152, "available": 156},
    },
    "critical_paths": [
        {"from": "<async>", "to": "posedge clk", "path": [hop("source", 0.0, ("pin", 0), ("pin", 0))]},
        {
            "from": "posedge clk",
            "to": "posedge clk",
            "path": [
                hop("clk-to-q", 0.5, ("a", 1), ("a", 1)),
                hop("routing", 9.0, ("a", 1), ("b", 90), net="far"),
                hop("logic", 0.25, ("b", 90), ("b", 90)),
                hop("routing", 1.0, ("b", 90), ("c", 91), net="near"),
                hop("setup", 0.0, ("c", 91), ("c", 91)),
            ],
        },
    ],
}
NETLIST = {
    "modules": {
        "top": {
            "cells": {
                "in_TRELLIS_FF_Q": {"type": "TRELLIS_FF"},
                "core.system.accelerator.a.x_TRELLIS_FF_Q": {"type": "TRELLIS_FF"},
                "core.system.accelerator.a.b.y": {"type": "CCU2C"},
                "core.system.accelerator.a.z": {"type": "PFUMX"},
                "core.c.m": {"type": "DP16KD"},
                "core.system.strobe_LUT4_Z": {"type": "LUT4"},
            }
        }
    }
}
LOG = "Info: iter=1 wires=9 overused=120 overuse=3\nInfo: iter=2 wires=9 overused=7 overuse=1\n"


class Report(unittest.TestCase):
    def test_figures(self):
        summary = report.summarise(SAMPLE, LOG, "small", 3)
        self.assertTrue(summary["routed"])
        self.assertEqual(summary["fmax_mhz"], 66.67)
        self.assertFalse(summary["timing_met"])
        self.assertEqual(summary["use"]["dsp"], {"used": 152, "available": 156})
        self.assertEqual(summary["overused_wires"], [120, 7])
        worst = summary["paths"][0]
        self.assertEqual((worst["start"], worst["end"]), ("a", "c"))
        self.assertEqual((worst["ns"], worst["routing_ns"], worst["levels"]), (10.75, 10.0, 1))
        self.assertEqual(worst["longest_route"]["net"], "far")

    def test_words(self):
        text = report.markdown(report.summarise(SAMPLE, LOG, "small", 3))
        self.assertIn("66.67 MHz against a target of 80 MHz: NOT met", text)
        self.assertIn("| multipliers (MULT18X18D) | 152 | 156 | 97% |", text)
        self.assertIn("10.75 ns from `a` to `c`", text)
        self.assertIn("`far`, 9.00 ns from (1, 10) to (90, 10)", text)

    def test_blocks(self):
        blocks = report.by_block(NETLIST)
        self.assertEqual(blocks["a"], {"lut": 2, "ff": 1, "ebr": 0, "dsp": 0})
        self.assertEqual(blocks["c"], {"lut": 0, "ff": 0, "ebr": 1, "dsp": 0})
        self.assertEqual(blocks["(top)"], {"lut": 0, "ff": 1, "ebr": 0, "dsp": 0})
        self.assertEqual(blocks["system"], {"lut": 1, "ff": 0, "ebr": 0, "dsp": 0})
        text = report.markdown(report.summarise(SAMPLE, "", "small", 1, NETLIST))
        self.assertIn("| `a` | 2 | 1 | 0 | 0 |", text)

    def test_met(self):
        met = json.loads(json.dumps(SAMPLE))
        met["fmax"]["clk"]["achieved"] = 80.0
        self.assertTrue(report.summarise(met, "", "small", 1)["timing_met"])

    def test_every_clock_counts(self):
        two = json.loads(json.dumps(SAMPLE))
        two["fmax"] = {"pll.free": {"achieved": 900.0, "constraint": 80}, "clk": {"achieved": 79.9, "constraint": 80}}
        summary = report.summarise(two, "", "small", 1)
        self.assertFalse(summary["timing_met"])
        self.assertEqual([clock["name"] for clock in summary["clocks"]], ["engine and memory", "PLL, before its gate"])

    def of_directory(self, **files):
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            (place / "top.json").write_text(json.dumps(NETLIST))
            for name, content in files.items():
                (place / name.replace("_", ".")).write_text(content)
            return report.of_directory(place, "small", 1)

    def test_not_routed(self):
        summary = self.of_directory(nextpnr_log=LOG)
        self.assertFalse(summary["routed"] or summary["timing_met"])
        self.assertIn("7 wires were still overused after 2 rounds", report.markdown(summary))

    def test_routed(self):
        summary = self.of_directory(report_json=json.dumps(SAMPLE), nextpnr_log=LOG)
        self.assertIn("Routed.", report.markdown(summary))


if __name__ == "__main__":
    unittest.main()
