# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The covariance of geometry_msgs/PoseWithCovariance, for the nodes' messages and nothing else.

Its six numbers are x, y, z in the axes of the header's frame, and the rotation about the fixed
axes of that frame: a rotation vector on the left of the rotation. For a level body this is roll
and pitch turned into the frame's axes, and yaw as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3


def to_ros_covariance(gaussian: GaussianPose3) -> NDArray[np.float64]:
    """Return the covariance (6, 6) as ROS has it, of first order."""
    turned = _ros_from_body(gaussian.mean)
    covariance = turned @ gaussian.covariance @ turned.T
    symmetric: NDArray[np.float64] = 0.5 * (covariance + covariance.T)
    return symmetric


def from_ros_covariance(mean: Pose3, covariance: ArrayLike) -> GaussianPose3:
    """Read a covariance (6, 6) that is as ROS has it.

    Raises:
        ValueError: it is not 6x6, not finite, not symmetric, or not positive semi-definite, or the
            mean is not finite.
    """
    told = np.asarray(covariance, dtype=np.float64)
    if told.shape != (6, 6):
        raise ValueError(f"a pose covariance in space is 6x6, got shape {told.shape}")
    turned = _ros_from_body(mean)
    return GaussianPose3(mean, turned.T @ told @ turned)


def _ros_from_body(mean: Pose3) -> NDArray[np.float64]:
    """Return the derivative (6, 6) of ROS's six numbers by xi at 0.

    ``mean @ Exp(xi)`` is moved by R rho and turned by ``R Exp(phi) = Exp(R phi) R``. The rotation
    matrix is orthonormal: so is this one.
    """
    turned = np.zeros((6, 6))
    turned[:3, :3] = turned[3:, 3:] = mean.rotation
    return turned
