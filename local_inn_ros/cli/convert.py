# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn convert`: other recordings into ROS 2 bags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from local_inn_ros.cli.options import MountOption, parse_mount, tried_bag

app = typer.Typer(help="Turn other recordings into ROS 2 bags.", no_args_is_help=True)


@app.command("carmen", epilog="Example: local-inn convert carmen intel.clf --out bags/intel")
def carmen(
    log: Annotated[Path, typer.Argument(help="The CARMEN log, gzipped or not.")],
    out: Annotated[
        Path,
        typer.Option("--out", help="The bag folder to make.", callback=tried_bag, readable=False),
    ],
    mount: MountOption = None,
) -> None:
    """Turn a CARMEN log (FLASER, ROBOTLASER1, ODOM) into a bag (MCAP).

    The bag has /scan, /odom, /tf (odom to base_link) and /tf_static (base_link to laser).
    """
    from local_inn_ros.cli.output import say
    from local_inn_ros.recordings.bag_writer import write_bag
    from local_inn_ros.recordings.carmen import read_carmen_log

    read = read_carmen_log(log, parse_mount(mount))
    write_bag(out, read.mount, read.scans, read.odometry)
    beams, duration_s = read.scans[0].ranges_m.size, read.scans[-1].stamp_s - read.scans[0].stamp_s
    say(
        f"{out}: {len(read.scans)} scans of {beams} beams over {duration_s:.1f} s, "
        f"{len(read.odometry)} odometry readings, laser at "
        f"({read.mount.x:g} m, {read.mount.y:g} m, {read.mount.yaw:g} rad)"
    )
