# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a camera draws what it sees, as sensor_msgs/CameraInfo tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

PLUMB_BOB, RATIONAL, EQUIDISTANT = "plumb_bob", "rational_polynomial", "equidistant"
# Other names that drivers write.
_ALIASES = {"fisheye": EQUIDISTANT, "kannala_brandt": EQUIDISTANT, "radtan": PLUMB_BOB}
# How many coefficients each has: (k1, k2, p1, p2, k3), (.., k4, k5, k6), (k1, k2, k3, k4).
_COUNTS = {PLUMB_BOB: 5, RATIONAL: 8, EQUIDISTANT: 4}
_FEWEST = {PLUMB_BOB: 4, RATIONAL: 8, EQUIDISTANT: 4}
# A focal length in shares of the width: a fisheye of 250 degrees has 0.23, a telescope 50.
_SHORTEST, _LONGEST = 0.1, 100.0
# Entries of a matrix that was written with few digits.
_WRITTEN = 1e-3


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a sensor that is read out, in its pixels.

    Attributes:
        x: of its left edge.
        y: of its upper edge.
        width: of it.
        height: of it.
    """

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class CameraCalibration:
    """The calibration of a camera.

    A point in the camera's optical frame is turned by the inverse of ``rectification``, distorted,
    and taken to pixels of the whole sensor by ``camera_matrix``; ``region`` and ``binning`` say
    which of these pixels a picture has.

    Attributes:
        width: of the whole sensor in pixels, as it was calibrated.
        height: of it.
        distortion_model: ``plumb_bob``, ``rational_polynomial`` or ``equidistant``.
        coefficients: (5,), (8,) or (4,), in the order of ROS and OpenCV.
        camera_matrix: (3, 3) K.
        rectification: (3, 3) R, which turns the optical frame of a camera of a stereo pair.
        projection: (3, 4) P, from points to pixels of the picture that image_proc rectifies; zeros
            where it is not known.
        binning: sensor pixels that make one of the picture, along x and y.
        region: the part that is read out; None for all.
    """

    width: int
    height: int
    distortion_model: str
    coefficients: NDArray[np.float64]
    camera_matrix: NDArray[np.float64]
    rectification: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    projection: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 4)))
    binning: tuple[int, int] = (1, 1)
    region: Region | None = None

    def __post_init__(self) -> None:
        """Check that it is one.

        Raises:
            PictureError: the camera is not calibrated, or its numbers make no sense.
        """
        if self.width <= 0 or self.height <= 0:
            raise _unusable(f"it is of a picture of {self.width}x{self.height} pixels")
        _freeze(self, "camera_matrix", _matrix("K", self.camera_matrix, (3, 3)), "K")
        _freeze(self, "rectification", _matrix("R", self.rectification, (3, 3)), "R")
        _freeze(self, "projection", _matrix("P", self.projection, (3, 4)), "P")
        model, coefficients = _distortion(self.distortion_model, self.coefficients)
        object.__setattr__(self, "distortion_model", model)
        _freeze(self, "coefficients", coefficients, "D")
        self._check_matrices()
        self._check_region()

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of its pictures, in pixels."""
        region = self.region or Region(0, 0, self.width, self.height)
        return region.width // self.binning[0], region.height // self.binning[1]

    @property
    def is_pinhole(self) -> bool:
        """Whether straight lines stay straight and nothing is turned."""
        return (
            not self.coefficients.any()
            and bool((self.rectification == np.eye(3)).all())
            and (self.distortion_model != EQUIDISTANT)
        )

    def same_as(self, other: CameraCalibration) -> bool:
        """Tell whether another says the same."""
        plain = ("width", "height", "distortion_model", "binning", "region")
        arrays = ("coefficients", "camera_matrix", "rectification", "projection")
        return all(getattr(self, one) == getattr(other, one) for one in plain) and all(
            np.array_equal(getattr(self, one), getattr(other, one)) for one in arrays
        )

    def picture_matrix(self) -> NDArray[np.float64]:
        """Return K (3, 3) for the pixels of its pictures: of the region, binned."""
        left, top = (self.region.x, self.region.y) if self.region else (0, 0)
        cut = self.camera_matrix - np.array([[0, 0, left], [0, 0, top], [0, 0, 0]])
        return scaled_matrix(cut, 1.0 / self.binning[0], 1.0 / self.binning[1])

    def of_pictures(self, width: int, height: int) -> CameraCalibration:
        """Return the calibration for pictures that were resized to another size."""
        own_width, own_height = self.picture_size
        matrix = scaled_matrix(self.picture_matrix(), width / own_width, height / own_height)
        return replace(
            self,
            width=width,
            height=height,
            camera_matrix=matrix,
            projection=np.zeros((3, 4)),
            binning=(1, 1),
            region=None,
        )

    def of_rectified(self) -> CameraCalibration:
        """Return the calibration of the pictures that image_proc rectifies: P without its shift.

        Raises:
            PictureError: P is not known, or is none.
        """
        return replace(
            self,
            distortion_model=PLUMB_BOB,
            coefficients=np.zeros(0),
            camera_matrix=self.projection[:, :3],
            rectification=np.eye(3),
        )

    def in_words(self) -> str:
        """Say its numbers, for errors that compare cameras."""
        matrix, (width, height) = self.picture_matrix(), self.picture_size
        return (
            f"{width}x{height}, fx {matrix[0, 0]:.1f}, fy {matrix[1, 1]:.1f}, "
            f"cx {matrix[0, 2]:.1f}, cy {matrix[1, 2]:.1f}, {self.distortion_model}"
        )

    def _check_matrices(self) -> None:
        matrix = self.camera_matrix
        if not matrix.any():
            raise PictureError(
                "camera_info says that the camera is not calibrated (K is zero): calibrate it, "
                "with camera_calibration for example, and have its driver publish the result",
                PictureFault.NO_CALIBRATION,
            )
        plain = matrix * [[0, 1, 0], [1, 0, 0], [1, 1, 1]] - np.diag([0.0, 0.0, 1.0])
        if np.abs(plain).max() > _WRITTEN:
            raise _unusable(f"K is {matrix.round(4).tolist()}, which is no camera matrix")
        for row, axis, size in ((0, "x", self.width), (1, "y", self.height)):
            focal, centre = matrix[row, row], matrix[row, 2]
            if not _SHORTEST < focal / size < _LONGEST:
                raise _unusable(f"f{axis} is {focal:g} pixels, which does not go with {size}")
            if not -size < centre < 2 * size:
                raise _unusable(f"c{axis} is {centre:g}, far outside of {size} pixels")
        turn = self.rectification
        if not turn.any():
            _freeze(self, "rectification", np.eye(3), "R")
        elif not _is_rotation(turn):
            raise _unusable(f"R is {turn.round(4).tolist()}, which is no rotation")

    def _check_region(self) -> None:
        binning = (max(self.binning[0], 1), max(self.binning[1], 1))
        object.__setattr__(self, "binning", binning)
        part = self.region
        if part is not None and not part.width and not part.height and not (part.x or part.y):
            part = None
        if part is not None:
            # ROS lets a width or height of 0 stand for all.
            part = replace(
                part,
                width=part.width or self.width - part.x,
                height=part.height or self.height - part.y,
            )
            inside = min(part.x, part.y) >= 0 and min(part.width, part.height) > 0
            if not inside or part.x + part.width > self.width or part.y + part.height > self.height:
                raise _unusable(
                    f"its region of {part.width}x{part.height} at ({part.x}, {part.y}) lies "
                    f"outside of its {self.width}x{self.height} pixels"
                )
        object.__setattr__(self, "region", part)
        if min(self.picture_size) < 1:
            raise _unusable(f"binning of {binning[0]}x{binning[1]} leaves no pixel")


