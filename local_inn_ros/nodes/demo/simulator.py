# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that stands where a robot would: it drives laps, and its sensors publish."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped, Twist
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    MessageError,
    frame_name,
    grid_message,
    odometry_message,
    pose_stamped_message,
    scan_message,
    to_pose,
    to_seconds,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.parameters import ParameterInfo, Parameters, parameter
from local_inn_ros.nodes.common.picture_messages import mount_message
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.nodes.common.runner import run_nodes
from local_inn_ros.nodes.demo.simulator_camera import (
    SimulatorCamera,
    SimulatorCameraParameters,
)
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation import Event, LaserModel, OdometryModel, Simulator
from local_inn_ros.simulation.sensors import scan_period_s
from local_inn_ros.simulation.simulated_picture import SimulatedPicture
from local_inn_ros.simulation.worlds.driven_world import WorldKind, driven_world
from local_inn_ros.world import plan_lap, surroundings

# Odometry at 100 Hz and scans at 40 Hz both fall on multiples of this.
_TICK_S = 0.005
# As on an F1TENTH car: the laser sits ahead of the rear axle.
_BASE_FROM_LASER = Pose2(0.27, 0.0, 0.0)


@dataclass(frozen=True)
class SimulatorParameters(SimulatorCameraParameters):
    """What the node can be told."""

    bundle: str = parameter(
        "",
        ParameterInfo(
            "Folder of the trained model whose map and laser are simulated; the shipped "
            "demo model where empty."
        ),
    )
    speed_mps: float = parameter(
        2.0, ParameterInfo("Speed on the lap, where its bends allow it.", low=0.0, high=20.0)
    )
    slip: float = parameter(
        0.1, ParameterInfo("Share by which the wheels slip.", low=0.0, high=0.9)
    )
    world: str = parameter(
        "smooth",
        ParameterInfo(
            "What is driven in: smooth (walls without the map's stairs, furniture that was moved "
            "since) or own (the map's own cells).",
            choices=tuple(kind.value for kind in WorldKind),
        ),
    )
    drive: str = parameter(
        "lap",
        ParameterInfo(
            "Who drives: lap (the robot itself, until a command comes on `cmd_vel`) or manual (it "
            "stands until one comes).",
            choices=("lap", "manual"),
        ),
    )
    seed: int = parameter(0, ParameterInfo("Seed of all that is random.", low=0, high=2**31 - 1))
    global_frame_id: str = parameter("map", ParameterInfo("Frame of the map."))
    odom_frame_id: str = parameter("odom", ParameterInfo("Frame of the odometry."))
    base_frame_id: str = parameter("base_link", ParameterInfo("Frame of the robot's base."))
    laser_frame_id: str = parameter("laser", ParameterInfo("Frame of the laser."))


