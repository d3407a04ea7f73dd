# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a scene as a lens throws them, before any sensor has made numbers of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.simulation.camera.hit_kernel import Hits, Rays, meet
from local_inn_ros.simulation.camera.light import Light
from local_inn_ros.simulation.camera.light_map import light_map
from local_inn_ros.simulation.camera.people import Person, people_at
from local_inn_ros.simulation.camera.scene import Scene
from local_inn_ros.simulation.camera.surface_kernel import Looks, cover
from local_inn_ros.simulation.camera.texture_kernel import look_up

Arrays = TypeVar("Arrays", Rays, Looks)

# Below this many rays a second thread costs more than it saves.
_RAYS_WORTH_A_THREAD = 2_000
# Where in a pixel samples look in turn, in pixels from its middle: no two in a row or a column.
_PLACES = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]])
# An edge between faces that differ by less, as a share of the picture's brightness, does not show.
_ALIKE, _ALIKE_WEIGHTS = 0.03, np.array([0.5, 0.3, 0.2], dtype=np.float32)
# Where it is looked again, besides its middle.
_AGAIN = np.array([[0.375, 0.125], [-0.25, 0.375], [-0.125, -0.375]])


class Renderer:
    """Renders one scene in one light through one pinhole camera.

    The middle of pixel (column u, row v) is at (u, v), as in sensor_msgs/CameraInfo. Textures are
    averaged over each pixel; where a pixel's neighbours see another face, it is looked at four
    places of it.

    Attributes:
        scene: what is looked at.
    """

    def __init__(
        self, scene: Scene, light: Light, camera: CameraSpec, threads: int | None = None
    ) -> None:
        """Work out where light falls.

        Args:
            scene: what is looked at.
            light: what shines in it.
            camera: size and focal lengths of the pictures.
            threads: how many share a picture; every core this process may use where left out.
        """
        self.scene = scene
        self._light = light_map(scene, light)
        self._kept_rays: dict[tuple[int, int, bool], Rays] = {}
        self._size = (camera.height, camera.width)
        self._lens = np.array([1.0 / camera.fx, 1.0 / camera.fy, camera.cx, camera.cy])
        self._threads = len(os.sched_getaffinity(0)) if threads is None else max(1, threads)
        self._pool = ThreadPoolExecutor(self._threads) if self._threads > 1 else None

    def radiance(
        self,
        poses: NDArray[np.float64],
        people: Sequence[Person] = (),
        stamp_s: float = 0.0,
    ) -> NDArray[np.float32]:
        """Return (height, width, 3) how bright each pixel is, in linear light, red first.

        Args:
            poses: (samples, rows, 3, 4) where the camera is, as rotation and translation of its
                optical frame in the map frame: for each row of the picture, or one for all rows;
                a picture is the mean of its samples, which is how motion blurs it.
            people: who walks about.
            stamp_s: when, for the people.

        Raises:
            ValueError: the shape is wrong, or the camera is not between floor and ceiling.
        """
        looked = self._checked(poses)
        where = people_at(list(people), stamp_s)
        samples = len(poses)
        few = samples < len(_PLACES)
        colour, face = self._look(self._rays(samples, poses.shape[1], not few), looked, where)
        looks = colour.reshape(samples, *self._size, 3)
        picture: NDArray[np.float32] = looks[0] if samples == 1 else looks.mean(axis=0)
        if few:
            faces = face.reshape(samples, *self._size)
            row, column = np.nonzero(_beside_another(faces, looks).any(axis=0))
            again = self._rays_at(row, column, samples, poses.shape[1])
            colour, _ = self._look(again, looked, where)
            more = colour.reshape(len(row), samples * len(_AGAIN), 3).mean(axis=1)
            picture[row, column] += len(_AGAIN) / (len(_AGAIN) + 1) * (more - picture[row, column])
        return picture

    def depth(
        self,
        poses: NDArray[np.float64],
        people: Sequence[Person] = (),
        stamp_s: float = 0.0,
    ) -> NDArray[np.float32]:
        """Return (height, width) the distance of what each pixel's middle sees, 0 for nothing.

        It is along the optical axis, in m, as in depth images. See ``radiance``; of several
        samples the middle one counts.
        """
        looked = self._checked(poses[len(poses) // 2 :][:1])
        where = people_at(list(people), stamp_s)
        rays = self._rays(1, poses.shape[1], False)
        found = np.empty(len(rays.pose), np.float32)

        def fill(some: slice) -> None:
            found[some] = self._meet(_part(rays, some), looked, where).depth_m

        self._shared(rays, fill)
        return found.reshape(self._size)

    def _look(
        self, rays: Rays, poses: NDArray[np.float64], people: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the radiance (n, 3) along rays, and the faces (n,) that they meet."""
        looks = Looks.empty(len(rays.pose))
        self._shared(rays, lambda some: self._fill(rays, some, poses, people, looks))
        return looks.colour, looks.face

    def _fill(
        self,
        rays: Rays,
        some: slice,
        poses: NDArray[np.float64],
        people: NDArray[np.float64],
        looks: Looks,
    ) -> None:
        """Fill in some of the looks."""
        scene, atlas = self.scene, self.scene.atlas
        mine, part = _part(rays, some), _part(looks, some)
        hits = self._meet(mine, poses, people)
        cover(
            scene.shape.ceiling_m,
            scene.shape.solid,
            scene.walls,
            scene.ground,
            (atlas.sizes, atlas.per_metre),
            self._light,
            people,
            poses,
            self._lens,
            mine,
            hits,
            part,
        )
        look_up(atlas.texels, atlas.levels, atlas.sizes, part.texture, part.area, part.colour)

    def _meet(self, rays: Rays, poses: NDArray[np.float64], people: NDArray[np.float64]) -> Hits:
        hits = Hits.empty(len(rays.pose))
        meet(self.scene.shape, people, poses, self._lens, rays, hits)
        return hits

    def _rays(self, samples: int, rows: int, spread: bool) -> Rays:
        """Return the rays of whole pictures, one for each sample, spread over the pixels or not."""
        key = (samples, rows, spread)
        if key not in self._kept_rays:
            height, width = self._size
            sample, row, column = (one.ravel() for one in np.mgrid[0:samples, 0:height, 0:width])
            places = _PLACES if spread else np.zeros((1, 2))
            place = places[sample % len(places)]
            pose = sample * rows + np.minimum(row, rows - 1)
            self._kept_rays = {key: Rays(column + place[:, 0], row + place[:, 1], pose)}
        return self._kept_rays[key]

    def _rays_at(
        self, row: NDArray[np.int64], column: NDArray[np.int64], samples: int, rows: int
    ) -> Rays:
        """Return rays through all places of some pixels, sample by sample, pixel by pixel."""
        sample, place = (one.ravel() for one in np.mgrid[0:samples, 0 : len(_AGAIN)])
        pose = sample * rows + np.minimum(row, rows - 1)[:, None]
        return Rays(
            (column[:, None] + _AGAIN[place, 0]).ravel(),
            (row[:, None] + _AGAIN[place, 1]).ravel(),
            pose.ravel(),
        )

    def _checked(self, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return poses (samples * rows, 3, 4)."""
        if poses.ndim != 4 or poses.shape[2:] != (3, 4) or poses.shape[1] not in (1, self._size[0]):
            raise ValueError(
                f"poses are (samples, 1 or {self._size[0]}, 3, 4), got shape {poses.shape}"
            )
        heights, ceiling = poses[:, :, 2, 3], self.scene.shape.ceiling_m
        if not np.all((heights > 0.0) & (heights < ceiling)):
            raise ValueError(
                f"a camera is between the floor and the ceiling at {ceiling} m, "
                f"got heights from {heights.min():.3f} to {heights.max():.3f} m"
            )
        return np.array(poses, dtype=np.float64).reshape(-1, 3, 4)

    def _shared(self, rays: Rays, job: Callable[[slice], None]) -> None:
        """Let every thread have its part of the rays."""
        count = len(rays.pose)
        threads = min(self._threads, 1 + count // _RAYS_WORTH_A_THREAD)
        bounds = [count * k // threads for k in range(threads + 1)]
        parts = [slice(begin, end) for begin, end in pairwise(bounds)]
        if self._pool is None or threads == 1:
            job(parts[0])
            return
        for _ in self._pool.map(job, parts):
            pass


def still(map_from_camera: Pose3) -> NDArray[np.float64]:
    """Return the poses (1, 1, 3, 4) of a camera that stands."""
    return map_from_camera.to_matrix()[None, None, :3]


def _part(arrays: Arrays, some: slice) -> Arrays:
    """Return a part of each of several arrays."""
    parts: list[Any] = [one[some] for one in arrays]
    return type(arrays)(*parts)


def _beside_another(faces: NDArray[np.int64], looks: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return (samples, height, width) True where the edge of a face shows beside a pixel.

    Args:
        faces: (samples, height, width) numbers of what is seen.
        looks: (samples, height, width, 3) how bright it is.
    """
    beside = np.zeros(faces.shape, bool)
    bright = looks @ _ALIKE_WEIGHTS
    for axis in (1, 2):
        step = np.abs(np.diff(bright, axis=axis))
        differs = (np.diff(faces, axis=axis) != 0) & (step > _ALIKE * np.mean(bright))
        first = [slice(None)] * 3
        first[axis] = slice(None, -1)
        beside[tuple(first)] |= differs
        first[axis] = slice(1, None)
        beside[tuple(first)] |= differs
    return beside
