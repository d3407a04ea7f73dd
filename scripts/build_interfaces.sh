#!/usr/bin/env bash
# Build the interface packages that PyPI does not have from their definitions in interfaces/, and
# install them into a virtual environment with the ROS 2 wheels.
# Usage: build_interfaces.sh VENV
#
# Nothing has to be sourced afterwards: the wheels' start-up hook makes Python look for libraries
# in VENV/lib, where this installs them.
set -euo pipefail

interfaces=$(cd "$(dirname "$0")/../interfaces" && pwd)
venv=$(cd "$1" && pwd)
python=$venv/bin/python
build_dir=$(mktemp -d)
trap 'rm -rf "$build_dir"' EXIT

# The wheels' CMake files name the include folders of the machine that built them, until mended.
python_include=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
numpy_include=$("$python" -c 'import numpy; print(numpy.get_include())')
built_on='/opt/python/cp3[0-9]+-cp3[0-9]+'
{ grep -rlE "$built_on/" "$venv/share" --include='*.cmake' || true; } | xargs -r sed -i -E \
    -e "s#$built_on/lib/python3[.0-9]*/site-packages/numpy/_?core/include#$numpy_include#g" \
    -e "s#$built_on/include/python3[.0-9]*#$python_include#g"

run() {
    "$@" >"$build_dir/log" 2>&1 || {
        cat "$build_dir/log" >&2
        echo "error: $name could not be built; the lines above say why" >&2
        exit 1
    }
}

export PATH=$venv/bin:$PATH AMENT_PREFIX_PATH=$venv CMAKE_PREFIX_PATH=$venv
for manifest in "$interfaces"/*/package.xml; do
    source_dir=$(dirname "$manifest")
    name=$(basename "$source_dir")
    run cmake -S "$source_dir" -B "$build_dir/$name" -DCMAKE_BUILD_TYPE=Release \
        -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX="$venv" -DPython3_EXECUTABLE="$python"
    run cmake --build "$build_dir/$name" --parallel "$(nproc)"
    run cmake --install "$build_dir/$name"
    for folder in "$source_dir"/*/; do
        run "$python" -c "import $name.$(basename "$folder")"
    done
done
