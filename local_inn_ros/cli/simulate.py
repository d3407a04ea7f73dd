# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn simulate`: record a simulated robot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import MountOption, SeedOption, parse_mount, tried_bag
from local_inn_ros.cli.simulated_cameras import (
    AppearanceOption,
    CameraMountOption,
    CameraOption,
    DepthOption,
    JpegOption,
    LightOption,
    Lit,
    PeopleOption,
    Shown,
    fitted_to,
    named_cameras,
)

if TYPE_CHECKING:
    from local_inn_ros.sensing import LaserSpec
    from local_inn_ros.world import OccupancyGrid

EXAMPLE = (
    "Example: local-inn simulate --map maps/t.yaml --sensor config/sensors/f1tenth.yaml "
    "--out bags/sim --speed 5 --duration 60"
)


class DrivenIn(str, Enum):
    """What `--world` can be."""

    SMOOTH = "smooth"
    OWN = "own"


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    grid: OccupancyGrid
    spec: LaserSpec
    surface_offset_m: float = 0.0
    inside: tuple[tuple[float, float], ...] = ()


def simulate(
    out: Annotated[
        Path,
        typer.Option("--out", help="The bag folder to make.", callback=tried_bag, readable=False),
    ],
    map_file: Annotated[
        Path | None, typer.Option("--map", help="The map's YAML file; needs --sensor.")
    ] = None,
    sensor: Annotated[
        Path | None, typer.Option("--sensor", help="The laser's description (YAML).")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Take map and laser from this bundle instead.")
    ] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.0, help="m/s on the lap.")] = 5.0,
    duration: Annotated[float, typer.Option("--duration", min=0.1, help="Seconds.")] = 60.0,
    slip: Annotated[
        float, typer.Option("--slip", min=0.0, max=0.9, help="Share by which the wheels slip.")
    ] = 0.1,
    world_kind: Annotated[
        DrivenIn,
        typer.Option(
            "--world",
            help="What is driven in: `smooth`, walls without the map's stairs and furniture that "
            "was moved since; `own`, the map's own cells.",
        ),
    ] = DrivenIn.SMOOTH,
    mount: MountOption = None,
    camera: CameraOption = None,
    camera_mount: CameraMountOption = None,
    light: LightOption = Lit.OFFICE,
    appearance: AppearanceOption = 0,
    people: PeopleOption = 0,
    depth: DepthOption = False,
    jpeg: JpegOption = False,
    seed: SeedOption = 0,
) -> None:
    """Drive a robot round a map and record what its sensors see, and where it was, as a bag."""
    import numpy as np

    from local_inn_ros.cli.output import progress_bar, say
    from local_inn_ros.geometry import Pose2, Pose3
    from local_inn_ros.recordings.bag_writer import BagWriter
    from local_inn_ros.sensing import Odometry, Scan
    from local_inn_ros.simulation.odometry_model import OdometryModel
    from local_inn_ros.simulation.sensors import LaserModel, scan_period_s
    from local_inn_ros.simulation.simulated_picture import SimulatedPicture
    from local_inn_ros.simulation.simulator import Simulator
    from local_inn_ros.simulation.worlds.driven_world import WorldKind, driven_world
    from local_inn_ros.world import FreeSpace, plan_lap, surroundings

    cameras = named_cameras(camera, camera_mount, depth)
    world = _world(map_file, sensor, bundle)
    # Of a large map with little free area, what no beam reaches would only cost memory.
    near = surroundings(FreeSpace(world.grid, inside=world.inside), world.spec.range_max_m)
    route = plan_lap(near, inside=world.inside)
    rng = np.random.default_rng(seed)
    (changes,) = rng.spawn(1)
    driven = driven_world(WorldKind(world_kind.value), near, route, changes, world.surface_offset_m)
    # Cameras have chance of their own: without them a seed gives the same drive.
    models = [one.model for one in cameras.values()]
    shown = Shown(appearance, light.value, people)
    fitted = fitted_to(driven, models, shown, np.random.default_rng([seed, 1]))
    laser = LaserModel(world.spec, base_from_laser=parse_mount(mount) or Pose2.identity())
    simulator = Simulator(
        driven.grid,
        route,
        laser,
        OdometryModel(slip=slip, turn_slip=slip),
        speed,
        rng,
        caster=driven.caster,
        cameras=fitted,
    )
    scans = pictures = 0
    mounts = {one.frame: one.model.base_from_camera for one in cameras.values()}
    with BagWriter(out) as bag, progress_bar() as progress:
        bag.write_mounts(0.0, {"laser": Pose3.from_pose2(laser.base_from_laser), **mounts})
        writers = {name: one.writer(bag, jpeg) for name, one in cameras.items()}
        task = progress.add_task("simulating", total=int(duration * world.spec.rate_hz))
        for event in simulator.whole_scans(duration):
            if isinstance(event, Scan):
                bag.write_scan(event, scan_period_s(world.spec))
                scans += 1
                progress.advance(task)
            elif isinstance(event, Odometry):
                bag.write_odometry(event)
            elif isinstance(event, SimulatedPicture):
                known_s = event.stamp_s + cameras[event.sensor].model.half_shot_s
                writers[event.sensor].write(event, known_s, event.depth_m)
                pictures += 1
            else:
                bag.write_ground_truth(event.stamp_s, event.pose)
    taken = f" and {pictures} pictures" if cameras else ""
    say(f"{out}: {scans} scans{taken} over {duration:g} s at up to {speed:g} m/s")


def _world(map_file: Path | None, sensor: Path | None, bundle: Path | None) -> _World:
    from local_inn_ros.bundles.bundle import Bundle
    from local_inn_ros.sensing import load_laser_spec
    from local_inn_ros.world import load_map

    if bundle is not None and map_file is None and sensor is None:
        loaded = Bundle.load(bundle)
        description = loaded.description
        known = description.maps[0]
        return _World(loaded.grid, description.laser, known.surface_offset_m, known.inside)
    if bundle is None and map_file is not None and sensor is not None:
        return _World(load_map(map_file), load_laser_spec(sensor))
    raise typer.BadParameter("give either --map and --sensor, or --bundle")
