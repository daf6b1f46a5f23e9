"""Summarises what Yosys and nextpnr wrote: clock rates, use of the device and the worst paths in words."""

import json
import re

# What the project calls a resource, and what nextpnr calls it.
RESOURCES = {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "ebr": "DP16KD", "dsp": "MULT18X18D"}
TITLES = {"lut": "LUT4", "ff": "flip-flops", "ebr": "block RAM (DP16KD)", "dsp": "multipliers (MULT18X18D)"}

# What a cell of the netlist counts as: a look-up table with its carry, or a memory made of four of them.
CELLS = {
    "LUT4": ("lut", 1),
    "CCU2C": ("lut", 2),
    "TRELLIS_DPR16X4": ("lut", 4),
    "TRELLIS_FF": ("ff", 1),
    "DP16KD": ("ebr", 1),
    "MULT18X18D": ("dsp", 1),
}

# Blocks that are looked into: what lies in them counts as a block of its own.
OUTER = ("core", "system", "accelerator")


def by_block(netlist):
    """What each block of the accelerator, and each one round it, takes, as {block: {resource: number}}, largest first."""
    blocks = {}
    for name, cell in netlist["modules"]["top"]["cells"].items():
        if cell["type"] in CELLS:
            path = name.split(".")
            while len(path) > 2 and path[0] in OUTER:
                path = path[1:]
            block = path[0] if len(path) > 1 else "(top)"
            resource, count = CELLS[cell["type"]]
            use = blocks.setdefault(block, dict.fromkeys(RESOURCES, 0))
            use[resource] += count
    return dict(sorted(blocks.items(), key=lambda item: -sum(item[1].values())))


def describe(path):
    """One critical path of nextpnr's report as a flat record, times in nanoseconds."""
    hops = path["path"]
    routes = [hop for hop in hops if hop["type"] == "routing"]
    longest = max(routes, key=lambda hop: hop["delay"], default=None)
    record = {
        "clocks": f"{path['from']} -> {path['to']}",
        "start": hops[0]["from"]["cell"],
        "end": hops[-1]["to"]["cell"],
        "ns": round(sum(hop["delay"] for hop in hops), 2),
        "routing_ns": round(sum(hop["delay"] for hop in routes), 2),
        "levels": sum(hop["type"] == "logic" for hop in hops),
    }
    if longest:
        record["longest_route"] = {
            "net": longest.get("net", "?"),
            "ns": round(longest["delay"], 2),
            "from": longest["from"]["loc"],
            "to": longest["to"]["loc"],
        }
    return record


def sentence(path):
    """A path in words."""
    text = (
        f"{path['ns']:.2f} ns from `{path['start']}` to `{path['end']}` ({path['clocks']}): "
        f"{path['levels']} levels of logic, {path['routing_ns']:.2f} ns of it in wires"
    )
    route = path.get("longest_route")
    if route:
        text += f"; the longest wire is `{route['net']}`, {route['ns']:.2f} ns from {tuple(route['from'])} to {tuple(route['to'])}"
    return text + "."


def overused(log):
    """Overused wires after each round of router2, in order."""
    return [int(number) for number in re.findall(r"overused=(\d+)", log)]


def clock_name(net):
    """What a clock of the design is for, from its net."""
    return "PLL, before its gate" if net.endswith(".free") else "engine and memory"


def summarise(report, log, config, seed, netlist=None):
    """The summary as a dictionary. `report` is None when routing did not come to its end."""
    summary = {
        "schema": "rowfuse.synth/1",
        "config": config,
        "seed": seed,
        "routed": report is not None,
        "fmax_mhz": None,
        "target_mhz": None,
        "clocks": [],
        "timing_met": False,
        "use": {},
        "paths": [],
        "overused_wires": overused(log),
        "blocks": by_block(netlist) if netlist else {},
    }
    if report is None:
        return summary
    # The clock that is slowest against its own target counts.
    rates = report["fmax"]
    if rates:
        worst = min(rates.values(), key=lambda rate: rate["achieved"] / rate["constraint"])
        summary["fmax_mhz"] = round(worst["achieved"], 2)
        summary["target_mhz"] = round(worst["constraint"], 2)
        summary["timing_met"] = worst["achieved"] >= worst["constraint"]
        summary["clocks"] = [
            {"name": clock_name(net), "fmax_mhz": round(rates[net]["achieved"], 2), "required_mhz": round(rates[net]["constraint"], 2)}
            for net in sorted(rates)
        ]
    for name, cell in RESOURCES.items():
        use = report["utilization"][cell]
        summary["use"][name] = {"used": use["used"], "available": use["available"]}
    summary["paths"] = sorted(map(describe, report["critical_paths"]), key=lambda path: -path["ns"])
    summary["sentences"] = [sentence(path) for path in summary["paths"]]
    return summary


def markdown(summary):
    """The summary for people."""
    lines = [f"# {summary['config']}, seed {summary['seed']}", ""]
    if not summary["routed"]:
        rounds = summary["overused_wires"]
        last = f" {rounds[-1]} wires were still overused after {len(rounds)} rounds." if rounds else ""
        return "\n".join(lines + [f"NOT ROUTED.{last}", ""])
    met = "met" if summary["timing_met"] else "NOT met"
    lines += [
        f"Routed. {summary['fmax_mhz']} MHz against a target of {summary['target_mhz']} MHz: {met}.",
        "",
        "| resource | used | available | share |",
        "|---|---|---|---|",
    ]
    for name, use in summary["use"].items():
        share = 100 * use["used"] / use["available"]
        lines.append(f"| {TITLES[name]} | {use['used']} | {use['available']} | {share:.0f}% |")
    lines += ["", "| block | LUT4 | FF | DP16KD | MULT18X18D |", "|---|---|---|---|---|"]
    for block, use in summary["blocks"].items():
        lines.append(f"| `{block}` | " + " | ".join(str(use[name]) for name in RESOURCES) + " |")
    lines += ["", "Worst paths:", ""]
    lines += [f"- {text}" for text in summary["sentences"]]
    if "seeds" in summary:
        tried = ", ".join(f"{run['seed']}: {run['fmax_mhz'] or 'not routed'}" for run in summary["seeds"])
        lines += ["", f"Seeds tried, MHz: {tried}."]
    return "\n".join(lines + [""])


def of_directory(directory, config, seed):
    """The summary of a run in a directory with `top.json`, `nextpnr.log` and, when routing came to its end, `report.json`."""
    report = directory / "report.json"
    log = directory / "nextpnr.log"
    return summarise(
        json.loads(report.read_text()) if report.is_file() else None,
        log.read_text() if log.is_file() else "",
        config,
        seed,
        json.loads((directory / "top.json").read_text()),
    )
