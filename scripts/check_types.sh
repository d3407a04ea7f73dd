#!/usr/bin/env bash
# Check types with mypy, where the stubs that it is done against can be had.
# Usage: check_types.sh VENV
set -euo pipefail

if "$1/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "==> lint: mypy"
    exec "$1/bin/mypy"
fi
echo "==> lint: mypy left out; types are checked against numpy 2.4, which needs Python 3.11"
