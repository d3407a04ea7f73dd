# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scans set beside right and wrong poses, to see whether a judgement tells one from the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.forward_pass import ForwardPass
from local_inn_ros.localization.protocols import FixProducer
from local_inn_ros.sensing import BeamPicker, Beams, Scan
from local_inn_ros.simulation import LaserModel
from local_inn_ros.simulation.passers_by import PassersBy, beams_from
from local_inn_ros.simulation.sensors import Laser
from local_inn_ros.simulation.worlds import DrivenWorld
from local_inn_ros.world import FreeSpace

# A pose at least so far off, in position or in heading, is wrong.
WRONG_M = 0.5
WRONG_RAD = math.radians(10.0)
# What the localizer is told of a prior, right or wrong: a filter that is sure of itself.
_PRIOR_M, _PRIOR_RAD = 0.1, math.radians(3.0)
_CLEARANCE_M = 0.3
# Ranges that lie no further apart are alike; so are scans of which no larger share is not.
_ALIKE_M, _ALIKE_SHARE = 0.05, 0.03
_MOST_UNLIKE = 0.05
_MOST_TRIES = 100


class Judged(Enum):
    """Which pose is judged. The robot stands elsewhere wherever it is not the true one."""

    TRUE = "true pose"
    FOUND = "found from a right prior"
    NEAR = "0.5 to 1 m or 10 to 20 degrees off"
    ANYWHERE = "anywhere on the map"
    ALIGNED_NEAR = "found from a prior 0.5 to 1 m or 10 to 20 degrees off"
    ALIGNED_ANYWHERE = "found from a prior anywhere on the map"


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One scan, and one pose that it is judged at.

    Attributes:
        judged: what kind of pose it is.
        blocked_share: share of the beams asked to be stopped by what no map has.
        offset_m: how far the pose is from where the scan was taken.
        offset_rad: the same in heading, without sign.
        expected_m: (n,) the forward pass at the pose.
        true_m: (n,) the forward pass at the true pose.
        reading: the scan's beams.
    """

    judged: Judged
    blocked_share: float
    offset_m: float
    offset_rad: float
    expected_m: NDArray[np.float32]
    true_m: NDArray[np.float32]
    reading: Beams

    @property
    def wrong(self) -> bool:
        """Whether the pose is wrong; poses at the true place, or found from there, should not."""
        return self.offset_m >= WRONG_M or self.offset_rad >= WRONG_RAD

    @property
    def begun_right(self) -> bool:
        """Whether the pose is where a localizer is that never lost its way."""
        return self.judged in (Judged.TRUE, Judged.FOUND)

    @property
    def alike(self) -> bool:
        """Whether the map looks the same at this pose as at the true one, to this scan.

        Of the beams that measured about what is expected at the true pose, hardly any would have
        measured anything else here. No judgement by one scan can tell such poses apart.
        """
        allowed = _ALIKE_M + _ALIKE_SHARE * self.true_m
        seen = self.reading.returned() & (np.abs(self.reading.ranges_m - self.true_m) < allowed)
        other = seen & (np.abs(self.expected_m - self.true_m) > allowed)
        return int(other.sum()) <= _MOST_UNLIKE * int(seen.sum())


@dataclass(frozen=True, slots=True, eq=False)
class PlacedScan:
    """A scan, where the sensor was in the map frame, and how much of it is blocked on purpose."""

    scan: Scan
    pose: Pose2
    blocked_share: float


def simulated_scans(
    bundle: Bundle,
    world: DrivenWorld,
    count: int,
    most_blocked: float,
    rng: np.random.Generator,
) -> Iterator[PlacedScan]:
    """Take scans of a world, each at another place and with other people in the way.

    Args:
        bundle: with the sensor.
        world: what the robot stands in.
        count: how many.
        most_blocked: from none up to this share of the beams are stopped.
        rng: source of all chance.
    """
    sensor = bundle.description.laser
    for row in FreeSpace(world.grid, _CLEARANCE_M).sample(rng, count):
        blocked, pose = float(rng.uniform(0.0, most_blocked)), Pose2.from_array(row)
        laser = Laser(world.caster, LaserModel(sensor, blocked_share=blocked), rng)
        yield PlacedScan(laser.scan(pose, 0.0), pose, blocked)


def crowded_scans(
    scans: Iterable[Scan],
    poses: NDArray[np.float64],
    most_blocked: float,
    rng: np.random.Generator,
) -> Iterator[PlacedScan]:
    """Put people in the way of recorded scans, taken at poses (n, 3) of the sensor."""
    for scan, row in zip(scans, poses, strict=True):
        blocked, pose = float(rng.uniform(0.0, most_blocked)), Pose2.from_array(row)
        people = PassersBy(blocked, rng)
        beams = beams_from(pose, scan.angles_rad())
        stamps = scan.stamp_s + np.linspace(0.0, scan.sweep_s, scan.ranges_m.size)
        ranges = people.shorten(beams, scan.ranges_m, stamps)
        yield PlacedScan(replace(scan, ranges_m=ranges), pose, blocked)


def trials(
    bundle: Bundle,
    forward: ForwardPass,
    localizer: FixProducer[Scan],
    placed: Iterable[PlacedScan],
    rng: np.random.Generator,
) -> Iterator[Trial]:
    """Set each scan beside every kind of pose.

    Args:
        bundle: the trained model.
        forward: says what the map expects.
        localizer: on the same bundle, for a sensor at the origin of the base.
        placed: the scans.
        rng: draws the wrong poses.
    """
    sensor = bundle.description.laser
    picker = BeamPicker(sensor.network_angles_rad(), sensor.range_max_m)
    space = FreeSpace(bundle.grid, _CLEARANCE_M)
    for one in placed:
        reading = picker.pick(one.scan)
        near = near_pose(one.pose, space, rng)
        anywhere = Pose2.from_array(space.sample(rng, 1)[0])
        poses = {Judged.TRUE: one.pose, Judged.NEAR: near, Judged.ANYWHERE: anywhere}
        rows = np.array([pose.to_array() for pose in poses.values()], dtype=np.float32)
        expected = dict(zip(poses, forward.expected_ranges(rows), strict=True))
        starts = {
            Judged.FOUND: one.pose,
            Judged.ALIGNED_NEAR: near,
            Judged.ALIGNED_ANYWHERE: anywhere,
        }
        for judged, start in starts.items():
            fix = localizer.locate(one.scan, _prior(start, rng))
            poses[judged] = fix.measurement.mean
            assert isinstance(fix.expected, Scan)
            expected[judged] = fix.expected.ranges_m
        for judged, pose in poses.items():
            off = one.pose.between(pose)
            yield Trial(
                judged,
                one.blocked_share,
                math.hypot(off.x, off.y),
                abs(off.yaw),
                expected[judged],
                expected[Judged.TRUE],
                reading,
            )


def near_pose(truth: Pose2, space: FreeSpace, rng: np.random.Generator) -> Pose2:
    """Draw a pose in free space that is just wrong: by its position or, as often, its heading.

    Where free space is too narrow for that, a heading is drawn that is wrong on the spot.
    """
    by_heading = bool(rng.random() < 0.5)
    slightly, grossly = (0.0, 0.5), (1.0, 2.0)
    for _ in range(_MOST_TRIES):
        bearing = rng.uniform(-math.pi, math.pi)
        distance = WRONG_M * rng.uniform(*(slightly if by_heading else grossly))
        size = WRONG_RAD * rng.uniform(*(grossly if by_heading else slightly))
        turn = math.copysign(size, rng.random() - 0.5)
        off = Pose2(distance * math.cos(bearing), distance * math.sin(bearing), turn)
        pose = truth @ off
        if space.contains(pose.to_array()[None])[0]:
            return pose
    return truth @ Pose2(0.0, 0.0, 1.5 * WRONG_RAD)


def _prior(around: Pose2, rng: np.random.Generator) -> GaussianPose2:
    """Return the belief of a filter that is off by no more than it says."""
    off = rng.normal(0.0, 0.5, 3) * [_PRIOR_M, _PRIOR_M, _PRIOR_RAD]
    return GaussianPose2.from_deviations(
        around @ Pose2.from_array(off), _PRIOR_M, _PRIOR_M, _PRIOR_RAD
    )
