# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Laps of a long circuit between smooth walls: along its straights a scan leaves much open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.sequence_bound import (
    mapped_information,
    scan_information,
    sequence_bound,
)
from local_inn_ros.benchmarking.simulated_drive import RUN_UP_S, Drive, record
from local_inn_ros.evaluation.replay import starting_pose
from local_inn_ros.geometry import Pose2, wrap_angles
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.simulation.worlds import DrivenWorld
from local_inn_ros.world import LikelihoodField

# A pose this far off is lost.
LOST_M = 0.5
_MOUNT = Pose2.identity()
_SLIP = 0.1


@dataclass(frozen=True, slots=True)
class CircuitCase:
    """How a lap is driven.

    Attributes:
        speed_mps: on straights.
        rate_hz: scans a second.
        reach_m: of the laser.
        scale: the odometry's distances over the true ones.
        seed: of all chance.
    """

    speed_mps: float
    rate_hz: float
    reach_m: float
    scale: float
    seed: int

    def sensor(self, sensor: LaserSpec) -> LaserSpec:
        """Return a laser that scans so often, and so far."""
        return sensor.model_copy(update={"rate_hz": self.rate_hz, "range_max_m": self.reach_m})


@dataclass(frozen=True, slots=True)
class AlongTrack:
    """How an estimator fared on a lap.

    Attributes:
        along_rms_m: error in the direction of the robot's heading.
        along_max_m: the largest.
        aside_rms_m: to the side.
        bound_rms_m: what an estimator that knew each wall could reach along the track at best.
        map_bound_rms_m: what one could that knows each wall as well as a cell of the map shows it.
        anees: mean squared Mahalanobis distance of the pose: 3 where covariances tell the truth.
        lost_share: of the scans, that ended more than half a metre off.
    """

    along_rms_m: float
    along_max_m: float
    aside_rms_m: float
    bound_rms_m: float
    map_bound_rms_m: float
    anees: float
    lost_share: float

    @property
    def ratio(self) -> float:
        """Error along the track over the least that is possible."""
        return self.along_rms_m / self.bound_rms_m

    @property
    def map_ratio(self) -> float:
        """Error along the track over the least that the map allows."""
        return self.along_rms_m / self.map_bound_rms_m


def drive_circuit(
    world: DrivenWorld,
    route: NDArray[np.float64],
    sensor: LaserSpec,
    case: CircuitCase,
    duration_s: float,
) -> Drive:
    """Drive a part of the lap, each seed from another place of it."""
    start = int(len(route) * (case.seed * 0.618034 % 1.0))
    simulator = Simulator(
        world.grid,
        np.roll(route, -start, axis=0),
        LaserModel(case.sensor(sensor), base_from_laser=_MOUNT),
        OdometryModel(slip=_SLIP, turn_slip=_SLIP, scale=(case.scale, case.scale)),
        case.speed_mps,
        np.random.default_rng(case.seed),
        caster=world.caster,
    )
    simulator.advance_to(RUN_UP_S)
    return record(simulator.whole_scans(duration_s), _MOUNT)


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """The least covariances (n, 3, 3) at the scans of a drive, in the axes of the body.

    Attributes:
        exact: for an estimator that knows each wall.
        mapped: for one that knows the map.
    """

    exact: NDArray[np.float64]
    mapped: NDArray[np.float64]

    def at(self, scans: Sequence[int]) -> Bounds:
        """Return those of some scans."""
        chosen = list(scans)
        return Bounds(self.exact[chosen], self.mapped[chosen])


def bounds_of(
    world: DrivenWorld, field: LikelihoodField, sensor: LaserSpec, drive: Drive
) -> Bounds:
    """Return the least covariances at the scans of a drive.

    Args:
        world: what is driven in.
        field: of the map that the robot knows.
        sensor: the laser.
        drive: what was driven.
    """
    stamps = np.array([scan.stamp_s for scan in drive.scans])
    poses = drive.truth.at(stamps)
    start = starting_pose(drive.scans[0], drive.truth)
    if start is None:
        raise ValueError("nobody knows where the drive began")
    exact, mapped = (
        sequence_bound(stamps, poses, information, start.covariance)
        for information in (
            scan_information(world.caster, poses, sensor),
            mapped_information(world.caster, poses, sensor, field),
        )
    )
    return Bounds(exact, mapped)


def along_track(
    drive: Drive,
    stamps_s: NDArray[np.float64],
    poses: NDArray[np.float64],
    covariances: NDArray[np.float64],
    bounds: Bounds,
) -> AlongTrack:
    """Compare answers (n, 3) with the truth, in the axes of the robot."""
    truth = drive.truth.at(stamps_s)
    errors = poses - truth
    errors[:, 2] = wrap_angles(errors[:, 2])
    cosine, sine = np.cos(truth[:, 2]), np.sin(truth[:, 2])
    along = cosine * errors[:, 0] + sine * errors[:, 1]
    aside = cosine * errors[:, 1] - sine * errors[:, 0]
    squared = np.einsum("ni,nij,nj->n", errors, np.linalg.inv(covariances), errors)
    return AlongTrack(
        along_rms_m=float(np.sqrt(np.mean(along**2))),
        along_max_m=float(np.max(np.abs(along))),
        aside_rms_m=float(np.sqrt(np.mean(aside**2))),
        bound_rms_m=float(np.sqrt(np.mean(bounds.exact[:, 0, 0]))),
        map_bound_rms_m=float(np.sqrt(np.mean(bounds.mapped[:, 0, 0]))),
        anees=float(np.mean(squared)),
        lost_share=float(np.mean(np.hypot(along, aside) > LOST_M)),
    )
