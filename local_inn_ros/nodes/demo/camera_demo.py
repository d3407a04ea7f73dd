# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot drives with its laser, loses it, drives on by its camera, is carried and finds itself."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from rclpy.context import Context
from rich.console import Console

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.nodes.common.child_process import NO_TEXT, ChildProcess
from local_inn_ros.nodes.demo.camera_probe import CameraProbe, SeenAndExpected
from local_inn_ros.nodes.demo.camera_report import Act, CameraDemoReport, Carried, write_report
from local_inn_ros.nodes.demo.demo_probe import Estimate
from local_inn_ros.nodes.demo.stage import Stage
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.world import ClosedPath, plan_lap

LASER_BUNDLE, CAMERA_BUNDLE = "generated_floor", "generated_floor_camera"
# Of the simulated camera: what two cores render beside all else.
_RATE_HZ = 10.0
# The shipped bundle was trained in the light of an office.
_LIGHT = "day"
# How the camera of the shipped bundle sits.
_CAMERA_Z_M, _CAMERA_PITCH_RAD = 0.3, -0.15
_READY_DEADLINE_S = 60.0
_POSE_DEADLINE_S = 30.0
_NOTICED_DEADLINE_S = 20.0
_FOUND_DEADLINE_S = 20.0
_ANSWER_DEADLINE_S = 30.0
_SETTLING_S = 1.0
_INITIAL_DEVIATION_M = 0.1
_INITIAL_DEVIATION_RAD = math.radians(5.0)
# The way with the laser, and that by the camera alone, as shares of the lap.
_WITH_LASER, _BY_CAMERA = 0.4, 0.75
# The pose is right where it is off by no more than this, and found where so many in a row are.
_RIGHT_M, _RIGHT_RAD = 0.25, math.radians(10.0)
_IN_A_ROW = 10
_AFTERWARDS_S = 4.0


@dataclass(frozen=True, slots=True)
class CameraDemo:
    """What is shown.

    Attributes:
        laser: bundle of the laser, with the map that is driven on.
        camera: bundle of the camera.
        out: folder of what is written.
        seed: of all that is random.
        speed_mps: speed on the lap.
    """

    laser: Path
    camera: Path
    out: Path
    seed: int = 0
    speed_mps: float = 1.0


def shipped_demo(out: Path, seed: int, speed_mps: float) -> CameraDemo:
    """Return the demo with the bundles that come with the package.

    Raises:
        LocalInnError: the package's models are missing.
    """
    models = resource_directory("models")
    return CameraDemo(models / LASER_BUNDLE, models / CAMERA_BUNDLE, out, seed, speed_mps)


def run_camera_demo(told: CameraDemo) -> CameraDemoReport:
    """Drive with the laser, unplug it, drive on, and carry the robot elsewhere.

    Simulator and localizers run in processes of their own; what is measured is what any other node
    would see. Writes ``report.json``, ``demo.png`` and the processes' logs.

    Raises:
        LocalInnError: a bundle cannot be used, or a process ended or did not answer.
    """
    laser, camera = Bundle.load(told.laser), Bundle.load(told.camera)
    told.out.mkdir(parents=True, exist_ok=True)
    domain = os.getpid() % 100 + 1
    robot = {
        "bundle": told.laser.resolve(),
        "camera": _simulated_camera(camera, told.out / "camera.yaml"),
        "camera_z_m": _CAMERA_Z_M,
        "camera_pitch_rad": _CAMERA_PITCH_RAD,
        "light": _LIGHT,
        "seed": told.seed,
        "speed_mps": float(told.speed_mps),
    }
    both = [f"{node}/measurement" for node in ("lidar_localizer", "camera_localizer")]
    alarms = [f"{node}/lost" for node in ("lidar_localizer", "camera_localizer")]
    by_laser = {
        "bundle": told.laser.resolve(),
        "pose_file": NO_TEXT,
        "ekf:fix_topics": f"[{', '.join(both)}]",
        "ekf:lost_topics": f"[{', '.join(alarms)}]",
    }
    # While the laser has scans, it is the laser's to call the robot lost.
    by_camera = {
        "bundle": told.camera.resolve(),
        "pose_file": NO_TEXT,
        "defers_to": "lidar_localizer",
    }
    with (
        ChildProcess("demo.simulator", robot, domain, told.out / "simulator.log") as simulator,
        ChildProcess("localization", by_laser, domain, told.out / "localization.log") as first,
        ChildProcess(
            "localizer.camera_localizer", by_camera, domain, told.out / "camera.log"
        ) as second,
        Stage(domain, _probe, simulator, [first, second]) as stage,
    ):
        return _Acts(stage, laser, told).run()


def _probe(context: Context) -> CameraProbe:
    return CameraProbe(context=context)


def _simulated_camera(bundle: Bundle, file: Path) -> Path:
    """Write the description of a camera that takes the pictures that a bundle wants.

    Raises:
        BundleError: the bundle is not for a camera.
    """
    specs = [one for one in bundle.description.sensors.values() if isinstance(one, CameraSpec)]
    if len(specs) != 1:
        raise BundleError(f"{bundle.path.name} is not for one camera")
    spec = specs[0].model_copy(update={"rate_hz": _RATE_HZ})
    file.write_text(yaml.safe_dump(spec.model_dump(mode="json")), encoding="utf-8")
    return file.resolve()


