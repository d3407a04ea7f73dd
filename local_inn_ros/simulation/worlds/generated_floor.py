# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Floors of buildings: a ring corridor, rooms on both sides of it, doors and furniture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.worlds.floor_plan import Box, FloorPlan, Room, draw_floor_plan
from local_inn_ros.simulation.worlds.generated_world import GeneratedWorld
from local_inn_ros.world.closed_path import ClosedPath
from local_inn_ros.world.occupancy_grid import FREE, OCCUPIED, UNKNOWN, OccupancyGrid

_RESOLUTION_M = 0.05
_MARGIN_M = 0.5
_CLOSED_DOOR_SHARE = 0.2
_PIECES_PER_M2 = 0.25
_CORRIDOR_PIECES_PER_M = 0.6
# Furniture keeps this far from doorways, and this far from the lap.
_DOORWAY_M = 0.5
_LANE_M = 0.6
_CORNER_RADIUS_M = 1.0


def generate_floor(
    rng: np.random.Generator,
    width_m: float = 26.0,
    depth_m: float = 17.0,
    corridor_m: float = 2.0,
) -> GeneratedWorld:
    """Make one floor of a building.

    A ring corridor goes round a core; rooms of all sizes lie round it and in the core. Most have
    an open door and some furniture; the others are closed, and unknown.

    Args:
        rng: source of all that is random.
        width_m: outer size along x.
        depth_m: outer size along y.
        corridor_m: mean width of the corridor, which differs from side to side.

    Returns:
        A map of 5 cm cells: free rooms and corridors that hang together, occupied walls and
        furniture, and unknown where nobody could have looked. The lap goes once round the
        corridor, counter-clockwise. The origin of the map frame is the building's lower left
        corner.

    Raises:
        ValueError: the building is too small for a ring of rooms, a corridor and a core.
    """
    plan = draw_floor_plan(rng, width_m, depth_m, corridor_m)
    lap = _lap_round(plan)
    canvas = _Canvas(plan.building)
    canvas.fill(plan.building, OCCUPIED)
    canvas.fill(plan.ring_outer, FREE)
    canvas.fill(plan.ring_inner, OCCUPIED)
    for room in plan.rooms:
        if rng.random() < _CLOSED_DOOR_SHARE:
            canvas.fill(room.inside, UNKNOWN)
            canvas.fill(room.doorstep, FREE)
        else:
            canvas.fill(room.inside, FREE)
            _furnish(rng, canvas, room)
            canvas.fill(room.doorway, FREE)
    _dress_corridor(rng, canvas, plan, lap)
    return GeneratedWorld(canvas.grid_seen_from(lap.points[0]), lap.points)


class _Canvas:
    """The cells of a floor while it is drawn."""

    def __init__(self, building: Box) -> None:
        area = building.grown(_MARGIN_M)
        cols = round((area.x_max - area.x_min) / _RESOLUTION_M)
        rows = round((area.y_max - area.y_min) / _RESOLUTION_M)
        self.cells = np.full((rows, cols), UNKNOWN, dtype=np.int8)
        self.origin = Pose2(area.x_min, area.y_min, 0.0)
        self.x = area.x_min + (np.arange(cols) + 0.5) * _RESOLUTION_M
        self.y = area.y_min + (np.arange(rows) + 0.5) * _RESOLUTION_M

    def fill(self, box: Box, value: int) -> None:
        """Set the cells whose centres lie in a rectangle."""
        rows = np.flatnonzero((self.y > box.y_min) & (self.y < box.y_max))
        cols = np.flatnonzero((self.x > box.x_min) & (self.x < box.x_max))
        self.cells[np.ix_(rows, cols)] = value

    def under(
        self, x: float, y: float, yaw: float, length: float, depth: float
    ) -> NDArray[np.bool_]:
        """Return (rows, cols) True under a rectangle turned any way."""
        ahead, aside = self.x[None, :] - x, self.y[:, None] - y
        along = np.abs(math.cos(yaw) * ahead + math.sin(yaw) * aside)
        across = np.abs(math.cos(yaw) * aside - math.sin(yaw) * ahead)
        mask: NDArray[np.bool_] = (along < 0.5 * length) & (across < 0.5 * depth)
        return mask

    def grid_seen_from(self, place: NDArray[np.float64]) -> OccupancyGrid:
        """Return the map; free cells that cannot be reached from a place become unknown."""
        labels, _ = ndimage.label(self.cells == FREE)
        row, col = np.searchsorted(self.y, place[1]), np.searchsorted(self.x, place[0])
        cells = np.where((self.cells == FREE) & (labels != labels[row, col]), UNKNOWN, self.cells)
        return OccupancyGrid(cells, _RESOLUTION_M, self.origin)


