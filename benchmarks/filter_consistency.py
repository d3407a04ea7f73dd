# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the filter knows how wrong it and the fixes are, where errors are as it has them.

NIS and NEES of a planar pose are 3 on average; the gate is to pass 0.999 of the fixes, all of which
are right.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from local_inn_ros.benchmarking.filter_consistency import (
    ODOMETRY,
    SHARES,
    matched_drives,
    matched_settings,
)
from local_inn_ros.evaluation.json_file import write_json

OUT = Path(__file__).resolve().parents[1] / "build" / "bench" / "filter_consistency.json"
GATE_PROBABILITY = 0.999
FIXES = 40


@dataclass(frozen=True, slots=True)
class Row:
    """Drives with one share of the fixes' variance that is shared, and one kind of odometry."""

    shared_share: float
    odometry: str
    nis: float
    nees: float
    passed: float


def row_of(share: float, odometry: str, runs: int, seed: int) -> Row:
    """Drive, and average."""
    settings = matched_settings(share, ODOMETRY[odometry], GATE_PROBABILITY)
    found = matched_drives(settings, runs, FIXES, seed)
    nis, nees = float(np.mean(found.nis)), float(np.mean(found.nees))
    return Row(share, odometry, nis, nees, found.passed)


def markdown(rows: list[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| shared share | odometry | mean NIS | mean NEES | fixes within the gate |",
        "| --: | --- | --: | --: | --: |",
    ]
    lines += [
        f"| {row.shared_share:g} | {row.odometry} | {row.nis:.2f} | {row.nees:.2f} "
        f"| {row.passed:.4f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Drive, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="drives for each row [100]")
    parser.add_argument("--seed", type=int, default=1, help="of all chance [1]")
    parser.add_argument("--out", type=Path, default=OUT, help="the figures, as JSON")
    given = parser.parse_args()
    rows = [
        row_of(share, odometry, given.runs, given.seed) for share in SHARES for odometry in ODOMETRY
    ]
    settings = {"runs": given.runs, "fixes": FIXES, "seed": given.seed}
    write_json(given.out, {"settings": settings, "rows": [asdict(row) for row in rows]})
    print(markdown(rows))
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    main()
