# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the filter asks of the poses that it estimates, in the plane or in space.

The Kalman filter computes with errors: vectors of d numbers that lead from one pose to another.
What such an error is, and how a motion carries it on, is the space's business (a manifold with
retraction and local coordinates: Hertzberg et al., Integrating Generic Sensor Fusion Algorithms
with Sound State Representations, 2013). All else is one code for every space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Self


class GroupPose(Protocol):
    """A pose, or the transform from the frame it is the pose of."""

    def __matmul__(self, other: Self, /) -> Self:
        """Compose: ``a_from_b @ b_from_c`` is ``a_from_c``."""
        ...

    def inverse(self) -> Self:
        """Return the pose that undoes this one."""
        ...

    def between(self, other: Self, /) -> Self:
        """Return ``other`` as seen from this pose."""
        ...


PoseT = TypeVar("PoseT", bound=GroupPose)
PoseT_co = TypeVar("PoseT_co", bound=GroupPose, covariant=True)


class GaussianOf(Protocol[PoseT_co]):
    """A pose with its covariance (d, d)."""

    @property
    def mean(self) -> PoseT_co:
        """The pose."""
        ...

    @property
    def covariance(self) -> NDArray[np.float64]:
        """(d, d) of the error that leads from the mean to the pose."""
        ...


GaussianT = TypeVar("GaussianT", bound=GaussianOf)  # type: ignore[type-arg]


class StateSpace(Protocol[PoseT, GaussianT]):
    """The poses that a filter estimates.

    Attributes:
        dof: how many numbers an error of a pose has, d.
    """

    dof: int

    def gaussian(self, mean: PoseT, covariance: NDArray[np.float64]) -> GaussianT:
        """Return a pose with its covariance (d, d)."""
        ...

    def is_usable(self, pose: PoseT) -> bool:
        """Tell whether all numbers of a pose are finite, and none is beyond all measure."""
        ...

    def moved(
        self, pose: PoseT, scales: tuple[float, float], increment: PoseT, duration_s: float
    ) -> tuple[PoseT, NDArray[np.float64], NDArray[np.float64]]:
        """Return the pose after an odometry increment, its derivative and the added covariance.

        Args:
            pose: before.
            scales: by which shares distance and turn are larger than the odometry says.
            increment: what the odometry says, in the axes of the body.
            duration_s: how long it took.

        Returns:
            The pose; (d, d + 2) of its error by those of the pose before and of the scales; (d, d)
            of the noise.
        """
        ...

    def seen(
        self, origin: PoseT, measured: GaussianT
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (d,) the error that leads to a measured pose, and (d, d) its covariance."""
        ...

    def shifted(self, origin: PoseT, offset: NDArray[np.float64]) -> PoseT:
        """Return the pose that an error (d,) leads to."""
        ...

    def from_shifted(self, offset: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return (d, d) of an error seen from where an offset (d,) led by the same from before it.

        None where it is the same error.
        """
        ...

    def apart(self, first: PoseT, second: PoseT) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one pose to another."""
        ...

    def root(self, origin: PoseT, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (d, d) an error by d numbers of unit variance that belong to the axes of the map.

        Args:
            origin: the pose that the error is of.
            covariance: (d, d) of the error.
        """
        ...

    def whitening(self, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lower triangle W (d, d) with ``W.T @ W`` the inverse of a covariance (d, d).

        Raises:
            LinAlgError: the covariance is certain in some direction.
        """
        ...
