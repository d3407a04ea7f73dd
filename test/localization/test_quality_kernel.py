# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The compiled comparison of a reading with what was expected, against the same in numpy."""

import numpy as np
import pytest

from local_inn_ros.localization.quality.scan_quality import match_scan
from local_inn_ros.sensing import Beams, BeamState

BEAMS, DEVIATION_M, REACH_M = 90, 0.02, 30.0


def numpy_match(expected: np.ndarray, reading: Beams) -> tuple[np.ndarray, ...]:
    """Agreeing, through and sideways (b,) as ``ScanMatch`` defines them."""
    padded = np.pad(expected, ((0, 0), (1, 1)), mode="edge")
    around = np.stack([padded[:, :-2], expected, padded[:, 2:]])
    nearest, farthest = around.min(axis=0), around.max(axis=0)
    measured, returned = reading.ranges_m.astype(np.float64), reading.returned()
    deviation = np.hypot(DEVIATION_M, 0.01 * expected)
    off = np.clip(np.maximum(nearest - measured, measured - farthest), 0.0, None)
    explained = np.where(returned, np.exp(-0.5 * (off / (3.0 * deviation)) ** 2), 0.0)
    close = np.where(returned, np.exp(-0.5 * ((measured - expected) / deviation) ** 2), 0.0)
    through = np.where(returned & (measured > farthest), 1.0 - explained, 0.0)
    silent = reading.states == BeamState.NO_RETURN
    empty = np.sum(silent & (farthest >= 0.9 * REACH_M), axis=1)
    near = np.sum(reading.states == BeamState.TOO_CLOSE)
    telling = np.maximum(returned.sum() + near + empty, 1)

    explained = np.where(expected < 0.9 * REACH_M, explained, 0.0)
    points = expected * np.exp(1j * reading.angles_rad)
    along = np.diff(points, axis=1)
    doubled = 2.0 * np.angle(along)
    shorter = np.minimum(expected[:, 1:], expected[:, :-1])
    weight = np.minimum(explained[:, 1:], explained[:, :-1])
    weight = weight * (np.abs(np.diff(expected, axis=1)) < 0.05 + 0.25 * shorter)
    sideways = 0.5 * (weight.sum(axis=1) - np.abs(np.sum(weight * np.exp(1j * doubled), axis=1)))
    return (close.sum(axis=1) + empty) / telling, through.sum(axis=1) / telling, sideways / telling


@pytest.mark.parametrize("seed", range(20))
def test_the_kernel_counts_as_numpy_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walls = np.cumsum(rng.normal(size=(12, BEAMS)) * rng.choice([0.02, 0.3]), axis=1)
    expected = np.clip(np.abs(5.0 + walls), 0.05, REACH_M)
    expected[:, rng.random(BEAMS) < 0.1] = REACH_M
    states = rng.choice([0, 0, 0, 0, 1, 2, 3], BEAMS).astype(np.uint8)
    noisy = expected[0] + 0.03 * rng.normal(size=BEAMS)
    ranges = np.where(states == BeamState.RETURN, noisy, 0.0).astype(np.float32)
    reading = Beams(0.0, np.linspace(-2.3, 2.3, BEAMS), ranges, states)
    found = match_scan(expected, reading, DEVIATION_M, REACH_M)
    agreeing, through, sideways = numpy_match(expected, reading)
    assert found.agreeing == pytest.approx(agreeing, abs=1e-9)
    assert found.through == pytest.approx(through, abs=1e-9)
    assert found.sideways == pytest.approx(sideways, abs=1e-9)
