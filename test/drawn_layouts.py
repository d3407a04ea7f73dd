# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Maps drawn as people draw them, with the parts that a robot is in: tracks, halls, rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.geometry import Pose2
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, OccupancyGrid

Mask = NDArray[np.bool_]
CELL_M = 0.05


@dataclass(frozen=True, eq=False)
class Layout:
    """A map, and where on it a robot drives.

    Attributes:
        name: what it is.
        grid: the map.
        right: (n, 2) points, one in each part that a robot drives in.
    """

    name: str
    grid: OccupancyGrid
    right: NDArray[np.float64]


class Sheet:
    """An image to draw on, in metres; its lower left corner is the map's origin."""

    def __init__(self, width_m: float, height_m: float, paper: int = FREE) -> None:
        shape = (round(height_m / CELL_M), round(width_m / CELL_M))
        self.cells = np.full(shape, paper, np.int8)
        self.y, self.x = (np.indices(shape) + 0.5) * CELL_M

    def box(self, x: float, y: float, width: float, height: float) -> Mask:
        return (abs(self.x - x - width / 2) < width / 2) & (
            abs(self.y - y - height / 2) < height / 2
        )

    def disc(self, x: float, y: float, across: float, along: float | None = None) -> Mask:
        along = across if along is None else along
        return ((self.x - x) / across) ** 2 + ((self.y - y) / along) ** 2 < 1.0

    def fill(self, mask: Mask, what: int) -> None:
        self.cells[mask] = what

    def wall(self, mask: Mask, thick: int = 2) -> None:
        """Draw a wall round a region, outside of it."""
        grown = ndimage.binary_dilation(mask, np.ones((3, 3)), iterations=thick)
        self.cells[grown & ~mask] = OCCUPIED

    def hollow(self, mask: Mask, thick: int = 2) -> None:
        """Draw a thing of which only the outline is drawn."""
        self.cells[mask & ~ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=thick)] = (
            OCCUPIED
        )

    def layout(self, name: str, *right: tuple[float, float], yaw: float = 0.0) -> Layout:
        origin = Pose2(-3.0, 1.5, yaw)
        grid = OccupancyGrid(self.cells, CELL_M, origin)
        cells = np.floor(np.array(right)[:, ::-1] / CELL_M)
        return Layout(name, grid, grid.cell_to_world(cells))


def tube(sheet: Sheet, line: NDArray[np.float64], width_m: float) -> Mask:
    """Return all that is within half a width of a closed line (n, 2)."""
    drawn = np.ones(sheet.cells.shape, bool)
    ring = np.vstack([line, line[:1]])
    for start, end in pairwise(ring):
        steps = np.linspace(0.0, 1.0, 2 + int(np.hypot(*(end - start)) / (0.4 * CELL_M)))[:, None]
        cells = ((start + steps * (end - start)) / CELL_M).astype(int)
        drawn[cells[:, 1], cells[:, 0]] = False
    return ndimage.distance_transform_edt(drawn) * CELL_M < width_m / 2