def scaled_matrix(
    matrix: NDArray[np.float64], along_x: float, along_y: float
) -> NDArray[np.float64]:
    """Return a camera matrix (3, 3) for a picture that is resized.

    Pixels are counted from the centre of the first: its outer corner, at -0.5, stays in its place.
    """
    scaled = np.array(matrix, dtype=np.float64)
    for axis, scale in ((0, along_x), (1, along_y)):
        scaled[axis] *= scale
        scaled[axis, 2] += 0.5 * scale - 0.5
    return scaled


def _distortion(
    named: str, told: Sequence[float] | NDArray[np.float64]
) -> tuple[str, NDArray[np.float64]]:
    """Return the model by its usual name and all of its coefficients."""
    model, numbers = named.strip().lower(), np.array(told, dtype=np.float64).reshape(-1)
    model = _ALIASES.get(model, model)
    if model not in _COUNTS:
        if numbers.any() or model not in ("", "none"):
            raise _unusable(
                f"its distortion model '{named}' is not known; known are {', '.join(_COUNTS)}"
            )
        model, numbers = PLUMB_BOB, np.zeros(0)
    count = _COUNTS[model]
    if (numbers.size and numbers.size < _FEWEST[model]) or numbers[count:].any():
        raise _unusable(f"{model} has {count} coefficients, not {numbers.size}")
    filled = np.zeros(count)
    filled[: min(count, numbers.size)] = numbers[:count]
    return model, filled


def _matrix(said: str, numbers: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return numbers (n,) or of that shape as a matrix of that shape."""
    found = np.array(numbers, dtype=np.float64)
    if found.size != shape[0] * shape[1]:
        raise _unusable(f"{said} has {found.size} numbers, not {shape[0] * shape[1]}")
    return found.reshape(shape)


def _is_rotation(matrix: NDArray[np.float64]) -> bool:
    if np.abs(matrix).max() > 1.0 + _WRITTEN:
        return False
    off = np.abs(matrix @ matrix.T - np.eye(3)).max()
    return bool(off < _WRITTEN and np.linalg.det(matrix) > 0.0)


def _freeze(owner: CameraCalibration, name: str, value: NDArray[np.float64], said: str) -> None:
    if not np.isfinite(value).all():
        raise _unusable(f"{said} has numbers that are not finite")
    value.setflags(write=False)
    object.__setattr__(owner, name, value)


def _unusable(what: str) -> PictureError:
    return PictureError(
        f"the camera's calibration cannot be used: {what}; correct what camera_info says",
        PictureFault.CALIBRATION,
    )
