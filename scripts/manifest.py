"""The manifest of bitstreams: one table of `bitstreams/manifest.toml` for each configuration."""

import hashlib
import json
import re
import shutil

HEAD = """\
# What each bitstream here was made of and with. `scripts/synth CONFIG` writes it, `scripts/synth CONFIG --verify` rebuilds and compares.
"""
# What a rebuild must reproduce. Were these to differ and the bytes not, the manifest would be wrong.
REPRODUCED = ("source_sha256", "verilog_sha256", "constraints_sha256", "tools", "seed", "sha256")


def entry(design, summary, tools, bit):
    """The entry of a bitstream, in the manifest's order."""
    use = {name: count["used"] for name, count in summary["use"].items()}
    return {
        "sha256": hashlib.sha256(bit.read_bytes()).hexdigest(),
        "board": design["board"],
        "device": design["device"],
        "lanes": design["lanes"],
        "clock_mhz": design["clock_mhz"],
        "source_sha256": design["source_sha256"],
        "verilog_sha256": design["verilog_sha256"],
        "constraints_sha256": design["constraints_sha256"],
        "tools": tools,
        "seed": summary["seed"],
        "clocks": summary["clocks"],
        **use,
        "critical_paths": summary["sentences"],
    }


def value(data):
    """A value as TOML. Strings of JSON are strings of TOML."""
    if isinstance(data, dict):
        return "{ " + ", ".join(f"{key} = {value(data[key])}" for key in data) + " }"
    if isinstance(data, list):
        return "[\n" + "".join(f"    {value(item)},\n" for item in data) + "]"
    return json.dumps(data, ensure_ascii=False)


def tables(text):
    """The tables of a manifest by name, as text."""
    parts = re.split(r"^\[([^\]\n]+)\]\n", text, flags=re.MULTILINE)
    return {name: body.strip() + "\n" for name, body in zip(parts[1::2], parts[2::2])}


def body(fields):
    """An entry as the text of its table."""
    return "".join(f"{key} = {value(fields[key])}\n" for key in fields)


def install(directory, config, fields, bit, report):
    """Puts a bitstream, its report and its entry into the directory; the manifest last, so that it never promises what is not there."""
    shutil.copy(bit, directory / f"{config}.bit")
    (directory / f"{config}.md").write_text(report)
    path = directory / "manifest.toml"
    known = tables(path.read_text()) if path.is_file() else {}
    known[config] = body(fields)
    text = HEAD + "".join(f"\n[{name}]\n{known[name]}" for name in sorted(known))
    fresh = directory / "manifest.toml.new"
    fresh.write_text(text)
    fresh.replace(path)


def seed(directory, config):
    """The seed of a configuration's entry, if there is one."""
    path = directory / "manifest.toml"
    known = tables(path.read_text()) if path.is_file() else {}
    found = re.search(r"^seed = (\d+)$", known.get(config, ""), flags=re.MULTILINE)
    return int(found[1]) if found else None


def compare(directory, config, fields):
    """Nothing if a rebuilt entry and the committed bytes are those of the manifest, otherwise what differs."""
    path = directory / "manifest.toml"
    known = tables(path.read_text()).get(config) if path.is_file() else None
    if known is None:
        return f"error: {path} has no entry for {config}."
    for name in REPRODUCED:
        line = f"{name} = {value(fields[name])}\n"
        if line not in known:
            was = re.search(rf"^{name} = (.*)$", known, flags=re.MULTILINE)
            return f"error: {name} is {value(fields[name])}, the manifest says {was[1] if was else 'nothing'}."
    committed = hashlib.sha256((directory / f"{config}.bit").read_bytes()).hexdigest()
    if committed != fields["sha256"]:
        return f"error: {directory / config}.bit has the SHA-256 {committed}, the manifest says {fields['sha256']}."
    print(f"==> {config}: the rebuilt bitstream is the committed one, {fields['sha256']}")
    return None