def bends(seed: int, size_m: float, wildness: float, count: int = 400) -> NDArray[np.float64]:
    """Return a closed line (n, 2) round the middle of a square sheet, with bends of any kind."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    radius = np.ones(count)
    for order in range(2, 6):
        radius += wildness * rng.normal() / order * np.cos(order * turn + rng.uniform(0.0, 6.3))
    radius = np.clip(radius, 0.45, 1.6)
    radius *= 0.36 * size_m / radius.max()
    return size_m / 2 + radius[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])


def hairpins(legs: int, length_m: float, apart_m: float, at_m: float) -> NDArray[np.float64]:
    """Return a closed line (n, 2) that goes to and fro, and home below."""
    points = [(at_m, at_m)]
    for leg in range(legs):
        x = at_m + leg * apart_m
        ends = [at_m + apart_m, at_m + apart_m + length_m]
        points += [(x, end) for end in (ends if leg % 2 == 0 else ends[::-1])]
    points.append((at_m + (legs - 1) * apart_m, at_m))
    return np.array(points)


OUTSIDES = {"free": FREE, "unknown": UNKNOWN, "occupied": OCCUPIED}


def track(
    name: str,
    line: NDArray[np.float64],
    size_m: float,
    width_m: float,
    outside: str,
    thick: int = 2,
    infield: str = "free",
    gap_m: float = 0.0,
) -> Layout:
    """Draw a track: two walls along a line, and whatever lies beside them."""
    sheet = Sheet(size_m, size_m, OUTSIDES[outside])
    way = tube(sheet, line, width_m)
    filled = ndimage.binary_fill_holes(way)
    sheet.fill(filled & ~way, OUTSIDES[infield])
    sheet.wall(way, thick)
    sheet.fill(way, FREE)
    if gap_m > 0.0:
        # Out of the track, where it comes farthest to the right.
        x, y = line[np.argmax(line[:, 0])]
        sheet.fill(sheet.box(x, y - gap_m / 2, width_m / 2 + 6 * CELL_M, gap_m), FREE)
    x, y = line[len(line) // 3]
    return sheet.layout(name, (x, y))


def tracks() -> Iterator[Layout]:
    """Race tracks: the track is right, not its infield and not the outside."""
    turn = np.linspace(0.0, 2.0 * np.pi, 300, endpoint=False)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    for outside in OUTSIDES:
        yield track(f"circle, {outside} outside", 6.0 + 4.9 * circle, 12.0, 1.4, outside)
        line = 10.0 + circle * [8.0, 5.0]
        yield track(f"oval, {outside} outside", line, 20.0, 2.2, outside, thick=1)
        yield track(f"hairpins, {outside} outside", hairpins(4, 6.0, 3.0, 2.0), 14.0, 1.6, outside)
    for seed in range(6):
        outside = list(OUTSIDES)[seed % 3]
        line = bends(seed, 24.0, 0.5)
        yield track(f"bends {seed}, {outside} outside", line, 24.0, 1.8, outside)
    yield track("thick walls", bends(11, 20.0, 0.4), 20.0, 2.0, "free", thick=8)
    yield track("solid infield", bends(12, 20.0, 0.4), 20.0, 2.0, "free", infield="occupied")
    yield track("unknown infield", bends(13, 20.0, 0.4), 20.0, 2.0, "free", infield="unknown")
    yield track("narrow gap", bends(14, 20.0, 0.4), 20.0, 2.0, "free", gap_m=0.15)
    yield track("wide gap", bends(15, 20.0, 0.4), 20.0, 2.0, "free", gap_m=1.2)
    yield track("large and slim", bends(16, 60.0, 0.5), 60.0, 2.2, "free")
    far = bends(17, 12.0, 0.4) + 20.0
    yield track("small on a large sheet", far, 60.0, 1.6, "free")
    box = np.array([[2.0, 2.0], [14.0, 2.0], [14.0, 10.0], [2.0, 10.0]])
    yield track("rectangle", box, 16.0, 2.0, "free")
    yield track("rectangle up to the border", box - 0.9, 14.0, 2.0, "occupied")
    eight = np.column_stack([10.0 + 7.0 * np.sin(turn), 10.0 + 4.5 * np.sin(2.0 * turn)])
    yield track("figure of eight", eight, 20.0, 1.6, "free")
    yield no_outer_wall()
    yield chicanes()


def no_outer_wall() -> Layout:
    """Draw an infield alone: the track ends where the image ends."""
    sheet = Sheet(12.0, 12.0)
    sheet.hollow(sheet.box(1.8, 1.8, 8.4, 8.4))
    return sheet.layout("a track without outer wall", (0.8, 6.0))


def chicanes() -> Layout:
    """Draw a track with blocks that stand into it from either side."""
    sheet = Sheet(22.0, 16.0)
    outer, inner = sheet.box(1.0, 1.0, 20.0, 14.0), sheet.box(4.0, 4.0, 14.0, 8.0)
    sheet.wall(outer)
    sheet.hollow(inner)
    for x in (6.0, 10.0, 14.0):
        sheet.fill(sheet.box(x, 1.0, 0.6, 1.2), OCCUPIED)
        sheet.fill(sheet.box(x + 2.0, 2.6, 0.6, 1.4), OCCUPIED)
    return sheet.layout("chicanes", (11.0, 13.5))


Draw = Callable[[Sheet, Mask], None]


def solid(sheet: Sheet, mask: Mask) -> None:
    sheet.fill(mask, OCCUPIED)


def hollow(sheet: Sheet, mask: Mask) -> None:
    sheet.hollow(mask)


def hall(
    name: str, walls: str, boxes: Draw, seed: int, count: int = 5, far_m: float = 20.0
) -> Layout:
    """Draw a hall with furniture, whose walls stand on some edges of the image: west, east..."""
    sheet = Sheet(far_m, 0.7 * far_m)
    height = 0.7 * far_m
    for edge, mask in {
        "w": sheet.box(0.0, 0.0, 0.15, height),
        "e": sheet.box(far_m - 0.15, 0.0, 0.15, height),
        "s": sheet.box(0.0, 0.0, far_m, 0.15),
        "n": sheet.box(0.0, height - 0.15, far_m, 0.15),
    }.items():
        if edge in walls:
            solid(sheet, mask)
    rng = np.random.default_rng(seed)
    for k in range(count):
        # Each in a field of its own, clear of the corner where the robot is.
        x = 2.0 + (far_m - 4.0) * (k + rng.uniform(0.1, 0.5)) / count
        y = rng.uniform(2.0, height - 4.5)
        boxes(sheet, sheet.box(x, y, rng.uniform(0.6, 2.0), rng.uniform(0.6, 2.4)))
    return sheet.layout(name, (1.0, 1.0))


def halls() -> Iterator[Layout]:
    """Halls that are open to the image's edge: the hall is right."""
    for walls in ("", "n", "nw", "nes", "nesw"):
        yield hall(f"hall, walls {walls or 'nowhere'}, hollow boxes", walls, hollow, 3)
        yield hall(f"hall, walls {walls or 'nowhere'}, solid boxes", walls, solid, 4)
    for count in (1, 2, 12):
        yield hall(f"open hall, {count} hollow boxes", "", hollow, count, count, 26.0)
    yield hall("large open hall", "", hollow, 9, 8, 60.0)
    sheet = Sheet(15.0, 10.0)
    sheet.hollow(sheet.box(7.0, 5.0, 1.0, 1.0), 1)
    yield sheet.layout("the hall of the report", (1.0, 1.0))
    sheet = Sheet(24.0, 16.0)
    hollow(sheet, sheet.box(6.0, 4.0, 9.0, 0.7))
    hollow(sheet, sheet.disc(18.0, 10.0, 2.0))
    hollow(sheet, sheet.box(4.0, 8.0, 5.0, 4.0) & ~sheet.box(5.5, 9.5, 3.5, 2.5))
    yield sheet.layout("shelf, silo and corner desk", (1.0, 1.0))
    sheet = Sheet(20.0, 20.0)
    hollow(sheet, sheet.box(6.0, 6.0, 8.0, 8.0))
    yield sheet.layout("a large block in an open hall", (2.0, 2.0))
    sheet = Sheet(20.0, 20.0)
    hollow(sheet, sheet.box(4.0, 4.0, 12.0, 12.0))
    hollow(sheet, sheet.box(4.4, 4.4, 11.2, 11.2))
    yield sheet.layout("a block with double walls in an open hall", (2.0, 2.0))


