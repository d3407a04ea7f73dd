# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the corridor and the rooms of a generated floor lie."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

WALL_M = 0.15
_DOOR_M = (0.85, 1.1)
_ROOM_M = (2.6, 5.5)
_ROOM_DEPTH_M = (2.8, 4.2)
# Every room shares at least this much wall with the corridor.
_CONTACT_M = 1.7
# A core deeper than this may have rooms on both sides.
_TWO_ROWS_M = 4.8
_DOORSTEP_M = 0.1
_OVERLAP_M = 0.05


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle along the axes of the building, in metres."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def grown(self, by_m: float) -> Box:
        """Return the rectangle with each side moved outward."""
        return Box(self.x_min - by_m, self.y_min - by_m, self.x_max + by_m, self.y_max + by_m)

    @property
    def area_m2(self) -> float:
        """Width times depth."""
        return (self.x_max - self.x_min) * (self.y_max - self.y_min)


@dataclass(frozen=True, slots=True)
class Room:
    """A room and its door.

    Attributes:
        inside: the room between its walls.
        doorway: the opening through the wall, from the corridor into the room.
        doorstep: the part of it before the closed door.
    """

    inside: Box
    doorway: Box
    doorstep: Box


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """A building, its ring corridor and its rooms.

    Attributes:
        building: outer faces of its walls.
        ring_outer: outer edge of the corridor.
        ring_inner: inner edge of the corridor, which is the outer face of the core.
        rooms: those round the corridor and those in the core.
    """

    building: Box
    ring_outer: Box
    ring_inner: Box
    rooms: tuple[Room, ...]


def draw_floor_plan(
    rng: np.random.Generator, width_m: float, depth_m: float, corridor_m: float
) -> FloorPlan:
    """Divide a building into a ring corridor, rooms round it and rooms in its core.

    Raises:
        ValueError: the building is too small.
    """
    building = Box(0.0, 0.0, width_m, depth_m)
    left, bottom, right, top = rng.uniform(*_ROOM_DEPTH_M, 4).tolist()
    outer = Box(left, bottom, width_m - right, depth_m - top)
    west, south, east, north = (corridor_m * rng.uniform(0.85, 1.3, 4)).tolist()
    inner = Box(outer.x_min + west, outer.y_min + south, outer.x_max - east, outer.y_max - north)
    if inner.x_max - inner.x_min < 2.0 * _ROOM_M[0] or inner.y_max - inner.y_min < _ROOM_M[0]:
        raise ValueError(
            f"a building of {width_m:g} x {depth_m:g} m has no room for a corridor of "
            f"{corridor_m:g} m with rooms round it and a core"
        )
    rooms = [*_rooms_around(rng, building, outer), *_rooms_in_core(rng, inner)]
    return FloorPlan(building, outer, inner, tuple(rooms))


def _rooms_around(rng: np.random.Generator, building: Box, ring: Box) -> list[Room]:
    """Cut the four strips between the corridor and the outer walls into rooms."""
    rooms = []
    walls = building.grown(-WALL_M)
    for face, into in ((ring.y_min, -1.0), (ring.y_max, 1.0)):
        far = walls.y_min if into < 0.0 else walls.y_max
        ends = (walls.x_min - 0.5 * WALL_M, walls.x_max + 0.5 * WALL_M)
        for start, end in _cut(rng, *ends, ring.x_min, ring.x_max):
            door = _draw_door(rng, max(start, ring.x_min), min(end, ring.x_max))
            rooms.append(_room_beside(face, into, far, (start, end), door))
    for face, into in ((ring.x_min, -1.0), (ring.x_max, 1.0)):
        far = walls.x_min if into < 0.0 else walls.x_max
        ends = (ring.y_min - 0.5 * WALL_M, ring.y_max + 0.5 * WALL_M)
        for start, end in _cut(rng, *ends, ring.y_min, ring.y_max):
            door = _draw_door(rng, max(start, ring.y_min), min(end, ring.y_max))
            rooms.append(_turned(_room_beside(face, into, far, (start, end), door)))
    return rooms


def _rooms_in_core(rng: np.random.Generator, core: Box) -> list[Room]:
    """Cut the core into rooms, some with a second one at their back."""
    rooms = []
    ends = (core.x_min + 0.5 * WALL_M, core.x_max - 0.5 * WALL_M)
    for start, end in _cut(rng, *ends, *ends):
        if core.y_max - core.y_min > _TWO_ROWS_M and rng.random() < 0.7:
            middle = core.y_min + float(rng.uniform(0.42, 0.58)) * (core.y_max - core.y_min)
            south, north = middle - 0.5 * WALL_M, middle + 0.5 * WALL_M
            door = _draw_door(rng, start, end)
            rooms.append(_room_beside(core.y_min, 1.0, south, (start, end), door))
            door = _draw_door(rng, start, end)
            rooms.append(_room_beside(core.y_max, -1.0, north, (start, end), door))
            continue
        door = _draw_door(rng, start, end)
        if rng.random() < 0.5:
            rooms.append(_room_beside(core.y_min, 1.0, core.y_max - WALL_M, (start, end), door))
        else:
            rooms.append(_room_beside(core.y_max, -1.0, core.y_min + WALL_M, (start, end), door))
    return rooms


def _room_beside(
    face: float, into: float, far: float, span: tuple[float, float], door: tuple[float, float]
) -> Room:
    """Return a room on one side of a corridor that runs along x.

    Args:
        face: y of the corridor's wall, as seen from the corridor.
        into: 1 where the room lies at larger y, -1 where at smaller.
        far: y of the room's far wall.
        span: x where the room begins and ends.
        door: x where its door begins and ends.
    """
    near = face + into * WALL_M
    # The openings overlap what they join, so that rounding to cells leaves no sill.
    back = face - into * _OVERLAP_M
    through, step = near + into * _OVERLAP_M, face + into * _DOORSTEP_M
    return Room(
        inside=Box(span[0], min(near, far), span[1], max(near, far)),
        doorway=Box(door[0], min(back, through), door[1], max(back, through)),
        doorstep=Box(door[0], min(back, step), door[1], max(back, step)),
    )


def _turned(room: Room) -> Room:
    """Return a room with x and y exchanged."""
    inside, way, step = (
        Box(box.y_min, box.x_min, box.y_max, box.x_max)
        for box in (room.inside, room.doorway, room.doorstep)
    )
    return Room(inside, way, step)


def _cut(
    rng: np.random.Generator, start: float, end: float, contact_start: float, contact_end: float
) -> list[tuple[float, float]]:
    """Cut a strip into rooms that each touch the corridor; walls are taken off both ends."""
    cuts = [start]
    earliest = max(start + _ROOM_M[0], contact_start + _CONTACT_M)
    latest = min(end - _ROOM_M[0], contact_end - _CONTACT_M)
    while True:
        earliest = max(earliest, cuts[-1] + _ROOM_M[0])
        cut = max(earliest, cuts[-1] + float(rng.uniform(*_ROOM_M)))
        if cut > latest:
            break
        cuts.append(cut)
    cuts.append(end)
    half = 0.5 * WALL_M
    return [(low + half, high - half) for low, high in itertools.pairwise(cuts)]


def _draw_door(rng: np.random.Generator, start: float, end: float) -> tuple[float, float]:
    """Place a door somewhere along a stretch of wall."""
    width = float(rng.uniform(*_DOOR_M))
    at = float(rng.uniform(start + 0.2, max(start + 0.2, end - 0.2 - width)))
    return at, at + width
