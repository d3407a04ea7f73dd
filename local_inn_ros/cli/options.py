# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Options that several verbs share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from local_inn_ros.geometry import Pose2
    from local_inn_ros.recordings.bag_reader import Recording
    from local_inn_ros.sensing import LaserSpec
    from local_inn_ros.sensing.posed_observations import PosedObservations


def tried_file(path: Path | None) -> Path | None:
    """Try whether the file of an option can be written, before the verb begins its work.

    Raises:
        PlaceError: it cannot.
    """
    from local_inn_ros.places import check_file

    if path is not None:
        check_file(path)
    return path


def tried_folder(path: Path | None) -> Path | None:
    """Try whether files can be put into the folder of an option, before the work.

    Raises:
        PlaceError: they cannot.
    """
    from local_inn_ros.places import check_folder

    if path is not None:
        check_folder(path)
    return path


def tried_bag(path: Path) -> Path:
    """Try whether a bag can be written, before the work.

    Raises:
        BagError: there is something at that path already.
        PlaceError: nothing can be written there.
    """
    from local_inn_ros.recordings.bag_writer import check_bag_place

    check_bag_place(path)
    return path


def tried_bundle(path: Path) -> Path:
    """Try whether a bundle can be written, before the work.

    Raises:
        BundleError: something other than a bundle would be overwritten.
        PlaceError: nothing can be written there.
    """
    from local_inn_ros.bundles.placing import check_place

    check_place(path)
    return path


BundleArgument: TypeAlias = Annotated[
    Path, typer.Argument(help="The bundle: a folder that `local-inn train` made.")
]
BagOption: TypeAlias = Annotated[
    Path, typer.Option("--bag", help="The recording: a bag folder, or a .mcap, .db3 or .bag file.")
]
ReferenceOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--reference",
        help="Topic of true poses in the map frame (PoseStamped, PoseWithCovarianceStamped or "
        "Odometry), or a TF frame to look up in it.",
    ),
]
ScanTopicOption: TypeAlias = Annotated[
    str, typer.Option("--scan-topic", help="Topic of the laser scans.")
]
OdomTopicOption: TypeAlias = Annotated[
    str, typer.Option("--odom-topic", help="Topic of the odometry.")
]
MountOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--mount",
        metavar="X,Y,YAW",
        help="Pose of the laser on the robot, in m and rad, where the recording does not say it.",
    ),
]
MapFrameOption: TypeAlias = Annotated[
    str,
    typer.Option("--map-frame", help="Frame of the map in the recording, for its true poses."),
]
JsonOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--json", help="Write the figures to this file too.", callback=tried_file, readable=False
    ),
]
SeedOption: TypeAlias = Annotated[int, typer.Option("--seed", min=0, help="Source of all chance.")]


def parse_mount(text: str | None) -> Pose2 | None:
    """Read ``x,y,yaw``; None where the option was left out.

    Raises:
        typer.BadParameter: it is not three finite numbers.
    """
    from local_inn_ros.geometry import Pose2

    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 3 or not all(map(math.isfinite, numbers)):
        raise typer.BadParameter(
            f"{text!r} is not x,y,yaw in m and rad, such as 0.27,0,0", param_hint="--mount"
        )
    return Pose2.from_array(numbers)


def open_bag(
    bag: Path,
    scan_topic: str,
    odom_topic: str,
    reference: str | None,
    mount: str | None,
    laser: LaserSpec | None,
    map_frame: str = "map",
) -> Recording:
    """Open a recording as the options say, its scans of a laser of this description.

    What was not used of it, and how it was read where that is not as usual, is said.

    Raises:
        BagError: the bag cannot be used.
    """
    from local_inn_ros.cli.output import say
    from local_inn_ros.messages.unused import unused_in_words
    from local_inn_ros.recordings.bag_reader import BagTopics, open_recording

    topics = BagTopics(scan_topic, odom_topic, reference, map_frame)
    recording = open_recording(bag, topics, parse_mount(mount), laser)
    for line in (*recording.notes, *recording.set_back, *unused_in_words(recording.unused)):
        say(line, style="yellow")
    return recording


def scans_to_learn_from(recording: Recording) -> PosedObservations:
    """Return the scans of a recording whose poses are known; say which are left out, and why.

    Raises:
        BagError: there are none.
        SensorError: they do not fit the laser.
    """
    from local_inn_ros.cli.output import say
    from local_inn_ros.recordings.posed_scans import learnable_scans

    found = learnable_scans(recording)
    for line in found.in_words():
        say(line, style="yellow")
    return found.posed