def floors() -> Iterator[Layout]:
    """Rooms and floors: the rooms are right, the outside is not."""
    for outside in OUTSIDES:
        sheet = Sheet(18.0, 12.0, OUTSIDES[outside])
        rooms = [
            (1.0, 1.0, 5.0, 4.0),
            (6.2, 1.0, 4.0, 4.0),
            (10.4, 1.0, 6.0, 4.0),
            (1.0, 5.2, 15.4, 5.0),
        ]
        for room in rooms:
            sheet.wall(sheet.box(*room), 3)
            sheet.fill(sheet.box(*room), FREE)
        middles = [(x + w / 2, y + h / 2) for x, y, w, h in rooms]
        yield sheet.layout(f"four rooms without doors, {outside} outside", *middles, yaw=0.7)
        for x, y, width, _ in rooms[:3]:
            sheet.fill(sheet.box(x + width / 2, y + 3.9, 0.9, 0.5), FREE)
        yield sheet.layout(f"four rooms with doors, {outside} outside", middles[3], yaw=-2.0)
    sheet = Sheet(40.0, 40.0)
    for x in (12.0, 18.0, 24.0):
        sheet.wall(sheet.box(x, 18.0, 4.0, 3.0))
    yield sheet.layout(
        "three rooms apart on a large sheet", (14.0, 19.5), (20.0, 19.5), (26.0, 19.5)
    )
    sheet = Sheet(30.0, 30.0)
    sheet.wall(sheet.box(12.0, 12.0, 4.0, 4.0))
    yield sheet.layout("one room on a large sheet", (14.0, 14.0))
    sheet = Sheet(12.0, 9.0)
    sheet.wall(sheet.box(1.0, 1.0, 10.0, 7.0))
    yield sheet.layout("one room that fills its sheet", (6.0, 4.0))
    sheet = Sheet(12.0, 9.0)
    walls = sheet.box(0.8, 0.8, 10.4, 7.4)
    sheet.hollow(walls, 1)
    sheet.hollow(sheet.box(1.3, 1.3, 9.4, 6.4), 1)
    yield sheet.layout("a room with hollow walls", (6.0, 4.0))
    sheet = Sheet(30.0, 24.0)
    ring = sheet.box(2.0, 2.0, 26.0, 20.0) & ~sheet.box(4.4, 4.4, 21.2, 15.2)
    sheet.wall(ring)
    yield sheet.layout("a ring corridor round closed rooms", (3.0, 12.0))
    sheet = Sheet(16.0, 12.0)
    sheet.fill(~sheet.box(0.1, 0.1, 15.8, 11.8), OCCUPIED)
    sheet.wall(sheet.box(1.2, 1.2, 13.6, 9.6))
    sheet.fill(sheet.box(7.0, 1.2, 0.1, 6.0), OCCUPIED)
    sheet.fill(sheet.box(10.0, 6.0, 1.0, 1.0), OCCUPIED)
    yield sheet.layout("a floor within a framed image", (4.0, 4.0))
    sheet = Sheet(16.0, 12.0)
    sheet.wall(sheet.box(0.1, 1.0, 9.0, 10.0) | sheet.box(5.0, 4.0, 9.0, 3.0))
    yield sheet.layout("a building at the image's edge", (4.0, 4.0))


def layouts() -> list[Layout]:
    """Return all of them."""
    return [*tracks(), *halls(), *floors()]
