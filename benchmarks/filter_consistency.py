# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the filter knows how wrong it and the fixes are, where errors are as it has them.

NIS and NEES are 3 on average in the plane and 6 in space; the gate is to pass 0.999 of the fixes,
all of which are right.
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
PLANE, SPACE = "plane", "space"


@dataclass(frozen=True, slots=True)
class Row:
    """Drives with one share of the fixes' variance that is shared, and one kind of odometry."""

    poses: str
    shared_share: float
    odometry: str
    nis: float
    nees: float
    passed: float


def row_of(poses: str, share: float, odometry: str, runs: int, seed: int) -> Row:
    """Drive, and average."""
    settings = matched_settings(share, ODOMETRY[odometry], GATE_PROBABILITY)
    found = matched_drives(settings, runs, FIXES, seed, planar=poses == PLANE)
    nis, nees = float(np.mean(found.nis)), float(np.mean(found.nees))
    return Row(poses, share, odometry, nis, nees, found.passed)


def markdown(rows: list[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| poses | shared share | odometry | mean NIS | mean NEES | fixes within the gate |",
        "| --- | --: | --- | --: | --: | --: |",
    ]
    lines += [
        f"| {row.poses} | {row.shared_share:g} | {row.odometry} | {row.nis:.2f} | {row.nees:.2f} "
        f"| {row.passed:.4f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Drive, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=100, help="drives for a row, in the plane [100]"
    )
    parser.add_argument("--space-runs", type=int, default=25, help="the same in space [25]")
    parser.add_argument("--seed", type=int, default=1, help="of all chance [1]")
    parser.add_argument("--out", type=Path, default=OUT, help="the figures, as JSON")
    given = parser.parse_args()
    rows = [
        row_of(poses, share, odometry, runs, given.seed)
        for poses, runs in ((PLANE, given.runs), (SPACE, given.space_runs))
        for share in SHARES
        for odometry in ODOMETRY
    ]
    settings = {
        "runs": given.runs,
        "space_runs": given.space_runs,
        "fixes": FIXES,
        "seed": given.seed,
    }
    write_json(given.out, {"settings": settings, "rows": [asdict(row) for row in rows]})
    print(markdown(rows))
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    main()
