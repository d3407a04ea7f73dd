# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A start keeps neither what compiling leaves behind nor the compiler."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

from local_inn_ros.nodes.common.lean_start import load_compiled

ROOT = Path(__file__).resolve().parents[2]

_KERNEL = """
import numba

@numba.njit(cache=True)
def doubled(x):
    return 2.0 * x
"""

_LOADED_APART = """
import sys
from kernel import doubled
from local_inn_ros.nodes.common.lean_start import load_compiled

apart = [sys.executable, "-c", "from kernel import doubled; doubled(1.0)"]
print(load_compiled(lambda: doubled(4.0), apart))
print(sum(doubled.stats.cache_hits.values()))
"""

_GIVEN_BACK = """
import re
from pathlib import Path

import numba
from local_inn_ros.nodes.common.lean_start import give_back_memory


def compiler_kb():
    ranges = re.split(r"\\n(?=[0-9a-f]+-)", Path("/proc/self/smaps").read_text())
    own = [each for each in ranges if "llvmlite" in each.partition("\\n")[0]]
    return sum(int(re.search(r"^Rss: +(\\d+)", each, re.M)[1]) for each in own)


assert numba.njit(lambda x: 2.0 * x)(4.0) == 8.0
print(compiler_kb())
give_back_memory()
print(compiler_kb())
assert numba.njit(lambda x: 3.0 * x)(4.0) == 12.0
"""


def printed_by(script: str, folder: Path) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{ROOT}", "NUMBA_CACHE_DIR": str(folder / "cache")},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def kernel() -> Any:
    """Return a function that nothing has compiled yet."""
    return numba.njit(lambda x: 2.0 * x)


def touch(file: Path) -> list[str]:
    return [sys.executable, "-c", f"open({str(file)!r}, 'w').close()"]


def test_what_another_process_compiled_is_read(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(_KERNEL)
    assert printed_by(_LOADED_APART, tmp_path) == ["8.0", "1"]


def test_nothing_is_started_where_all_is_compiled(tmp_path: Path) -> None:
    doubled = kernel()
    doubled(1.0)
    assert load_compiled(lambda: doubled(4.0), touch(tmp_path / "asked")) == 8.0
    assert not (tmp_path / "asked").exists()


def test_what_cannot_be_kept_is_compiled_here(tmp_path: Path) -> None:
    doubled = kernel()
    assert load_compiled(lambda: doubled(4.0), touch(tmp_path / "asked")) == 8.0
    assert (tmp_path / "asked").exists()


def test_a_process_that_fails_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    doubled = kernel()
    fails = [sys.executable, "-c", "raise SystemExit('no room')"]
    with caplog.at_level(logging.WARNING):
        assert load_compiled(lambda: doubled(4.0), fails) == 8.0
    assert "no room" in caplog.text


def test_a_process_that_cannot_be_started_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doubled = kernel()
    assert load_compiled(lambda: doubled(4.0), [str(tmp_path / "no_python")]) == 8.0
    assert "no_python" in caplog.text


def test_an_error_of_what_is_loaded_is_passed_on(tmp_path: Path) -> None:
    def load() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        load_compiled(load, touch(tmp_path / "asked"))
    # Nothing is refused afterwards.
    assert kernel()(4.0) == 8.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this is Linux's")
def test_the_compiler_is_given_back_and_comes_again(tmp_path: Path) -> None:
    before_kb, after_kb = map(int, printed_by(_GIVEN_BACK, tmp_path))
    assert before_kb > 20_000
    assert after_kb < 5_000
