# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Patches of posed pictures, looked at in several ways once, and drawn from at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing.camera.posed_pictures import DepthFile, PosedPicture, PosedPictures
from local_inn_ros.systems.pose_inn.config import FEATURES, patches_of, view_size
from local_inn_ros.systems.pose_inn.familiarity import pooled_features
from local_inn_ros.systems.pose_inn.looks import Look, another_look, plain_look, turned_view
from local_inn_ros.systems.pose_inn.triangulation import PatchDepths, Triangulator

# Looks that are kept: their features take 0.15 MB each of a picture of 320x240.
_MOST_LOOKS = 6_000

Features = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From brightness (height, width) to the features (patches, 64)."""
Views = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From brightness (height, width) to the small picture that the forward pass should draw."""


@dataclass(frozen=True, slots=True, eq=False)
class PatchBatch:
    """Patches of posed pictures, and whole small pictures with their poses.

    Attributes:
        features: (b, 64) of the patches.
        pooled: (b, 128) of the looks that they are of.
        rays: (b, 2) of their middles.
        zooms: (b,) of the looks that they are of.
        poses: (b, 4, 4) of the camera in the map frame.
        places: (b, 3) what depth says they show; NaN where there is none.
        measured: whether a sensor measured the depth; otherwise it was triangulated.
        view_poses: (v, 12) positions and rotations of whole pictures.
        views: (v, rows, cols) of them, NaN where one shows nothing.
    """

    features: NDArray[np.float32]
    pooled: NDArray[np.float32]
    rays: NDArray[np.float32]
    zooms: NDArray[np.float32]
    poses: NDArray[np.float32]
    places: NDArray[np.float32]
    measured: bool
    view_poses: NDArray[np.float32]
    views: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """What the fit loop draws from (see ``SampleSource``).

    Attributes:
        features: (n, 64) float16 of all patches.
        rays: (n, 2) of their middles.
        zooms: (n,) of the looks that they are of.
        looks: (n,) number of the look that they are of.
        pooled: (l, 128) what each look is like as a whole.
        numbers: (n,) of the picture that they are of.
        places: (n, 3) what depth says they show, in the map frame; NaN where there is none.
        measured: whether a sensor measured the depth; otherwise it was triangulated.
        poses: (k, 4, 4) of the pictures.
        view_poses: (w, 4, 4) of whole small pictures: as they are, and turned.
        views: (w, rows, cols) of them, NaN where one shows nothing.
        view_batch: of them in each batch.
    """

    features: NDArray[np.float16]
    rays: NDArray[np.float32]
    zooms: NDArray[np.float32]
    looks: NDArray[np.int32]
    pooled: NDArray[np.float32]
    numbers: NDArray[np.int32]
    places: NDArray[np.float32]
    measured: bool
    poses: NDArray[np.float32]
    view_poses: NDArray[np.float32]
    views: NDArray[np.float32]
    view_batch: int

    def draw(self, rng: np.random.Generator, count: int) -> PatchBatch:
        """Draw patches, and whole pictures beside them."""
        # In order, so that memory is read from its beginning to its end.
        drawn = np.sort(rng.integers(len(self.features), size=count))
        pictures = rng.integers(len(self.views), size=self.view_batch)
        return PatchBatch(
            self.features[drawn].astype(np.float32),
            self.pooled[self.looks[drawn]],
            self.rays[drawn],
            self.zooms[drawn],
            self.poses[self.numbers[drawn]],
            self.places[drawn],
            self.measured,
            pose_rows(self.view_poses[pictures]),
            self.views[pictures],
        )

    def seen_places(self) -> NDArray[np.float64]:
        """Return the places (m, 3) that depth tells; without any, what lies 2 m ahead of cameras.

        They say where the scene is, and how large.
        """
        known = self.places[np.isfinite(self.places[:, 0])]
        if len(known) == 0:
            known = self.poses[:, :3, 3] + 2.0 * self.poses[:, :3, 2]
        return known.astype(np.float64)


