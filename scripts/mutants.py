"""Sums up what cargo-mutants found.

usage: mutants.py [--json] DIRECTORY...

Each directory is one that was given to cargo-mutants as `--output`. Exits with 6 when fewer than 95 of a hundred mutants that compile are
noticed by a test, with 5 when a directory holds no outcomes.
"""

import json
import pathlib
import sys

LIMIT = 95.0
NOTICED = ("CaughtMutant", "Timeout")


def outcomes(directory):
    """Pairs of a mutant's name and what became of it."""
    path = pathlib.Path(directory) / "mutants.out" / "outcomes.json"
    found = json.loads(path.read_text())["outcomes"]
    return [(entry["scenario"]["Mutant"]["name"], entry["summary"]) for entry in found if entry["scenario"] != "Baseline"]


def summary(directories):
    """Counts of each package and of all, and the names of those that no test noticed."""
    packages = []
    for directory in directories:
        found = [(name, what) for name, what in outcomes(directory) if what != "Unviable"]
        packages.append(
            {
                "package": pathlib.Path(directory).name,
                "mutants": len(found),
                "noticed": sum(what in NOTICED for _, what in found),
                "missed": [name for name, what in found if what not in NOTICED],
            }
        )
    mutants, noticed = (sum(package[key] for package in packages) for key in ("mutants", "noticed"))
    percent = 100.0 * noticed / max(mutants, 1)
    return {
        "passes": mutants > 0 and percent >= LIMIT,
        "mutants": mutants,
        "noticed": noticed,
        "percent": percent,
        "packages": packages,
    }


def main(arguments):
    directories = [argument for argument in arguments if argument != "--json"]
    if not directories:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        found = summary(directories)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"error: no outcomes of cargo-mutants: {error!r}; run scripts/mutate-rust", file=sys.stderr)
        return 5
    if "--json" in arguments:
        print(json.dumps(found, indent=2))
    else:
        for package in found["packages"]:
            print(f"{package['package']}: {package['noticed']} of {package['mutants']} mutants noticed")
            for name in package["missed"]:
                print(f"    {name}")
        print(f"{found['mutants']} mutants: {found['noticed']} noticed: {found['percent']:.1f} %")
    if found["passes"]:
        return 0
    print(f"error: fewer than {LIMIT} % of the mutants are noticed", file=sys.stderr)
    return 6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
