"""Runs the parts of the long campaign one after the other, and tells what came of them; see scripts/verify."""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "target" / "verify"


@dataclasses.dataclass(frozen=True)
class Part:
    """One command of the campaign."""

    name: str
    what: str
    # Words with {seed} and {minutes}.
    command: str
    # Environment, likewise.
    environment: tuple = ()
    # Lines of its output with these words are its summary: the last of them, or all. Without any the part has done nothing, and so failed.
    summary: str = r"^test result: (FAILED|.* [1-9]\d* passed)"
    all_lines: bool = False


SEED = ("ROWFUSE_SEED", "{seed}")
FUZZ = (("ROWFUSE_FUZZ_CASES", "10000000"), ("ROWFUSE_FUZZ_SEED", "{seed}"))
# What the suite has built is not built again.
TESTS = "cargo test --workspace --all-features"

PARTS = (
    Part("suite", "all tests, lints and documentation", "scripts/test", all_lines=True),
    Part("formal", "proofs, with their covers and mutants", "scripts/formal", summary="proofs hold"),
    Part("campaign", "every block with other seeds, extremes, random networks on all boards", "scripts/campaign --minutes {minutes} --seed {seed}", summary="networks"),
    Part("power-on", "whole systems and every block from 50 states of noise", f"{TESTS} --lib power_on", (("ROWFUSE_POWER_ON", "50"),)),
    Part("power-on-blocks", "every block from 8 states of noise", f"{TESTS} --test blocks", (("ROWFUSE_POWER_ON", "8"),)),
    Part("netlist", "what Yosys makes for the ECP5 against the Verilog, in every cycle", f"{TESTS} --lib post_synthesis -- --ignored", (("ROWFUSE_REQUIRE_YOSYS", "1"),)),
    Part("xem7010", "what Yosys makes for Artix-7 has the cells it should have", f"{TESTS} --test xem7010 -- --ignored", (("ROWFUSE_REQUIRE_YOSYS", "1"),)),
    Part("coverage", "lines and bits of the hardware that the tests exercise", "scripts/coverage", summary="%"),
    Part("mutation", "changes to the emitted Verilog that a test must notice", "scripts/mutate --seed {seed}", summary="%"),
    Part("mutation-rust", "changes to the Rust that a test must notice", "scripts/mutate-rust --seed {seed}", summary="%"),
    Part("fuzz", "frames, payloads and commands, 10,000,000 cases each", "cargo test --release --package rowfuse-spec --test fuzz", FUZZ),
    Part("fuzz-onnx", "mutated models, 1,000,000 cases", f"{TESTS} --lib onnx::fuzz", (("ROWFUSE_FUZZ_CASES", "1000000"), FUZZ[1])),
    Part("faults-link", "100,000 faults on a line", f"{TESTS} --test serve campaign::the_serial -- --nocapture", (SEED, ("ROWFUSE_FAULTS", "100000")), summary="faults"),
    Part("faults-runs", "100,000 faults in whole runs", f"{TESTS} --test serve runs:: -- --nocapture", (SEED, ("ROWFUSE_FAULTS", "100000")), summary="faults"),
    Part("extremes", "every extreme, 512 channels too, on all boards", "cargo test --release --package rowfuse --test campaign every_extreme -- --ignored"),
    Part("predictions", "cycles of hundreds of random networks against those predicted", f"{TESTS} --lib timing_tests -- --ignored"),
    Part("referee-onnx", "random and trained networks against onnxruntime", "scripts/referee-onnx {seed}", summary="differ", all_lines=True),
    Part("referee-tract", "random convolutions and trained networks against tract", "scripts/referee-tract {seed}", summary="differ", all_lines=True),
    Part("bitstream-85f", "the committed bitstream, built again to the byte", "scripts/synth ulx3s-85f --verify", summary="."),
    Part("bitstream-45f", "the committed bitstream, built again to the byte", "scripts/synth ulx3s-45f --verify", summary="."),
)


@dataclasses.dataclass
class Outcome:
    """What came of a part."""

    name: str
    passed: bool
    seconds: int
    summary: str


def summary_of(part, text):
    """Whether the output tells what was found, and the lines that do; the last line if none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [line for line in lines if re.search(part.summary, line)]
    if not found:
        return False, lines[-1] if lines else "it said nothing"
    return True, "; ".join(dict.fromkeys(found)) if part.all_lines else found[-1]


class Interrupted(Exception):
    """Ctrl-C, or a request to end."""


def run(part, values, logs=LOGS):
    """Runs a part to its end; what it says goes to a file."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{part.name}.log"
    command = [word.format(**values) for word in part.command.split()]
    environment = {**os.environ, **{name: value.format(**values) for name, value in part.environment}}
    started = time.monotonic()
    print(f"==> {part.name}: {' '.join(command)}   (target/verify/{part.name}.log)", file=sys.stderr, flush=True)
    with log.open("wb") as file:
        # A group of its own, so that all that it started ends with it.
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            code = process.wait()
        except (KeyboardInterrupt, Interrupted):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise Interrupted from None
    told, summary = summary_of(part, log.read_text(errors="replace"))
    outcome = Outcome(part.name, code == 0 and told, round(time.monotonic() - started), summary)
    print(f"    {'passed' if outcome.passed else f'FAILED (exit {code})'} in {outcome.seconds} s: {summary}", file=sys.stderr, flush=True)
    return outcome


def table(outcomes):
    """The outcomes as a table in Markdown."""
    lines = ["| part | | seconds | what it found |", "|---|---|---|---|"]
    for outcome in outcomes:
        mark = "passed" if outcome.passed else "**FAILED**"
        lines.append(f"| {outcome.name} | {mark} | {outcome.seconds} | {outcome.summary.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def chosen(names, parts=PARTS):
    """The parts of these names, in the campaign's order; all if there are none."""
    if names is None:
        return list(parts)
    wanted = [name.strip() for name in names.split(",")]
    known = {part.name for part in parts}
    for name in wanted:
        if name not in known:
            raise SystemExit(f"error: no part is called '{name}'; there are {', '.join(part.name for part in parts)}")
    return [part for part in parts if part.name in wanted]


def whole(text):
    """A whole number from 0 to 2^32 - 1."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {2**32 - 1}")
    return value


def arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/verify", add_help=False)
    parser.add_argument("--seed", type=whole, default=int(f"{datetime.date.today():%Y%m%d}"))
    parser.add_argument("--minutes", type=whole, default=20)
    parser.add_argument("--only")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args(words)


def campaign(parts, values, logs=LOGS):
    """Runs all parts; gives their outcomes and whether it was interrupted."""
    outcomes = []
    try:
        for part in parts:
            outcomes.append(run(part, values, logs))
    except Interrupted:
        return outcomes, True
    return outcomes, False


def main(words):
    options = arguments(words)
    parts = chosen(options.only)
    if options.list:
        for part in parts:
            print(f"{part.name:16} {part.what}")
        return 0

    def stop(*_):
        raise Interrupted

    signal.signal(signal.SIGTERM, stop)
    values = {"seed": options.seed, "minutes": options.minutes}
    print(f"==> seed {options.seed}", file=sys.stderr)
    outcomes, interrupted = campaign(parts, values)
    print(table(outcomes))
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    if options.json:
        document = {**values, "interrupted": interrupted, "passed": not failed and not interrupted, "parts": [dataclasses.asdict(outcome) for outcome in outcomes]}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    if interrupted:
        print("interrupted: the parts above are all that ran", file=sys.stderr)
        return 130
    if failed:
        print(f"error: {', '.join(failed)} failed; see target/verify", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