def _furnish(rng: np.random.Generator, canvas: _Canvas, room: Room) -> None:
    """Put cupboards along the walls of a room and tables into it, but not before its door."""
    box, door = room.inside, room.doorway.grown(_DOORWAY_M)
    for _ in range(rng.poisson(_PIECES_PER_M2 * box.area_m2)):
        length, depth = rng.uniform(0.3, 1.6), rng.uniform(0.25, 0.8)
        x, y = rng.uniform(box.x_min, box.x_max), rng.uniform(box.y_min, box.y_max)
        yaw = 0.0 if rng.random() < 0.6 else rng.uniform(0.0, math.pi)
        if rng.random() < 0.5:
            x, y, yaw = _against_wall(rng, box, x, y, 0.5 * depth)
        away = max(door.x_min - x, x - door.x_max, door.y_min - y, y - door.y_max)
        if away > 0.5 * math.hypot(length, depth):
            within = canvas.under(x, y, yaw, length, depth) & (canvas.cells == FREE)
            canvas.cells[within] = OCCUPIED


def _against_wall(
    rng: np.random.Generator, box: Box, x: float, y: float, off: float
) -> tuple[float, float, float]:
    """Move a piece of furniture to one of the four walls, its back to it."""
    side = int(rng.integers(4))
    if side < 2:
        return x, (box.y_min + off if side == 0 else box.y_max - off), 0.0
    return (box.x_min + off if side == 2 else box.x_max - off), y, 0.5 * math.pi


def _dress_corridor(
    rng: np.random.Generator, canvas: _Canvas, plan: FloorPlan, lap: ClosedPath
) -> None:
    """Put lockers, bins and pillars along the corridor's walls, clear of the lap and the doors."""
    kept = np.zeros(canvas.cells.shape, dtype=bool)
    for room in plan.rooms:
        door = room.doorway.grown(0.5 * _DOORWAY_M)
        kept |= canvas.under(
            0.5 * (door.x_min + door.x_max),
            0.5 * (door.y_min + door.y_max),
            0.0,
            door.x_max - door.x_min,
            door.y_max - door.y_min,
        )
    for x, y in lap.points[::5]:
        kept |= np.hypot(canvas.x[None, :] - x, canvas.y[:, None] - y) < _LANE_M
    widest = 0.5 * max(
        plan.ring_inner.x_min - plan.ring_outer.x_min,
        plan.ring_outer.x_max - plan.ring_inner.x_max,
        plan.ring_inner.y_min - plan.ring_outer.y_min,
        plan.ring_outer.y_max - plan.ring_inner.y_max,
    )
    for _ in range(rng.poisson(_CORRIDOR_PIECES_PER_M * lap.length_m)):
        pose = lap.pose(int(rng.integers(len(lap.points))))
        side = 1.0 if rng.random() < 0.5 else -1.0
        off = side * rng.uniform(_LANE_M, widest + 0.2)
        middle = pose @ Pose2(0.0, off, 0.0)
        size = rng.uniform(0.2, 1.4), rng.uniform(0.2, 0.7)
        piece = canvas.under(middle.x, middle.y, pose.yaw, *size) & (canvas.cells == FREE)
        if not np.any(piece & kept):
            canvas.cells[piece] = OCCUPIED


def _lap_round(plan: FloorPlan) -> ClosedPath:
    """Return the middle of the corridor, once round, its corners rounded."""
    outer, inner = plan.ring_outer, plan.ring_inner
    low = 0.5 * np.array([outer.x_min + inner.x_min, outer.y_min + inner.y_min])
    high = 0.5 * np.array([outer.x_max + inner.x_max, outer.y_max + inner.y_max])
    radius = _CORNER_RADIUS_M
    points = []
    for corner, (x, y) in enumerate(
        (
            (high[0] - radius, low[1] + radius),
            (high[0] - radius, high[1] - radius),
            (low[0] + radius, high[1] - radius),
            (low[0] + radius, low[1] + radius),
        )
    ):
        turn = (corner - 1) * 0.5 * math.pi + np.linspace(0.0, 0.5 * math.pi, 7)
        points.append(np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)]))
    corners = np.vstack(points)
    # Points along the straights too, or the spline would bulge between the corners.
    ring = np.vstack([corners, corners[:1]])
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    at = np.arange(0.0, travelled[-1], 0.25)
    even = np.column_stack([np.interp(at, travelled, ring[:, axis]) for axis in (0, 1)])
    return ClosedPath.through(even)
