import unittest

import synth_xem7010


class Count(unittest.TestCase):
    def test_cells_are_weighed_and_black_boxes_left_out(self):
        cells = {"LUT6": 5, "LUT2": 1, "RAM32M": 2, "FDRE": 7, "RAMB18E1": 3, "RAMB36E1": 2, "DSP48E1": 4, "CARRY4": 9, "okHost": 1}
        use = synth_xem7010.count(cells, {"okHost"})
        self.assertEqual(use, {"lut": 14, "ff": 7, "ebr": 7, "dsp": 4})

    def test_an_unknown_cell_is_named(self):
        with self.assertRaisesRegex(KeyError, "TRELLIS_FF"):
            synth_xem7010.count({"TRELLIS_FF": 1}, set())

    def test_names_of_black_boxes(self):
        text = "// module none\n(* blackbox *)\nmodule okWireOR #(parameter N = 1) (input a);\nendmodule\nmodule mig7 (\n"
        self.assertEqual(synth_xem7010.black_boxes(text), {"okWireOR", "mig7"})

    def test_the_table_has_the_devices_numbers(self):
        design = {"config": "c", "part": "p", "device": {"lut": 32600, "ff": 65200, "ebr": 150, "dsp": 120}}
        table = synth_xem7010.markdown(design, {"lut": 1234, "ff": 5, "ebr": 6, "dsp": 7})
        self.assertIn("| LUT6 | 1,234 | 32,600 |", table)


if __name__ == "__main__":
    unittest.main()
