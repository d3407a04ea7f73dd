# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rays of a picture, and what each meets first."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.people import person_met
from local_inn_ros.simulation.camera.ray_kernel import FARTHEST_M, NOTHING, PERSON, traced


class Rays(NamedTuple):
    """Places in a picture that are looked at.

    Attributes:
        column: (n,) from the middle of the leftmost pixels.
        row: (n,) from the middle of the topmost pixels.
        pose: (n,) which pose the camera then has.
    """

    column: NDArray[np.float64]
    row: NDArray[np.float64]
    pose: NDArray[np.int64]


class Hits(NamedTuple):
    """What rays meet first.

    Attributes:
        depth_m: (n,) how far along the optical axis; 0 where there is nothing.
        what: (n,) kind of thing, see ``ray_kernel``.
        which: (n,) the segment of a side or top, or the number of a person.
        share: (n,) of the way along a segment; of a person how it faces up.
        part: (n,) of a person: 0 trousers, 1 shirt, 2 head.
    """

    depth_m: NDArray[np.float64]
    what: NDArray[np.int8]
    which: NDArray[np.int64]
    share: NDArray[np.float64]
    part: NDArray[np.int8]

    @staticmethod
    def empty(count: int) -> Hits:
        """Return room for so many."""
        return Hits(
            np.empty(count),
            np.empty(count, np.int8),
            np.empty(count, np.int64),
            np.empty(count),
            np.empty(count, np.int8),
        )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def ray_through(poses, k, lens, column, row):  # type: ignore[no-untyped-def]
    """Return where a ray goes in the map frame, in m for each metre along the optical axis."""
    right, down = (column - lens[2]) * lens[0], (row - lens[3]) * lens[1]
    return (
        poses[k, 0, 0] * right + poses[k, 0, 1] * down + poses[k, 0, 2],
        poses[k, 1, 0] * right + poses[k, 1, 1] * down + poses[k, 1, 2],
        poses[k, 2, 0] * right + poses[k, 2, 1] * down + poses[k, 2, 2],
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def meet(shape, people, poses, lens, rays, hits):  # type: ignore[no-untyped-def]
    """Fill in what rays meet.

    Args:
        shape: see ``RoomShape``.
        people: (m, 13) see ``people_at``.
        poses: (k, 3, 4) of the camera's optical frame in the map frame.
        lens: (4,) inverse focal lengths and principal point, across and down, in pixels.
        rays: see ``Rays``.
        hits: see ``Hits``, of the same length.
    """
    for i in range(rays.pose.shape[0]):
        k = rays.pose[i]
        dx, dy, dz = ray_through(poses, k, lens, rays.column[i], rays.row[i])
        x, y, z = poses[k, 0, 3], poses[k, 1, 3], poses[k, 2, 3]
        t, what, which, share = traced(shape, x, y, z, dx, dy, dz, FARTHEST_M)
        part = 0
        for one in range(people.shape[0]):
            met, its, up = person_met(people, one, x, y, z, dx, dy, dz)
            if met < t:
                t, what, which, share, part = met, PERSON, one, up, its
        hits.depth_m[i] = t if what != NOTHING else 0.0
        hits.what[i] = what
        hits.which[i] = which
        hits.share[i] = share
        hits.part[i] = part
