# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot and its sensors on a map, as a stream of readings with the truth beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation.clearance import Clearance
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.driver import Driver
from local_inn_ros.simulation.hand_driving import HandDriving
from local_inn_ros.simulation.odometry_model import OdometryModel, WheelOdometry
from local_inn_ros.simulation.sensors import Caster, Laser, LaserModel, sweep_duration_s
from local_inn_ros.simulation.simulated_picture import SimulatedPicture
from local_inn_ros.simulation.vehicle import (
    VehicleCommand,
    VehicleLimits,
    VehicleState,
    step_vehicle,
)
from local_inn_ros.world import OccupancyGrid, RayCaster

if TYPE_CHECKING:
    from local_inn_ros.simulation.camera.camera import Camera

_CONTROL_HZ = 50.0
# Stamps are told no finer than this.
_NANOSECOND_S = 1e-9
# Among the things that happen in turn.
# They are followed, camera by camera, by stamps of pictures and by when these are read out.
_FIRST_BEAM, _LAST_BEAM, _PICTURES = 2, 3, 4


@dataclass(frozen=True, slots=True)
class TruthState:
    """Where the robot really is.

    Attributes:
        stamp_s: simulated time.
        pose: the base in the map frame.
        speed_mps: forward speed; negative in reverse.
        yaw_rate_radps: rate of turn, counter-clockwise.
    """

    stamp_s: float
    pose: Pose2
    speed_mps: float
    yaw_rate_radps: float


Event: TypeAlias = TruthState | Odometry | Scan | SimulatedPicture