def pose_rows(poses: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return poses (b, 4, 4) as the view's graph takes them: (b, 12)."""
    turns = poses[:, :3, :3].reshape(len(poses), 9)
    return np.concatenate([poses[:, :3, 3], turns], axis=1).astype(np.float32)


def patches_from(
    posed: PosedPictures,
    looks: int,
    view_batch: int,
    features: Features,
    views: Views,
    rng: np.random.Generator,
) -> Patches:
    """Look at pictures and keep what their patches are like.

    Args:
        posed: pictures with poses; where there are very many, some evenly chosen ones are used.
        looks: at each picture, the first of them as it is; as many views of it, the others turned.
        view_batch: whole pictures in a batch.
        features: asks the backbone.
        views: makes small pictures.
        rng: draws the looks.

    Raises:
        SensorError: there are no pictures.
        BagError: a picture cannot be read.
    """
    if len(posed) == 0:
        raise SensorError("there is no picture to learn from")
    step = max(1, -(-len(posed) * looks // _MOST_LOOKS))
    used = posed.at(range(0, len(posed), step))
    room = _Room.of(used, looks)
    plain = []
    # Turns of their own: how many of them there are changes no look.
    (turns,) = rng.spawn(1)
    for one in used:
        look = plain_look(one.picture(used.camera).pixels, used.camera)
        plain.append(features(look.brightness).astype(np.float16))
        pose, size = one.map_from_camera.to_matrix(), view_size(used.camera)
        room.put_view(views(look.brightness), pose)
        for _ in range(looks - 1):
            view, turn = turned_view(look.brightness, used.camera, size, turns)
            turned = pose.copy()
            turned[:3, :3] = pose[:3, :3] @ turn
            room.put_view(view, turned)
    depths = _depths(used, plain, rng)
    for number, one in enumerate(used):
        pixels = one.picture(used.camera).pixels
        seen = plain_look(pixels, used.camera)
        room.put(number, seen, plain[number], _places(one, depths[number], seen))
        for _ in range(looks - 1):
            look = another_look(pixels, used.camera, rng)
            room.put(number, look, features(look.brightness), _places(one, depths[number], look))
    return room.patches(used.poses().astype(np.float32), used.have_depth, view_batch)


def _depths(
    posed: PosedPictures, plain: list[NDArray[np.float16]], rng: np.random.Generator
) -> list[DepthFile | PatchDepths | None]:
    """Return what tells depths of each picture: its file; without any files, other pictures."""
    if posed.have_depth:
        return [one.depth for one in posed]
    triangulator = Triangulator(posed.camera, posed.poses(), plain)
    return [triangulator.depths_of(number, rng) for number in range(len(posed))]


def _places(
    one: PosedPicture, told: DepthFile | PatchDepths | None, look: Look
) -> NDArray[np.float64]:
    """Return what depth says that patches show (patches, 3), NaN where there is none."""
    if told is None:
        return np.full((len(look.rays), 3), np.nan)
    known = np.isfinite(look.rays[:, 0])
    depths = np.full(len(look.rays), np.nan)
    depths[known] = told.depths_along(look.rays[known])
    ahead = np.c_[look.rays, np.ones(len(look.rays))] * depths[:, None]
    return one.map_from_camera.transform_points(ahead)


class _Room:
    """Where what patches are like is put, picture after picture."""

    def __init__(self, most: int) -> None:
        self._features = np.zeros((most, FEATURES), np.float16)
        self._rays = np.zeros((most, 2), np.float32)
        self._zooms = np.zeros(most, np.float32)
        self._numbers = np.zeros(most, np.int32)
        self._looks = np.zeros(most, np.int32)
        self._pooled: list[NDArray[np.float32]] = []
        self._places = np.zeros((most, 3), np.float32)
        self._count = 0
        self._views: list[NDArray[np.float32]] = []
        self._view_poses: list[NDArray[np.float64]] = []

    @staticmethod
    def of(posed: PosedPictures, looks: int) -> _Room:
        """Make room for so many looks at each picture."""
        rows, cols = patches_of(posed.camera)
        most = len(posed) * looks * rows * cols
        return _Room(most)

    def put_view(self, view: NDArray[np.float32], pose: NDArray[np.float64]) -> None:
        """Put a small picture (rows, cols) and the pose (4, 4) that it is seen from."""
        self._views.append(view)
        self._view_poses.append(pose)

    def put(
        self,
        number: int,
        look: Look,
        features: NDArray[np.floating],
        places: NDArray[np.float64],
    ) -> None:
        """Put the patches of one look, but for those that show nothing of the picture."""
        seen = np.isfinite(look.rays[:, 0])
        at = slice(self._count, self._count + int(seen.sum()))
        self._features[at] = features[seen]
        self._rays[at] = look.rays[seen]
        self._zooms[at] = look.zoom
        self._numbers[at] = number
        self._looks[at] = len(self._pooled)
        self._pooled.append(pooled_features(features))
        self._places[at] = places[seen]
        self._count = at.stop

    def patches(self, poses: NDArray[np.float32], measured: bool, view_batch: int) -> Patches:
        """Return all that was put."""
        end = self._count
        return Patches(
            self._features[:end],
            self._rays[:end],
            self._zooms[:end],
            self._looks[:end],
            np.array(self._pooled),
            self._numbers[:end],
            self._places[:end],
            measured,
            poses,
            np.array(self._view_poses, np.float32),
            np.array(self._views, np.float32),
            view_batch,
        )