class SimulatorNode(Node):
    """A robot on the map of a bundle, in real time: sensors, `odom`, `map`, TF and the truth."""

    def __init__(self, **node_arguments: Any) -> None:
        """Put the robot on its lap and drive off.

        Args:
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            LocalInnError: a parameter or the bundle cannot be used, or the map has no lap.
        """
        super().__init__("simulator", **node_arguments)
        parameters = Parameters(self, SimulatorParameters)
        self._told, parameters.in_use = parameters.now, True
        self._laser_is_plugged = True
        bundle = Bundle.load(self._told.bundle or shipped_bundle())
        sensor = bundle.description.laser
        self._grid, known = bundle.grid, bundle.description.maps[0]
        self._scan_period_s = scan_period_s(sensor)
        # Of a large map with little free area, what no beam reaches would only cost memory.
        near = surroundings(bundle.free_space(), sensor.range_max_m)
        route = plan_lap(near, inside=known.inside)
        rng = np.random.default_rng(self._told.seed)
        (changes,) = rng.spawn(1)
        kind = WorldKind(self._told.world)
        world = driven_world(kind, near, route, changes, known.surface_offset_m)
        self._camera = (
            SimulatorCamera(self, self._told, world, self._told.seed) if self._told.camera else None
        )
        self._simulator = Simulator(
            world.grid,
            route,
            LaserModel(sensor, base_from_laser=_BASE_FROM_LASER),
            OdometryModel(slip=self._told.slip, turn_slip=self._told.slip),
            self._told.speed_mps,
            rng,
            caster=world.caster,
            cameras=[self._camera.camera] if self._camera is not None else [],
        )
        if self._told.drive == "manual":
            self._simulator.take_over()
        self._connect()
        self._start_s = to_seconds(self.get_clock().now().to_msg())
        self._steady_start_s = time.monotonic()
        self._publish_fixtures()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_TICK_S, self._on_tick, clock=steady)

    def _connect(self) -> None:
        self._scans = self.create_publisher(LaserScan, "scan", SENSOR)
        self._odometry = self.create_publisher(OdometryMessage, "odom", SENSOR)
        self._truth = self.create_publisher(PoseStamped, "ground_truth", RELIABLE)
        self._map = self.create_publisher(OccupancyGridMessage, "map", LATCHED)
        self._transforms = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self._mounts = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        self.create_subscription(Twist, "cmd_vel", self._on_command, SENSOR)
        self.create_subscription(PoseStamped, "~/teleport", self._on_teleport, RELIABLE)
        self.create_service(SetBool, "~/laser", self._on_laser)

    def _publish_fixtures(self) -> None:
        """Publish what does not change: the map and the mounts, of which the last is latched."""
        stamp, told = to_stamp(self._start_s), self._told
        base = told.base_frame_id
        mounts = [transform_message(_BASE_FROM_LASER, stamp, base, told.laser_frame_id)]
        if self._camera is not None:
            mounts.append(mount_message(self._camera.mount, stamp, base, told.camera_frame_id))
        self._mounts.publish(TFMessage(transforms=mounts))
        self._map.publish(grid_message(self._grid, stamp, told.global_frame_id))

    def _on_tick(self) -> None:
        # A timer that is late makes up for it: the robot goes on in real time.
        for event in self._simulator.advance_to(time.monotonic() - self._steady_start_s):
            self._publish(event)

    def _publish(self, event: Event) -> None:
        stamp, told = to_stamp(self._start_s + event.stamp_s), self._told
        if isinstance(event, Scan):
            if self._laser_is_plugged:
                self._scans.publish(
                    scan_message(event, stamp, told.laser_frame_id, self._scan_period_s)
                )
        elif isinstance(event, Odometry):
            exact = GaussianPose2(event.pose, np.zeros((3, 3)))
            self._odometry.publish(
                odometry_message(exact, event, stamp, told.odom_frame_id, told.base_frame_id)
            )
            transform = transform_message(event.pose, stamp, told.odom_frame_id, told.base_frame_id)
            self._transforms.publish(TFMessage(transforms=[transform]))
        elif isinstance(event, SimulatedPicture):
            if self._camera is not None:
                self._camera.publish(event, stamp)
        else:
            self._truth.publish(pose_stamped_message(event.pose, stamp, told.global_frame_id))

    def _on_command(self, message: Twist) -> None:
        speed, turn = message.linear.x, message.angular.z
        if not (math.isfinite(speed) and math.isfinite(turn)):
            self.get_logger().error(f"not driven: the command is {speed} m/s, {turn} rad/s")
            return
        self._simulator.drive(speed, turn)

    def _on_laser(self, wanted: SetBool.Request, answer: SetBool.Response) -> SetBool.Response:
        """Plug the laser in, or unplug it: what it measures is told to nobody then."""
        self._laser_is_plugged = wanted.data
        answer.success = True
        answer.message = f"the laser is {'plugged in' if wanted.data else 'unplugged'}"
        return answer

    def _on_teleport(self, message: PoseStamped) -> None:
        frame, wanted = message.header.frame_id, self._told.global_frame_id
        try:
            if frame_name(frame) != frame_name(wanted):
                raise MessageError(f"the place is in frame '{frame}', not in '{wanted}'")
            self._simulator.teleport(to_pose(message.pose))
        except LocalInnError as error:
            self.get_logger().error(f"not put down elsewhere: {error}")


def main() -> int:
    """Run the node."""
    return run_nodes("simulator", lambda: [SimulatorNode()])


if __name__ == "__main__":
    sys.exit(main())
