#!/usr/bin/env bash
# Sets the project up: .venv with the pinned dependencies, and ngspice, library and command. As
# `setup.sh verilog` it installs the tools that `make verilog` needs, as `setup.sh browser` the browser
# that tests open the report in, and nothing else.
# `make setup` calls it when something it depends on has changed. PYTHON chooses the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=${PYTHON:-python3}

fail() {
    echo "setup: $*" >&2
    exit 1
}

has_python() { "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_ngspice_library() {
    "$python" -c 'import ctypes, os
ctypes.CDLL(os.environ.get("NGSPICE_LIBRARY_PATH") or "libngspice.so.0")' 2>/dev/null
}

has_ngspice_command() { ngspice --version >/dev/null 2>&1; }

install_packages() {
    local packages="$*" sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null ||
            fail "packages are missing; install them with: sudo apt-get install $packages"
        sudo=sudo
    fi
    command -v apt-get >/dev/null ||
        fail "packages are missing; install what Debian calls: $packages"
    # shellcheck disable=SC2086
    $sudo apt-get update -qq && $sudo apt-get install -y -qq $packages ||
        fail "apt-get failed; install by hand: $packages"
}

# Tools whose packages have the same names in Debian.
tools=()
case "${1:-}" in
    "") ;;
    verilog) tools=(iverilog verilator yosys) ;;
    browser) tools=(chromium) ;;
    *) fail "there is no $1 to install: verilog or browser, or nothing for the project itself" ;;
esac
if [ ${#tools[@]} -gt 0 ]; then
    missing=()
    for tool in "${tools[@]}"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
    exit 0
fi

has_python || fail "Python 3.10 or newer is needed (set PYTHON to its command)"
missing=()
has_venv || missing+=(python3-venv)
has_ngspice_library || missing+=(libngspice0)
has_ngspice_command || missing+=(ngspice)
if [ ${#missing[@]} -gt 0 ]; then
    install_packages "${missing[@]}"
fi

# pip is the last thing that a complete environment gets.
[ -x .venv/bin/pip ] || "$python" -m venv .venv
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
pip install --quiet --requirement requirements.txt
pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/.complete
echo "setup: complete"
