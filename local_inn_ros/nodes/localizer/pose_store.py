# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Saves the pose while all is well, and tells at the next start where the robot was left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.saved_pose import SavedPose, SavedPoseError
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.localizer.localizer_parameters import AUTOMATIC, LocalizerParameters
from local_inn_ros.places import PlaceError, check_file, real_path, user_folder

_HASH_DIGITS = 12
_FIRST_SOON_S = 1.0


class PoseStore:
    """The file that the pose is saved to."""

    def __init__(
        self,
        entities: Entities,
        told: LocalizerParameters,
        map_sha256: str,
        pose_to_save: Callable[[], GaussianPose2 | None],
        odometry_then: Callable[[], Pose2 | None],
    ) -> None:
        """Read what was saved before, and save from now on.

        Args:
            entities: makes the timer.
            told: which file, and how often.
            map_sha256: hash of the map that poses are in.
            pose_to_save: returns the pose; None while it is not to be trusted.
            odometry_then: returns the base in the odometry frame at that pose's instant.
        """
        self._odometry_then = odometry_then
        self._period_s = told.save_pose_period
        self._saved_s = -math.inf
        self._node = entities.node
        self._map_sha256 = map_sha256
        self._pose_to_save = pose_to_save
        # Whether it was said that the file cannot be written: a disk may have room again later.
        self._said = False
        self._path = self._tried(told.pose_file)
        self.saved = self._load()
        if self._path is not None:
            # The first pose is saved soon: a program may crash before its first period is over.
            entities.timer(min(_FIRST_SOON_S, told.save_pose_period), self._save_where_due)

    def _save_where_due(self) -> None:
        # A timer that comes a little early is on time.
        if time.monotonic() - self._saved_s > self._period_s - 0.5 * _FIRST_SOON_S:
            self.save()

    def save(self) -> None:
        """Save the pose, if it is to be trusted."""
        pose = self._pose_to_save()
        if self._path is None or pose is None:
            return
        self._saved_s = time.monotonic()
        try:
            odometry = self._odometry_then()
            SavedPose(pose, self._map_sha256, time.time(), odometry).save(self._path)
        except SavedPoseError as error:
            self._say_once(f"{error}; it is tried again")
            return
        if self._said:
            self._node.get_logger().info(f"the pose is saved again, to {self._path}")
        self._said = False

    def _tried(self, told: str) -> Path | None:
        """Return the file, with a word where it cannot be written; None where there is none."""
        try:
            path = pose_path(told, self._map_sha256, self._node.get_namespace())
        except PlaceError as error:
            self._say_once(f"the pose is not saved: {error}")
            return None
        try:
            if path is not None:
                check_file(path)
        except PlaceError as error:
            self._say_once(f"the pose is not saved: {error}; it is tried again")
        return path

    def _say_once(self, sentence: str) -> None:
        if not self._said:
            self._node.get_logger().warning(sentence)
        self._said = True

    def _load(self) -> SavedPose | None:
        if self._path is None:
            return None
        try:
            saved = SavedPose.load(self._path, self._map_sha256)
        except SavedPoseError as error:
            self._node.get_logger().warning(f"{error}; begins without it")
            return None
        if saved is not None:
            mean, hours = saved.pose.mean, (time.time() - saved.time_s) / 3600.0
            self._node.get_logger().info(
                f"left {hours:.1f} h ago at x {mean.x:.2f} m, y {mean.y:.2f} m: begins there if "
                "nobody tells a pose and the scans agree"
            )
        return saved


def pose_path(told: str, map_sha256: str, namespace: str) -> Path | None:
    """Return the file to save to; robots that share a map and a machine differ by namespace.

    Raises:
        PlaceError: it would lie in a home that this user does not have.
    """
    if told == AUTOMATIC:
        home = user_folder("ROS_HOME", "~/.ros")
        parts = [map_sha256[:_HASH_DIGITS], *(part for part in namespace.split("/") if part)]
        return home / "local_inn_ros" / f"{'_'.join(parts)}.json"
    return real_path(Path(told)) if told else None
