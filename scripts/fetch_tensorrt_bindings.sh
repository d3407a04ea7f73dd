#!/usr/bin/env bash
# Fetch TensorRT's Python bindings of three generations, without the libraries beneath them (a few
# megabytes instead of gigabytes): test/engines/test_tensorrt_published.py compares with them what
# this package calls. They are NVIDIA's, under NVIDIA's licence, and are neither run nor shipped.
# Usage: fetch_tensorrt_bindings.sh VENV
set -euo pipefail

folder=build/tensorrt_bindings
for wheel in tensorrt_bindings==8.6.1 tensorrt_cu12_bindings==10.13.3.9 tensorrt_cu13_bindings==11.4.0.106; do
    version=${wheel#*==}
    if [[ -d $folder/$version ]]; then
        continue
    fi
    # Not every version has a wheel for every Python.
    if "$1/bin/python" -m pip download --quiet --no-deps --dest "$folder/wheels" "$wheel"; then
        "$1/bin/python" -m zipfile --extract "$folder/wheels/${wheel%%==*}"-"$version"-*.whl "$folder/$version.partial"
        mv "$folder/$version.partial" "$folder/$version"
    else
        echo "==> no bindings of TensorRT $version for this Python" >&2
    fi
done
