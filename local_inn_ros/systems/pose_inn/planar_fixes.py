# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixes of a base in the plane from pictures of a camera on it (see ``FixProducer``)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.widest import WIDEST
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.fix import AMBIGUOUS_WEIGHT, Fix, Mode
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.pose_inn.localizer import CameraFix
from local_inn_ros.systems.pose_inn.picture_locating import LocatesPictures
from local_inn_ros.systems.pose_inn.planar import (
    PlanarBase,
    base_in_plane,
    bases_seen_from_above,
    camera_prior,
    spread_over,
)

# A picture that is more probably misread than not, as of a crowd, is no evidence: its measurement
# is as wide as what was not seen.
_EVIDENCE = 0.5
# A fix speaks for itself, against what is believed, where it is at least so probably right.
_SUPPORTED = 0.9
# Of a view, black and white lie so many deviations from the mean.
_VIEW_RANGE = 2.5


def shades_of(view: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a small picture in deviations of its brightness as one with 256 shades."""
    shades: NDArray[np.uint8] = np.clip(127.5 * (1.0 + view / _VIEW_RANGE), 0.0, 255.0).astype(
        np.uint8
    )
    return shades


@dataclass(frozen=True, slots=True, eq=False)
class PendingPictureFix:
    """See ``PendingFix``: what a picture says of the base, and of the camera in space.

    Attributes:
        camera: the answer in space.
        mount: of the camera.
        base: at the likeliest place.
        modes: all places in the plane, the likeliest first.
        measurement: see ``Fix``.
    """

    camera: CameraFix
    mount: Mount
    base: PlanarBase
    modes: tuple[Mode, ...]
    measurement: GaussianPose2

    @property
    def quality(self) -> float:
        """Probability that it is right; no robot stands where one floats or leans."""
        return self.camera.quality if self.base.stands else 0.0

    @property
    def supported(self) -> bool:
        """Whether the picture speaks for it where it is not what is believed (``SupportedFix``).

        Where what is believed explains the picture as well, it is the likelier place and this one
        is not the first.
        """
        alone = len(self.modes) < 2 or self.modes[1].weight < AMBIGUOUS_WEIGHT
        return alone and self.quality >= _SUPPORTED

    def explain(self) -> Fix:
        """Say the rest (see ``PendingFix``)."""
        told, mount = self.camera, self.mount.base_from_sensor
        alone = told.posterior if told.network is None else told.network
        return Fix(
            told.stamp_s,
            self.measurement,
            base_in_plane(alone, mount).pose,
            self.modes,
            bases_seen_from_above(told.samples, mount),
            1.0 - told.explained,
            self.quality,
            told.stage_s,
            Picture(told.stamp_s, shades_of(told.expected)),
            self.supported,
        )


class PictureFixes:
    """Locates pictures of a camera that is mounted somewhere on the base, near a prior."""

    def __init__(self, localizer: LocatesPictures, mount: Mount) -> None:
        """Set up.

        Args:
            localizer: locates the camera in space.
            mount: the camera's optical frame on the base.
        """
        self._localizer = localizer
        self._mount = mount

    def measure(self, observation: Picture, prior: GaussianPose2) -> PendingPictureFix:
        """Locate a picture (see ``FixProducer.measure``).

        Raises:
            SensorError: it is of another size, or shows nothing that is known.
        """
        mount = self._mount.base_from_sensor
        told = self._localizer.locate(observation, camera_prior(prior, mount))
        base = base_in_plane(told.measurement, mount)
        others = ((base_in_plane(one.pose, mount), one.weight) for one in told.modes[1:])
        places = [(base.pose, told.modes[0].weight)]
        places += [(one.pose, weight) for one, weight in others if one.stands]
        whole = sum(weight for _, weight in places)
        places = [(pose, weight / whole) for pose, weight in places]
        modes = tuple(Mode(pose, weight) for pose, weight in places)
        fix = PendingPictureFix(told, self._mount, base, modes, spread_over(places))
        if fix.quality >= _EVIDENCE:
            return fix
        return replace(fix, measurement=GaussianPose2(prior.mean, np.diag(WIDEST[3] ** 2)))

    def locate(self, observation: Picture, prior: GaussianPose2) -> Fix:
        """Locate a picture and say all of it (see ``FixProducer.locate``).

        Raises:
            SensorError: it is of another size, or shows nothing that is known.
        """
        return self.measure(observation, prior).explain()
