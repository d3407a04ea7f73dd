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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.localization.quality.quality_kernel import features_of, match_rows, qualities_of
from local_inn_ros.sensing import Beams

# Logistic regression (``benchmarks/fit_quality.py``, with its default settings): scans of the
# generated track, levine_slam_dark, berlin and lap 1 of the Intel lab, up to 70 % of their beams
# stopped by unmapped things, beside right and wrong poses.
_OFFSET = 2.76
# Of the logarithms of what agrees, of what went through, and of what lies across.
_WEIGHTS = np.array([3.06, -2.22, 1.72])


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
        shares = np.column_stack([self.agreeing, self.through, self.sideways])
        features: NDArray[np.float64] = features_of(shares)
        return features


def scan_quality(
    expected_m: NDArray[np.floating],
    reading: Beams,
    deviation_m: float,
    range_max_m: float,
) -> float:
    """Return how probable a pose is where (n,) ranges are expected; see ``scan_qualities``."""
    rows = np.asarray(expected_m)[None]
    return float(scan_qualities(rows, reading, deviation_m, range_max_m)[0])


def scan_qualities(
    expected_m: NDArray[np.floating],
    reading: Beams,
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
    compared = _as_compiled(expected_m, reading)
    qualities: NDArray[np.float64] = qualities_of(
        *compared, deviation_m, range_max_m, _OFFSET, _WEIGHTS
    )
    return qualities


def match_scan(
    expected_m: NDArray[np.floating],
    reading: Beams,
    deviation_m: float,
    range_max_m: float,
) -> ScanMatch:
    """Compare a reading with many expectations; the arguments are those of ``scan_qualities``."""
    compared = _as_compiled(expected_m, reading)
    shares: NDArray[np.float64] = match_rows(*compared, deviation_m, range_max_m)
    return ScanMatch(*shares.T)


def _as_compiled(
    expected_m: NDArray[np.floating], reading: Beams
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return what is compared, in the order in which compiled code takes it."""
    expected = np.ascontiguousarray(expected_m)
    return expected, reading.ranges_m, reading.states, reading.angles_rad
