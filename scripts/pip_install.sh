#!/usr/bin/env bash
# Install packages into a virtual environment, also one that an interrupted installation left behind.
# Usage: pip_install.sh VENV PIP_ARGUMENT...
set -euo pipefail

venv=$1
shift

# pip takes a package for installed as soon as its metadata lie there, which may be before its other
# files do. Only when all is in place does it note itself in RECORD: forget what it did not finish.
for info in "$venv"/lib/python3.*/site-packages/*.dist-info; do
    if [ -d "$info" ] && ! grep -qs '\.dist-info/INSTALLER,' "$info/RECORD"; then
        rm -r "$info"
    fi
done

# Compiling every module of every wheel takes longer than importing the few that are used.
exec "$venv/bin/python" -m pip install --quiet --quiet --no-compile --no-input \
    --disable-pip-version-check --progress-bar off "$@"