class _Acts:
    """The acts, in their order."""

    def __init__(self, stage: Stage[CameraProbe], bundle: Bundle, told: CameraDemo) -> None:
        self._stage, self._probe = stage, stage.probe
        self._bundle, self._told = bundle, told
        self._rng = np.random.default_rng(told.seed)
        self._lap = ClosedPath.through(plan_lap(bundle.grid))
        self._views: list[SeenAndExpected] = []
        self._console = Console()

    def run(self) -> CameraDemoReport:
        lap_m = len(self._lap.points) * self._lap.step_m
        self._say("starting the simulator and both localizers")
        self._start()
        self._say(f"driving {_WITH_LASER * lap_m:.0f} m with laser and camera")
        with_laser = self._drive(_WITH_LASER * lap_m)
        self._say("unplugging the laser")
        self._unplug()
        self._say(f"driving {_BY_CAMERA * lap_m:.0f} m by the camera")
        by_camera = self._drive(_BY_CAMERA * lap_m)
        self._say("carrying the robot elsewhere")
        carried, afterwards = self._carry()
        report = CameraDemoReport(
            acts=(
                Act("laser and camera", tuple(with_laser), self._fixes(with_laser)),
                Act("camera alone", tuple(by_camera), self._fixes(by_camera)),
                Act("after it was carried", tuple(afterwards), self._fixes(afterwards)),
            ),
            carried=carried,
            views=tuple(self._views),
            speed_mps=self._told.speed_mps,
            camera_rate_hz=_RATE_HZ,
            out=self._told.out,
        )
        write_report(report, self._bundle.grid)
        return report

    def _start(self) -> None:
        """Wait for everybody, and tell roughly where the robot is."""
        probe = self._probe
        self._stage.wait_for_start(self._say)
        self._stage.insist(probe.ready, _READY_DEADLINE_S, "simulator and localizers to meet")
        deviations = (_INITIAL_DEVIATION_M, _INITIAL_DEVIATION_M, _INITIAL_DEVIATION_RAD)
        assert probe.truth is not None
        rough = probe.truth @ Pose2.from_array(self._rng.normal(0.0, deviations))
        probe.tell_initial_pose(GaussianPose2.from_deviations(rough, *deviations))
        self._stage.insist(lambda: len(probe.estimates) > 0, _POSE_DEADLINE_S, "a first pose")
        self._stage.insist(lambda: probe.views is not None, _POSE_DEADLINE_S, "a first view")
        self._stage.spin_for(_SETTLING_S)

    def _drive(self, way_m: float) -> list[Estimate]:
        """Drive on, and return what was told on the way."""
        probe = self._probe
        first, start_m = len(probe.estimates), probe.path_m
        self._stage.insist(lambda: probe.path_m - start_m > way_m, 60.0 + 4.0 * way_m, "the way")
        self._keep_view()
        return probe.estimates[first:]

    def _unplug(self) -> None:
        answer = self._probe.unplug_laser()
        self._stage.insist(answer.done, _ANSWER_DEADLINE_S, "the simulator to unplug the laser")

    def _carry(self) -> tuple[Carried, list[Estimate]]:
        """Put the robot down elsewhere, and wait until it has noticed and found itself."""
        probe, put_down_s = self._probe, time.monotonic()
        probe.put_down(self._elsewhere())
        if not self._stage.wait_until(self._is_wrong, _POSE_DEADLINE_S):
            return Carried(False, time.monotonic() - put_down_s, None), []
        noticed = self._stage.wait_until(lambda: probe.camera_lost, _NOTICED_DEADLINE_S)
        noticed_s = time.monotonic() - put_down_s if noticed else None
        found = self._stage.wait_until(self._is_right, _FOUND_DEADLINE_S)
        seconds, first = time.monotonic() - put_down_s, len(probe.estimates)
        self._stage.spin_for(_AFTERWARDS_S)
        self._keep_view()
        recovered = found and self._is_right()
        return Carried(recovered, seconds, noticed_s), probe.estimates[first:]

    def _elsewhere(self) -> Pose2:
        """Return a pose on the lap, at least a third of it from where the robot is."""
        truth, count = self._probe.truth, len(self._lap.points)
        assert truth is not None
        here = self._lap.nearest(truth.x, truth.y)
        there = self._lap.pose((here + int(self._rng.uniform(0.33, 0.67) * count)) % count)
        return Pose2(there.x, there.y, wrap_angle(there.yaw + self._rng.uniform(-0.2, 0.2)))

    def _fixes(self, estimates: list[Estimate]) -> dict[int, Pose2]:
        """Return what pictures alone said, by the number of the estimate."""
        fixes = self._probe.camera_fixes
        return {
            number: fixes[one.stamp] for number, one in enumerate(estimates) if one.stamp in fixes
        }

    def _keep_view(self) -> None:
        if self._probe.views is not None:
            self._views.append(self._probe.views)

    def _is_right(self) -> bool:
        """Tell whether the last poses were right, all of them."""
        last = self._probe.estimates[-_IN_A_ROW:]
        return len(last) == _IN_A_ROW and all(map(_is_right, last))

    def _is_wrong(self) -> bool:
        """Tell whether the last poses were wrong, all of them."""
        return not any(map(_is_right, self._probe.estimates[-_IN_A_ROW:]))

    def _say(self, what: str) -> None:
        self._console.print(f"[dim]demo:[/] {what}", highlight=False)


def _is_right(one: Estimate) -> bool:
    return one.distance_m() < _RIGHT_M and one.turn_rad() < _RIGHT_RAD
