#!/usr/bin/env bash
# Check that this machine has what the environment is made from; say in one sentence what is missing.
# Usage: check_host.sh PYTHON [without-ros]
set -euo pipefail

python=$1
without=${2:-}

fail() {
    echo "error: $*" >&2
    exit 1
}

"$python" --version >/dev/null 2>&1 ||
    fail "'$python' does not run; install Python 3.10 to 3.13 or name one: make PYTHON=python3.12 ..."

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $without$version in
    3.1[0-3] | without-ros3.1[0-9]) ;;
    without-ros*) fail "'$python' is Python $version, but 3.10 is the oldest that will do;" \
                       "name another one: make test-python PYTHON=python3.12" ;;
    *) fail "'$python' is Python $version, but the ROS 2 wheels on PyPI are for 3.10 to 3.13;" \
            "name another one: make PYTHON=python3.12 ..." ;;
esac

"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python $version cannot make virtual environments; on Debian and Ubuntu:" \
         "sudo apt install python$version-venv"
[ -z "$without" ] || exit 0

header=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"] + "/Python.h")')
[ -f "$header" ] ||
    fail "Python's C headers are missing ($header), which interfaces are built with;" \
         "on Debian and Ubuntu: sudo apt install python$version-dev"

for compiler in gcc g++; do
    command -v "$compiler" >/dev/null ||
        fail "$compiler is missing, which interfaces are built with;" \
             "on Debian and Ubuntu: sudo apt install $compiler"
done