class Simulator:
    """Drives a robot round a lap and reports what its sensors see, in the order of time.

    Time is simulated: it advances as far as it is asked to, and as fast as the machine can.
    Odometry has no delay. A scan's beams are measured one after the other, the first at its stamp,
    and the scan comes when the last one is. A picture comes when its last row is read out, and its
    stamp is the middle of that time. The same seed gives the same stream, however it is cut into
    calls.

    Attributes:
        grid: where there is room to drive.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        route: ArrayLike,
        laser: LaserModel,
        odometry: OdometryModel,
        speed_mps: float,
        rng: np.random.Generator,
        odometry_rate_hz: float = 100.0,
        limits: VehicleLimits | None = None,
        caster: Caster | None = None,
        cameras: Sequence[Camera] = (),
    ) -> None:
        """Put the robot, at rest, on the first point of the lap.

        Args:
            grid: where there is room to drive.
            route: (n, 2) closed lap in the map frame.
            laser: the scanner; its description says how many scans a second.
            odometry: how wrong the odometry is.
            speed_mps: speed on the lap, where its bends allow it.
            rng: source of all that is random.
            odometry_rate_hz: odometry readings a second.
            limits: what the vehicle can do; an F1TENTH car where left out.
            caster: what the laser sees; the occupied cells of ``grid`` where left out.
            cameras: take pictures of the same world, at the rates of their descriptions.

        Raises:
            MapError: the route does not lie in the free space of the map.
        """
        laser_rng, odometry_rng = rng.spawn(2)
        self._limits = limits or VehicleLimits()
        self.grid = grid
        clearance = Clearance(grid)
        self._driver = Driver(grid, route, self._limits, clearance)
        self._hand = HandDriving(clearance, self._limits)
        self._by_hand = False
        self._laser = Laser(caster or RayCaster(grid), laser, laser_rng)
        self._odometry = WheelOdometry(odometry, odometry_rng)
        self._speed_mps = speed_mps
        scan_hz = laser.spec.rate_hz
        # Of control, odometry, the first beams of scans and their last ones.
        self._rates_hz = [_CONTROL_HZ, odometry_rate_hz, scan_hz, scan_hz]
        self._delays_s = [0.0, 0.0, 0.0, sweep_duration_s(laser.spec)]
        self._cameras = dict(enumerate(cameras))
        for camera in cameras:
            self._rates_hz += [camera.model.spec.rate_hz] * 2
            self._delays_s += [0.0, camera.model.half_shot_s]
        self._ticks = [0] + [1] * (len(self._rates_hz) - 1)
        self._asked_s = 0.0
        self._now_s = 0.0
        self._odometry_s = 0.0
        self._state = self._driver.start
        self._motion = Pose2.identity()
        self._command = VehicleCommand(0.0, 0.0)
        self._way = DrivenWay(0.0, self._state.pose)

    @property
    def truth(self) -> TruthState:
        """Where the robot was at the latest tick of its control, odometry or laser."""
        return TruthState(
            self._now_s,
            self._state.pose,
            self._state.speed_mps,
            self._state.yaw_rate_radps(self._limits),
        )

    @property
    def on_lap(self) -> bool:
        """Whether the robot drives its lap, rather than back to it after a teleport."""
        return self._driver.on_lap

    def set_speed(self, speed_mps: float) -> None:
        """Change the speed wanted from now on; 0 makes it stand.

        Raises:
            ValueError: the speed is negative.
        """
        if not speed_mps >= 0.0:
            raise ValueError(f"the speed wanted cannot be negative, got {speed_mps}")
        self._speed_mps = speed_mps

    def take_over(self) -> None:
        """Have a person drive from now on; the robot stands until it is told to go."""
        self._by_hand = True

    def drive(self, speed_mps: float, yaw_rate_radps: float) -> None:
        """Drive as a person says, who takes over by it.

        That holds for half a second; the robot then stands until it is told again. Walls stop it.

        Args:
            speed_mps: ahead; negative in reverse.
            yaw_rate_radps: counter-clockwise. A car turns no tighter than its wheels do, and not
                where it stands.
        """
        self.take_over()
        self._hand.tell(speed_mps, yaw_rate_radps, self._now_s)

    def teleport(self, pose: Pose2) -> None:
        """Pick the robot up and put it down, at rest, in the map frame.

        Its odometry notices nothing. From there it drives back to the lap and on. A scan that is
        being measured is lost, and so is a picture: carrying a robot takes longer than that.
        """
        self._state = VehicleState(pose)
        self._driver.place(self._state)
        self._way.begin_again(self._now_s, pose)
        self._ticks[_LAST_BEAM] = self._ticks[_FIRST_BEAM]
        for k, camera in self._cameras.items():
            model = camera.model
            begun = math.ceil((self._now_s + model.half_shot_s) * model.spec.rate_hz)
            self._ticks[_read_out(k)] = max(self._ticks[_read_out(k)], begun)

    def advance_to(self, stamp_s: float) -> list[Event]:
        """Let time run on to a stamp and return what happened until then, that stamp included.

        At one and the same time the truth comes first, then odometry, then the scan whose last
        beam is measured then, then the picture. The truth is told at the first beam of a scan too,
        and at the stamp of a picture.
        """
        events: list[Event] = []
        self._asked_s = max(self._asked_s, stamp_s)
        while True:
            due = self._due()
            next_s = min(due)
            if next_s > stamp_s + _NANOSECOND_S:
                break
            self._drive_until(next_s)
            happens = [stamp == next_s for stamp in due]
            control, odometry, first_beam, last_beam, *pictures = happens
            if control:
                self._command = self._commanded()
            if odometry or first_beam or last_beam or any(pictures):
                events.append(self.truth)
            if odometry:
                events.append(self._read_odometry())
            if last_beam:
                events.append(self._read_scan())
            for k, camera in self._cameras.items():
                if happens[_read_out(k)]:
                    events.append(camera.take(self._way, self._begun_s(_read_out(k))))
            for index, happened in enumerate(happens):
                self._ticks[index] += happened
            self._forget()
        return events

    def events(self, duration_s: float) -> Iterator[Event]:
        """Yield what happens during a time from now, one after the other."""
        end_s = self._asked_s + duration_s
        while self._asked_s < end_s:
            yield from self.advance_to(min(self._asked_s + 1.0 / max(self._rates_hz), end_s))

    def whole_scans(self, duration_s: float) -> Iterator[Event]:
        """Yield what happens during a time from now, and as ends the scans that begin in it.

        That is until the odometry tells how the robot moved up to the last beam of the last one.
        """
        longest_s, odometry_hz = max(self._delays_s), self._rates_hz[1]
        return self.events(duration_s + (longest_s + 1.0 / odometry_hz if longest_s > 0.0 else 0.0))

    def _due(self) -> list[float]:
        """Return when each thing happens next, to the nanosecond, as stamps are told."""
        timing = zip(self._ticks, self._rates_hz, self._delays_s, strict=True)
        return [round(tick / rate + delay_s, 9) for tick, rate, delay_s in timing]

    def _commanded(self) -> VehicleCommand:
        """Return what whoever drives wants of the vehicle now."""
        if self._by_hand:
            return self._hand.command(self._state, self._now_s)
        return self._driver.command(self._state, self._speed_mps, 1.0 / _CONTROL_HZ)

    def _drive_until(self, stamp_s: float) -> None:
        duration_s = stamp_s - self._now_s
        if duration_s > 0.0:
            moved = step_vehicle(self._state, self._command, self._limits, duration_s)
            if self._by_hand:
                moved = self._hand.stopped_at_walls(self._state, moved)
            if moved.pose != self._state.pose:
                # Rounding must not look like motion: wheels that stand report nothing at all.
                self._motion = self._motion @ self._state.pose.between(moved.pose)
            self._state = moved
            self._now_s = stamp_s
            self._way.add(stamp_s, moved.pose)

    def _read_scan(self) -> Scan:
        return self._laser.sweep(self._way, self._begun_s(_LAST_BEAM))

    def _begun_s(self, which: int) -> float:
        """Return when what ends next began."""
        return round(self._ticks[which] / self._rates_hz[which], 9)

    def _forget(self) -> None:
        """Drop of the way what no scan and no picture will need."""
        needed_s = [self._now_s, self._begun_s(_LAST_BEAM)]
        for k, camera in self._cameras.items():
            needed_s.append(self._begun_s(_read_out(k)) - camera.model.half_shot_s)
        self._way.forget_before(min(needed_s))

    def _read_odometry(self) -> Odometry:
        reading = self._odometry.update(self._motion, self._now_s - self._odometry_s, self._now_s)
        self._motion = Pose2.identity()
        self._odometry_s = self._now_s
        return reading


def _read_out(camera: int) -> int:
    """Return where the end of a camera's pictures stands among the things that happen."""
    return _PICTURES + 2 * camera + 1
