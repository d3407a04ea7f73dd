# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a scan costs, as `local-inn bench` measures it, with a Markdown table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from map_bundles import ROOT, shipped_bundle

from local_inn_ros.benchmarking.bench import LEAST_DURATION_S
from local_inn_ros.benchmarking.bench_report import BenchReport
from local_inn_ros.cli.bench import measured
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json


def markdown(report: BenchReport) -> str:
    """Return the figures as tables."""
    lines = ["| what [ms] | p50 | p95 | p99 | jitter |", "| --- | --- | --- | --- | --- |"]
    for row in report.rows():
        figures = " | ".join(f"{value:.2f}" for value in row.spread.to_json().values())
        lines.append(f"| {row.what} | {figures} |")
    facts = [f"| {name} | {value} |" for name, value in report.facts().items()]
    return "\n".join([*lines, "", "| | |", "| --- | --- |", *facts])


def options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bundle", type=Path, default=shipped_bundle(), help="the trained model")
    parser.add_argument("--duration", type=float, default=10.0, help="seconds that are driven [10]")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "latency.json")
    given = parser.parse_args(words)
    if not given.duration >= LEAST_DURATION_S:
        parser.error(f"--duration must be at least {LEAST_DURATION_S:g} s, not {given.duration}")
    return given


if __name__ == "__main__":
    try:
        arguments = options()
        found = measured(arguments.bundle, arguments.duration, 0)
        write_json(arguments.out, found.to_json())
        print(markdown(found))
        print(f"written: {arguments.out}")
    except LocalInnError as error:
        sys.exit(f"error: {error}")
