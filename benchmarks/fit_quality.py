# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fits the constants of ``local_inn_ros.localization.quality.scan_quality`` by logistic regression.

Half of the poses are right, half are wrong, in the shares that ``JudgedPoses.weights`` tells, and
every map counts alike. Some maps, some seeds and the later laps of the Intel lab are left to
``benchmarks/quality.py``, which measures what the fit is worth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import intel_lab
import numpy as np
from map_bundles import ROOT, shipped_bundle
from numpy.typing import NDArray
from scipy.optimize import minimize

from local_inn_ros.benchmarking.quality_score import JudgedPoses
from local_inn_ros.benchmarking.quality_trials import (
    PlacedScan,
    Trial,
    crowded_scans,
    simulated_scans,
    trials,
)
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.quality.scan_quality import match_scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.simulation.worlds import DrivenWorld
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import open_model

BUILD = ROOT / "build" / "bench"
# Denser crowds than quality is promised for, so that it does not take one for a wrong place.
MOST_BLOCKED = 0.7
# Against weights that run away where all is told apart.
_PENALTY = 1e-4


def placed_scans(
    bundle: Bundle, given: argparse.Namespace, rng: np.random.Generator
) -> Sequence[PlacedScan]:
    """Return scans of a bundle's map: simulated, or of lap 1 where it is the Intel lab's."""
    if bundle.path != given.intel:
        world = DrivenWorld(bundle.grid, bundle.caster)
        return list(simulated_scans(bundle, world, given.scans, MOST_BLOCKED, rng))
    scans, poses = intel_lab.read_scans(intel_lab.DATA / "lap1_map.npz")
    chosen = np.sort(rng.choice(len(scans), min(given.scans, len(scans)), replace=False))
    return list(crowded_scans([scans[i] for i in chosen], poses[chosen], MOST_BLOCKED, rng))


def judged(folder: Path, given: argparse.Namespace) -> tuple[NDArray[np.float64], JudgedPoses]:
    """Return features (n, 3) of trials on a bundle, and which are right."""
    bundle = Bundle.load(folder)
    model = open_model(bundle)
    assert isinstance(model, LocalInn2d)
    localizer = model.fix_producer(Mount.level(Pose2.identity()), RunSettings())
    rng = np.random.default_rng(given.seed)
    found = list(trials(bundle, model, localizer, placed_scans(bundle, given, rng), rng))
    features = np.concatenate([_features(bundle, trial) for trial in found])
    return features, JudgedPoses.of(found, np.zeros(len(found)))


def _features(bundle: Bundle, trial: Trial) -> NDArray[np.float64]:
    sensor = bundle.description.laser
    deviation = float(np.hypot(config_of(bundle).forward_deviation_m, sensor.noise_std_m))
    rows = trial.expected_m[None]
    return match_scan(rows, trial.reading, deviation, sensor.range_max_m).features()


def logistic(
    features: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the offset and the weights of features (n, k) in the log-odds of being right."""
    middle = np.average(features, axis=0, weights=weights)
    spread = np.sqrt(np.average(np.square(features - middle), axis=0, weights=weights))
    rows = np.column_stack([np.ones(len(features)), (features - middle) / spread])

    def loss(chosen: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = rows @ chosen
        each = np.logaddexp(0.0, odds) - right * odds
        slope = rows.T @ (weights * (1.0 / (1.0 + np.exp(-odds)) - right))
        slope[1:] += 2.0 * _PENALTY * chosen[1:]
        return float(weights @ each + _PENALTY * np.square(chosen[1:]).sum()), slope

    scaled = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="BFGS").x
    slopes = scaled[1:] / spread
    return np.concatenate([[scaled[0] - slopes @ middle], slopes])


def main() -> None:
    """Draw trials, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folders = [shipped_bundle(), *(BUILD / "bundles" / n for n in ("levine_slam_dark", "berlin"))]
    intel = BUILD / "intel_lab_bundle"
    parser.add_argument("--bundle", type=Path, action="append", help="may be given again")
    parser.add_argument("--intel", type=Path, default=intel, help="the Intel lab's bundle")
    parser.add_argument("--scans", type=int, default=1500, help="scans of each map [1500]")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    sets = [judged(folder, given) for folder in given.bundle or [*folders, given.intel]]
    rows = np.concatenate([features for features, _ in sets])
    right = np.concatenate([poses.right for _, poses in sets])
    weights = np.concatenate([poses.weights() / len(sets) for _, poses in sets])
    fitted = logistic(rows, right, weights)
    offset, *of_logarithms = fitted
    print(f"_OFFSET = {offset:.2f}")
    print(f"_WEIGHTS = np.array([{', '.join(f'{value:.2f}' for value in of_logarithms)}])")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
