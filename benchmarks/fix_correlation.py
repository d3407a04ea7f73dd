# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How alike the errors of two fixes are, by the way and by the turn between them.

From laps 2 and 3 of the Intel lab: the correlation of the errors of x, y and yaw, against the
reference. The defaults of the filter's shared error are read off this.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.evaluation import truth_at
from local_inn_ros.evaluation.replay import replay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import wrap_angles
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import open_model

ROOT = Path(__file__).resolve().parents[1]
BAG = ROOT.parent / "shared" / "data" / "intel_lab" / "lap2_test_rosbag2"
WAYS_M = (0.0, 0.1, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
TURNS_RAD = (0.0, 0.15, 0.4, 0.8, 1.6, 3.2)
# Of fixes that lie at most so many apart: a second visit to a place is another question.
_NEIGHBOURS = 150
# Turns are looked at where the robot has hardly moved, ways where it has hardly turned.
_LITTLE_M, _LITTLE_RAD = 0.3, 0.15
# Errors beyond so many deviations are of fixes gone astray.
_MOST = 4.0


def errors_of(bundle: Bundle, bag: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return errors (n, 3) of the fixes, and the true poses (n, 3)."""
    recording = open_recording(bag, BagTopics(reference="/ground_truth"))
    assert recording.reference is not None
    localizer = fix_producer_of(open_model(bundle), Mount.level(recording.mount), RunSettings())
    pipeline = LocalizationPipeline(localizer, PoseFilter(), mount=recording.mount)
    run = replay(pipeline, recording.readings(), recording.reference)
    true = truth_at(run.stamps_s, recording.reference)
    known = np.isfinite(true).all(axis=1)
    errors = run.measured[known] - true[known]
    errors[:, 2] = wrap_angles(errors[:, 2])
    return errors, true[known]


def correlations(
    errors: NDArray[np.float64], poses: NDArray[np.float64]
) -> tuple[list[str], list[str]]:
    """Return the rows of two tables: by the way, and by the turn."""
    deviations = np.median(np.abs(errors), axis=0) / 0.6745
    errors = np.clip(errors / deviations, -_MOST, _MOST)
    variance = np.mean(errors**2, axis=0)
    steps = np.diff(poses, axis=0)
    way = np.append(0.0, np.cumsum(np.hypot(steps[:, 0], steps[:, 1])))
    turn = np.append(0.0, np.cumsum(np.abs(wrap_angles(steps[:, 2]))))
    first, second = np.triu_indices(len(errors), 1)
    near = second - first <= _NEIGHBOURS
    first, second = first[near], second[near]
    ways, turns = way[second] - way[first], turn[second] - turn[first]
    alike = errors[first] * errors[second] / variance

    def rows(
        amount: NDArray[np.float64], edges: tuple[float, ...], still: NDArray[np.bool_]
    ) -> Iterator[str]:
        for low, high in pairwise(edges):
            chosen = alike[(amount >= low) & (amount < high) & still]
            x, y, yaw = chosen.mean(axis=0)
            yield f"| {low:g} to {high:g} | {len(chosen):,} | {x:.2f} | {y:.2f} | {yaw:.2f} |"

    return (
        list(rows(ways, WAYS_M, turns < _LITTLE_RAD)),
        list(rows(turns, TURNS_RAD, ways < _LITTLE_M)),
    )


def main() -> None:
    """Localize, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--bundle", type=Path, default=ROOT / "build" / "bench" / "intel_lab_bundle"
    )
    parser.add_argument("--bag", type=Path, default=BAG, help="with /ground_truth")
    given = parser.parse_args()
    by_way, by_turn = correlations(*errors_of(Bundle.load(given.bundle), given.bag))
    for what, rows in (("way between [m]", by_way), ("turn between [rad]", by_turn)):
        print(f"| {what} | pairs | x | y | yaw |\n| --- | --: | --: | --: | --: |")
        print("\n".join(rows) + "\n")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
