# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Aligns a scan with the map's likelihood field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.alignment.alignment_kernel import AlignmentLimits, align
from local_inn_ros.localization.alignment.scan_normals import scan_normals
from local_inn_ros.world.likelihood_field import LikelihoodField

_ONE_DIRECTION = 0.5
# On a map without anything unmapped, this share of the points counts.
USUAL_INLIER_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class RefinerSettings:
    """What a refiner is told.

    Attributes:
        first_scale_m: end points farther than about this from a surface are given up at first;
            at last, those farther than about a cell and three deviations of a range.
        shrink: the scale's factor from one step to the next.
        least_share: a direction is moved along, and counts as known, only where at least this
            share of the end points lies on surfaces of the map that face it.
        least_earned: the same for surfaces as the scan itself shows them, whose directions are
            known so much better.
        most_steps: steps at most.
    """

    first_scale_m: float = 0.3
    shrink: float = 0.6
    least_share: float = 0.0025
    least_earned: float = 0.00025
    most_steps: int = 15


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """A scan aligned with the map.

    Attributes:
        pose: the sensor in the map frame.
        information: (3, 3) information on (x, y, yaw) in the axes of the map; zero in directions
            that the scan says nothing of, in which the pose was not moved either.
        unseen: (3, 3) projector of changes (x, y, yaw) on those directions.
        rms_m: root mean square distance of the end points that count from the surface.
        inlier_share: share of the end points that count.
        converged: whether the steps died away.
        iterations: steps taken.
        most: (3, 3) information that the surfaces which the scan shows can tell at most, on any
            direction; None where nobody looked.
    """

    pose: Pose2
    information: NDArray[np.float64]
    unseen: NDArray[np.float64]
    rms_m: float
    inlier_share: float
    converged: bool
    iterations: int
    most: NDArray[np.float64] | None = None

    @property
    def complete(self) -> bool:
        """Whether the scan tells of every direction."""
        # A projector's trace is the number of directions that it keeps.
        unseen = self.unseen
        return unseen.item(0, 0) + unseen.item(1, 1) + unseen.item(2, 2) < _ONE_DIRECTION


def at_most(
    information: NDArray[np.float64], most: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return information (3, 3) of another origin, no more of it than surfaces can tell.

    A network has learned the stairs of its map, and knows its place by them also where walls are
    smooth; no estimate from one scan is better than its surfaces allow.

    Args:
        information: what is claimed.
        most: what the scan's surfaces tell at most (``Refinement.most``).
    """
    if most is None:
        return information
    claimed, directions = np.linalg.eigh(information)
    allowed = np.einsum("ik,ij,jk->k", directions, most, directions)
    bounded: NDArray[np.float64] = (directions * np.clip(claimed, 0.0, allowed)) @ directions.T
    return bounded


class Refiner:
    """Robust Gauss-Newton of end points on the likelihood field."""

    def __init__(
        self,
        field: LikelihoodField,
        noise_std_m: float,
        settings: RefinerSettings | None = None,
    ) -> None:
        """Set up.

        Args:
            field: the map's likelihood field.
            noise_std_m: standard deviation of a range.
            settings: how to align.
        """
        chosen = RefinerSettings() if settings is None else settings
        self._raster = tuple(field.raster)
        self._surfaces = field.directions
        self._noise_m = noise_std_m
        last_scale_m = math.hypot(3.0 * noise_std_m, field.grid.resolution_m)
        limits = AlignmentLimits(
            first_scale_m=max(chosen.first_scale_m, last_scale_m),
            last_scale_m=last_scale_m,
            shrink=chosen.shrink,
            least_share=chosen.least_share,
            least_earned=chosen.least_earned,
            most_steps=chosen.most_steps,
            longest_step_m=0.3,
            settled_m=5e-4,
            noise_m=noise_std_m,
        )
        self._near_limits = tuple(limits._replace(first_scale_m=last_scale_m))
        self._limits = tuple(limits)
        # Compiles the inner loop now, where no scan waits (numba keeps it for the next time).
        self.refine(np.zeros((1, 2)), Pose2.identity())

    def refine(
        self,
        points_m: NDArray[np.float64],
        start: Pose2,
        near: bool = False,
        stride: int = 1,
    ) -> Refinement:
        """Align a scan (see ``refine_from``)."""
        (refined,) = self.refine_from(points_m, (start,), near, stride)
        return refined

    def refine_from(
        self,
        points_m: NDArray[np.float64],
        starts: Iterable[Pose2],
        near: bool = False,
        stride: int = 1,
    ) -> tuple[Refinement, ...]:
        """Align a scan from each of several starts.

        Args:
            points_m: (k, 2) end points in the sensor frame, row by row; k may be 0.
            starts: the sensor in the map frame, a few decimetres off at most.
            near: whether the starts are within centimetres: only end points that lie about a cell
                from a surface are given a voice.
            stride: every so manieth point is aligned; the others only tell which way surfaces
                face.
        """
        if len(points_m) == 0:
            nothing = np.zeros((3, 3))
            return tuple(
                Refinement(start, nothing, np.eye(3), 0.0, 0.0, False, 0) for start in starts
            )
        limits = self._near_limits if near else self._limits
        normals = scan_normals(points_m, self._noise_m, stride)
        aligned_m = np.ascontiguousarray(points_m[::stride])
        return tuple(self._aligned(aligned_m, normals, start, limits) for start in starts)

    def _aligned(
        self,
        points_m: NDArray[np.float64],
        normals: NDArray[np.float64],
        start: Pose2,
        limits: tuple[float, ...],
    ) -> Refinement:
        x, y, yaw, information, most, unseen, weight, rms_m, converged, steps = align(
            self._raster, self._surfaces, points_m, normals, start.x, start.y, start.yaw, limits
        )
        pose, share = Pose2(x, y, wrap_angle(yaw)), weight / len(points_m)
        return Refinement(pose, information, unseen, rms_m, share, converged, steps, most)
