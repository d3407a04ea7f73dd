# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How probable it is that a pose is right, from what the map shows there and what was measured.

A person or a box that no map has cuts beams short: that says little. What says much is a beam that
passes through a surface that the map has (where the robot really is there is none), how well the
other beams agree, and whether what is explained lies in more than one direction: the two walls of
a corridor fit everywhere along it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from local_inn_ros.localization.quality_kernel import MatchLimits, match_rows
from local_inn_ros.sensing import BeamReading, BeamState

# Residuals are also judged relative to the range: a small yaw error moves a far end point far.
_RELATIVE_DEVIATION = 0.01
# A beam that is off by fewer deviations than about this is explained.
_EXPLAINED_DEVIATIONS = 3.0
# The forward pass tells "nothing within reach" by a range near the limit.
_NEAR_LIMIT = 0.9
# Neighbouring beams meet one surface where the longer is at most so much longer.
_SAME_SURFACE_M, _SAME_SURFACE_SHARE = 0.05, 0.25
_LEAST_STEP_M = 1e-9

# Logistic regression (``benchmarks/fit_quality.py``, with its default settings): scans of the
# generated track, levine_slam_dark, berlin and lap 1 of the Intel lab, up to 70 % of their beams
# stopped by unmapped things, beside right and wrong poses.
_OFFSET = 2.76
_PER_LOG_AGREEING = 3.06
_PER_LOG_THROUGH = -2.22
_PER_LOG_SIDEWAYS = 1.72
# Shares below about these are as good as none: with some ninety beams 0.01 is one of them, and a
# few agree anywhere.
_LEAST_AGREEING, _LEAST_THROUGH, _LEAST_SIDEWAYS = 0.05, 0.01, 0.01


@dataclass(frozen=True, slots=True, eq=False)
class ScanMatch:
    """How a reading compares with many expectations; each a share of the beams that say something.

    Attributes:
        agreeing: (b,) beams that agree with what was expected, by how well they do.
        through: (b,) beams that went through an expected surface.
        sideways: (b,) explained beams on surfaces across the direction that most of the explained
            surfaces run along; 0 where all are parallel, as in a corridor, 1/2 at most.
    """

    agreeing: NDArray[np.float64]
    through: NDArray[np.float64]
    sideways: NDArray[np.float64]

    def features(self) -> NDArray[np.float64]:
        """Return what the log-odds are linear in, (b, 3)."""
        return np.column_stack(
            [
                np.log(self.agreeing + _LEAST_AGREEING),
                np.log(self.through + _LEAST_THROUGH),
                np.log(self.sideways + _LEAST_SIDEWAYS),
            ]
        )


def scan_quality(
    expected_m: NDArray[np.floating],
    reading: BeamReading,
    deviation_m: float,
    range_max_m: float,
) -> float:
    """Return how probable a pose is where (n,) ranges are expected; see ``scan_qualities``."""
    rows = np.asarray(expected_m)[None]
    return float(scan_qualities(rows, reading, deviation_m, range_max_m)[0])


def scan_qualities(
    expected_m: NDArray[np.floating],
    reading: BeamReading,
    deviation_m: float,
    range_max_m: float,
) -> NDArray[np.float64]:
    """Return how probable it is that each of many poses is right, given one reading.

    Right means less than 0.5 m and 10 degrees off. The probability holds where as many poses are
    right as wrong before the reading is looked at, and a third each of the wrong ones lie just
    beyond those bounds, lie anywhere on the map, and were aligned with the scan from there, and
    where up to 70 % of the beams are stopped by unmapped things. With other odds beforehand,
    multiply the odds q / (1 - q). It knows nothing of other places that look the same: where there
    are several, their qualities are alike.

    Moving a measured range nearer to what was expected never lowers it. A beam that returned
    nothing before an expected surface (glass, black paint) says nothing.

    Args:
        expected_m: (b, n) forward passes for the reading's beams.
        reading: what was measured.
        deviation_m: robust deviation of the forward pass and the sensor together.
        range_max_m: range that the forward pass gives for nothing within reach.

    Returns:
        (b,) numbers in [0, 1]; 0 where no beam agrees.
    """
    match = match_scan(expected_m, reading, deviation_m, range_max_m)
    weights = np.array([_PER_LOG_AGREEING, _PER_LOG_THROUGH, _PER_LOG_SIDEWAYS])
    odds = expit(_OFFSET + match.features() @ weights)
    qualities: NDArray[np.float64] = np.where(match.agreeing > 0.0, odds, 0.0)
    return qualities


def match_scan(
    expected_m: NDArray[np.floating],
    reading: BeamReading,
    deviation_m: float,
    range_max_m: float,
) -> ScanMatch:
    """Compare a reading with many expectations; the arguments are those of ``scan_qualities``."""
    limits = MatchLimits(
        deviation_m=deviation_m,
        relative_deviation=_RELATIVE_DEVIATION,
        explained_deviations=_EXPLAINED_DEVIATIONS,
        open_m=_NEAR_LIMIT * range_max_m,
        same_surface_m=_SAME_SURFACE_M,
        same_surface_share=_SAME_SURFACE_SHARE,
        least_step_m=_LEAST_STEP_M,
    )
    agreeing, through, sideways, as_empty = match_rows(
        np.ascontiguousarray(expected_m, dtype=np.float64),
        reading.ranges_m.astype(np.float64),
        reading.states,
        np.column_stack([np.cos(reading.angles_rad), np.sin(reading.angles_rad)]),
        limits,
    ).T
    says = (reading.states == BeamState.RETURN) | (reading.states == BeamState.TOO_CLOSE)
    telling = np.maximum(np.count_nonzero(says) + as_empty, 1)
    return ScanMatch(
        agreeing=(agreeing + as_empty) / telling,
        through=through / telling,
        sideways=sideways / telling,
    )
