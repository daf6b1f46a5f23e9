# shellcheck shell=bash
# Shared by the scripts of this directory: `. lib.sh` sets `root` and defines the helpers below.
# Kept to what bash 3.2 knows, which is what macOS ships.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
started=$SECONDS

# A fresh rustup is often not on PATH yet.
if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
fi

# One line on stderr, so that stdout stays for results.
say() { printf '%s\n' "$*" >&2; }

# Announces a step, with the seconds since the start.
step() { say "==> [$((SECONDS - started)) s] $*"; }

# Stops with one sentence.
die() {
    say "error: $*"
    exit 1
}

# Without this, an EXIT trap would see the code of the command before.
trap 'exit 143' TERM

# Says how a script ended and how long it took. Use: trap 'finish NAME' EXIT
finish() {
    local code=$?
    if [ "$code" -eq 0 ]; then
        say "==> $1: done in $((SECONDS - started)) s"
    else
        say "==> $1: FAILED (exit $code) after $((SECONDS - started)) s"
    fi
}
