# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses in space: the group SE(3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from local_inn_ros.geometry.pose import Pose2
from local_inn_ros.geometry.so3 import skew

# How far from a rotation a matrix may be that was written with four digits; such a one is mended.
_WRITTEN = 1e-3
# How far it is by the rounding of its own numbers: it is kept as it is.
_ROUNDED = 1e-12
_LEAST_QUATERNION = 1e-6
# Cosine of the pitch below which roll and yaw turn about one and the same axis.
_LOCKED = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Pose3:
    """A pose in space, or the transform from the frame it is the pose of.

    ``map_from_base @ base_from_camera`` is ``map_from_camera``. The rotation is kept as a matrix:
    to compose two takes a quarter of the time that it takes scipy's ``Rotation``, and a million
    compositions leave it orthonormal to 1e-9.

    Attributes:
        rotation: (3, 3) orthonormal, right-handed, read-only; its columns are the axes of the
            frame, seen from the parent frame.
        translation: (3,) origin of the frame in the parent frame, in metres, read-only.
    """

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the rotation, mend what rounding made of it, and freeze both.

        Raises:
            ValueError: a shape is wrong, or the matrix is no rotation.
        """
        rotation = np.array(self.rotation, dtype=np.float64)
        translation = np.array(self.translation, dtype=np.float64)
        if rotation.shape != (3, 3) or translation.shape != (3,):
            raise ValueError(
                "a pose in space is a rotation (3, 3) and a translation (3,), got shapes "
                f"{rotation.shape} and {translation.shape}"
            )
        self._hold(_orthonormal(rotation), translation)

    def _hold(self, rotation: NDArray[np.float64], translation: NDArray[np.float64]) -> None:
        rotation.setflags(write=False)
        translation.setflags(write=False)
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation", translation)

    @staticmethod
    def from_rigid_motion(rotation: NDArray[np.float64], translation: NDArray[np.float64]) -> Pose3:
        """Build one without checks.

        Args:
            rotation: (3, 3), the product of rotations; nobody else holds it.
            translation: (3,); nobody else holds it.
        """
        pose = object.__new__(Pose3)
        pose._hold(rotation, translation)
        return pose

    @staticmethod
    def identity() -> Pose3:
        """Return the pose that changes nothing."""
        return Pose3.from_rigid_motion(np.eye(3), np.zeros(3))

    @staticmethod
    def from_quaternion(translation: ArrayLike, quaternion: ArrayLike) -> Pose3:
        """Read a position (3,) and a quaternion (x, y, z, w), the order of geometry_msgs.

        Args:
            translation: in metres.
            quaternion: of any length but zero.

        Raises:
            ValueError: the quaternion is zero or not finite.
        """
        numbers = np.asarray(quaternion, dtype=np.float64)
        if numbers.shape != (4,):
            raise ValueError(f"a quaternion is four numbers, got shape {numbers.shape}")
        norm = float(np.linalg.norm(numbers))
        if not (math.isfinite(norm) and norm >= _LEAST_QUATERNION):
            x, y, z, w = numbers.tolist()
            raise ValueError(f"the quaternion (x {x}, y {y}, z {z}, w {w}) is not a rotation")
        return Pose3(Rotation.from_quat(numbers / norm).as_matrix(), np.asarray(translation))

    @staticmethod
    def from_matrix(matrix: ArrayLike) -> Pose3:
        """Read a rigid motion (4, 4).

        Raises:
            ValueError: it is none.
        """
        numbers = np.asarray(matrix, dtype=np.float64)
        if numbers.shape != (4, 4):
            raise ValueError(f"a rigid motion in space is 4x4, got shape {numbers.shape}")
        if not np.abs(numbers[3] - [0.0, 0.0, 0.0, 1.0]).max() <= _ROUNDED:
            raise ValueError(f"the last row of a rigid motion is (0, 0, 0, 1), got {numbers[3]}")
        return Pose3(numbers[:3, :3], numbers[:3, 3])

    @staticmethod
    def from_roll_pitch_yaw(translation: ArrayLike, roll: float, pitch: float, yaw: float) -> Pose3:
        """Read a position (3,) and turns about the fixed axes x, y, z, in this order (REP-103)."""
        turned = Rotation.from_euler("xyz", [roll, pitch, yaw]).as_matrix()
        return Pose3(turned, np.asarray(translation))

    @staticmethod
    def from_pose2(pose: Pose2, z: float = 0.0) -> Pose3:
        """Lift a planar pose to a height in metres, level."""
        cosine, sine = math.cos(pose.yaw), math.sin(pose.yaw)
        return Pose3.from_rigid_motion(
            np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]),
            np.array([pose.x, pose.y, z]),
        )

    def to_quaternion(self) -> NDArray[np.float64]:
        """Return the rotation as a unit quaternion (x, y, z, w) with w >= 0."""
        # Copied, since scipy 1.11 takes no array that is read-only.
        turned = Rotation.from_matrix(self.rotation.copy())
        quaternion: NDArray[np.float64] = turned.as_quat(canonical=True)
        return quaternion

    def to_matrix(self) -> NDArray[np.float64]:
        """Return the rigid motion as (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.rotation, self.translation
        return matrix

    def roll_pitch_yaw(self) -> tuple[float, float, float]:
        """Return the turns about the fixed axes x, y and z, in this order, that make the rotation.

        With the nose straight up or down, roll and yaw are one: it is told as yaw, as tf2 does.
        """
        (ahead, left, _), (across, own, _), (down, rolled, up) = self.rotation.tolist()
        level = math.hypot(ahead, across)
        pitch = math.atan2(-down, level)
        if level < _LOCKED:
            return 0.0, pitch, math.atan2(-left, own)
        return math.atan2(rolled, up), pitch, math.atan2(across, ahead)

    def to_pose2(self) -> Pose2:
        """Project onto the plane: x, y, and the yaw of ``roll_pitch_yaw``."""
        x, y, _ = self.translation.tolist()
        return Pose2(x, y, self.roll_pitch_yaw()[2])

    def __matmul__(self, other: Pose3) -> Pose3:
        """Compose: ``a_from_b @ b_from_c`` is ``a_from_c``."""
        rotation = self.rotation
        return Pose3.from_rigid_motion(
            rotation @ other.rotation, rotation @ other.translation + self.translation
        )

    def inverse(self) -> Pose3:
        """Return the pose that undoes this one."""
        back = self.rotation.T.copy()
        return Pose3.from_rigid_motion(back, -back @ self.translation)

    def between(self, other: Pose3) -> Pose3:
        """Return ``other`` as seen from this pose: ``self @ self.between(other)`` is ``other``."""
        back = self.rotation.T
        return Pose3.from_rigid_motion(
            back @ other.rotation, back @ (other.translation - self.translation)
        )

    def adjoint(self) -> NDArray[np.float64]:
        """Return A (6, 6) with ``T @ Exp(xi) @ T.inverse() == Exp(A xi)``, xi = (rho, phi)."""
        adjoint = np.zeros((6, 6))
        adjoint[:3, :3] = adjoint[3:, 3:] = self.rotation
        adjoint[:3, 3:] = skew(self.translation) @ self.rotation
        return adjoint

    def transform_points(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move points (n, 3) from the frame of the pose into the frame the pose is given in."""
        moved: NDArray[np.float64] = points @ self.rotation.T + self.translation
        return moved

    def distance_to(self, other: Pose3) -> float:
        """Return the distance between the two positions, in metres."""
        return math.dist(self.translation.tolist(), other.translation.tolist())

    def angle_to(self, other: Pose3) -> float:
        """Return the angle in [0, pi] that turns one rotation into the other, in radians."""
        turn = self.rotation.T @ other.rotation
        (a, b, c), (d, e, f), (g, h, i) = turn.tolist()
        # By sine and cosine: the cosine alone is blind to small angles.
        return math.atan2(math.hypot(h - f, c - g, d - b), a + e + i - 1.0)

    def is_finite(self) -> bool:
        """Tell whether all numbers are finite."""
        return bool(np.isfinite(self.rotation).all() and np.isfinite(self.translation).all())


def _orthonormal(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (3, 3) nearest to a matrix that is one but for how it was written.

    Raises:
        ValueError: it is none.
    """
    defect = float(np.abs(rotation.T @ rotation - np.eye(3)).max())
    if not defect <= _WRITTEN:
        raise ValueError("the matrix is not a rotation: its columns are not orthonormal")
    if np.linalg.det(rotation) < 0.0:
        raise ValueError("the matrix is not a rotation: it mirrors")
    if defect <= _ROUNDED:
        return rotation
    left, _, right = np.linalg.svd(rotation)
    nearest: NDArray[np.float64] = left @ right
    return nearest
