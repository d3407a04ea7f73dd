# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether windows are as uncertain as the filter's own prediction over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from odometry_drives import drive

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.filtering.odometry_windows import (
    LINEAR_FIGURES,
    SCALES,
    SPELLS_S,
    PosedOdometry,
    odometry_windows,
)
from local_inn_ros.filtering.planar_space import PlanarSpace
from local_inn_ros.filtering.settings import FilterSettings, SourceSettings
from local_inn_ros.filtering.step import FilterStep
from local_inn_ros.geometry import GaussianPose2, Pose2

NOISELESS = MotionNoise(*7 * (0.0,))
STILL = ScaleNoise(0.0, 0.0)


def predicted(part: PosedOdometry, motion: MotionNoise, scales: ScaleNoise) -> np.ndarray:
    """Return the filter's covariance (3, 3) at the end of a drive that begins exactly known."""
    told = FilterSettings(motion, scales, SourceSettings(shared_share=0.0))
    step = FilterStep(PlanarSpace(motion), told)
    exact = GaussianPose2(Pose2.from_array(part.odometry[0]), np.zeros((3, 3)))
    belief = step.begin(exact)
    poses = [Pose2.from_array(row) for row in part.odometry]
    for k in range(len(poses) - 1):
        seconds = float(part.stamps_s[k + 1] - part.stamps_s[k])
        belief = step.predict(belief, poses[k].between(poses[k + 1]), seconds)
    return belief.covariance[:3, :3]


def bent(duration_s: float) -> PosedOdometry:
    """Return a drive through bends, as the odometry saw it."""
    return drive(OdometryNoise(), 4, duration_s, speeds_mps=(1.0,), rates_radps=(0.6, -0.9))


@pytest.mark.parametrize("name", LINEAR_FIGURES[:7])
def test_a_random_walk_spreads_as_the_filter_predicts(name: str) -> None:
    part = bent(2.0)
    windows = odometry_windows(part)
    motion = OdometryNoise.of_figures({**OdometryNoise(NOISELESS).figures(), name: 0.2}).motion
    row = int(np.flatnonzero(windows.lengths == windows.lengths.max())[0])
    shape = 0.2**2 * windows.shapes[row, LINEAR_FIGURES.index(name)]
    expected = predicted(part, motion, STILL)
    assert windows.starts_s[row] == 0.0
    # The filter turns each step's error by half of its turn once more: 1.3 degrees here.
    assert shape == pytest.approx(expected, abs=0.05 * np.trace(expected))


@pytest.mark.parametrize("name", SCALES)
def test_a_scale_spreads_as_the_filter_predicts(name: str) -> None:
    part = bent(2.0)
    windows = odometry_windows(part)
    spell = int(np.argmin(np.abs(SPELLS_S - 1.0)))
    figures = {"distance_scale": 0.0, "turn_scale": 0.0, name: 0.1, "scale_time": SPELLS_S[spell]}
    expected = predicted(part, NOISELESS, OdometryNoise.of_figures(figures).scales)
    row = int(np.flatnonzero(windows.lengths == windows.lengths.max())[0])
    shape = 0.1**2 * windows.scale_shapes[row, spell, SCALES.index(name)]
    assert shape == pytest.approx(expected, abs=0.02 * np.trace(expected))


def test_errors_are_of_the_end_seen_from_the_start() -> None:
    part = bent(0.5)
    turned = Pose2(5.0, -3.0, 2.0)
    truth = np.array([(turned @ Pose2.from_array(row)).to_array() for row in part.odometry])
    exact = odometry_windows(replace(part, truth=truth))
    assert exact.errors == pytest.approx(np.zeros((len(exact), 3)), abs=1e-12)


def test_no_window_goes_over_a_pause() -> None:
    part = bent(4.0)
    stamps = np.where(part.stamps_s > 2.0, part.stamps_s + 10.0, part.stamps_s)
    windows = odometry_windows(replace(part, stamps_s=stamps))
    assert windows.seconds == pytest.approx(4.0, abs=0.2)
    assert len(windows) > 0


def test_all_lengths_count_alike() -> None:
    windows = odometry_windows(bent(60.0))
    sums = [windows.weights[windows.lengths == k].sum() for k in np.unique(windows.lengths)]
    assert sums == pytest.approx([sums[0]] * len(sums))
