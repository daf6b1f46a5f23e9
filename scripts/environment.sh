# shellcheck shell=bash
# Python environments with pinned wheels: `. environment.sh` after lib.sh, then set `venv` (a directory) and `python`
# (its interpreter) and call `install LIST`. Nothing is installed outside of `venv`.

# The oldest Python that will do, as major and minor.
oldest=(3 10)

# Succeeds when the environment runs and holds every pinned version. INSTALLER is written last by
# pip, so a wheel whose installation was cut short does not count.
holds() {
    [ -x "$python" ] && "$python" - "$1" <<'PYTHON' >/dev/null 2>&1
import sys
from importlib.metadata import distribution
for line in open(sys.argv[1]):
    line = line.split("#")[0].strip()
    if line:
        name, version = line.split("==")
        found = distribution(name)
        if found.version != version or not found.read_text("INSTALLER"):
            sys.exit(1)
PYTHON
}

system_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        if "$candidate" -c "import sys; sys.exit(sys.version_info < (${oldest[0]}, ${oldest[1]}))" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_environment() {
    if [ -x "$python" ] && "$python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    local base
    base=$(system_python) ||
        die "Python ${oldest[0]}.${oldest[1]} or newer is missing: install it (Debian and Ubuntu: 'apt install python3 python3-venv')."
    "$base" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        die "Python's venv module is missing: install it (Debian and Ubuntu: 'apt install python3-venv')."
    step "making $(basename "$venv")"
    # Whatever is there does not run: a link is removed as a link, never what it points to.
    rm -rf "$venv"
    "$base" -m venv "$venv" || die "Python could not make the environment '$venv'; its message stands above."
}

fetch() {
    step "installing $(basename "$1")"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --requirement "$1"
}

install() {
    local list=$1
    if holds "$list"; then
        return
    fi
    make_environment
    fetch "$list" || return 1
    if ! holds "$list"; then
        # Left half-made by an interrupted run: pip takes what is there for complete.
        rm -rf "$venv"
        make_environment
        fetch "$list" && holds "$list"
    fi
}
