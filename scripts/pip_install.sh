#!/usr/bin/env bash
# Install packages into a virtual environment, also one that an interrupted installation left behind.
# Usage: pip_install.sh VENV PIP_ARGUMENT...
set -euo pipefail

venv=$1
shift

# pip writes RECORD last and takes a package without it for installed: have it installed again.
for info in "$venv"/lib/python3.*/site-packages/*.dist-info; do
    if [ -d "$info" ] && [ ! -f "$info/RECORD" ]; then
        rm -r "$info"
    fi
done

# Compiling every module of every wheel takes longer than importing the few that are used.
exec "$venv/bin/python" -m pip install --quiet --quiet --no-compile --no-input \
    --disable-pip-version-check --progress-bar off "$@"
