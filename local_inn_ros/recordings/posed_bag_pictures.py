# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of a bag, each with the pose that the camera had: those that can be learned from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import GaussianPose2, Pose2, Pose3
from local_inn_ros.recordings.bag_pictures import PictureRecording, Told
from local_inn_ros.recordings.base_way import BaseWay, LeftOut
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.sensing.mounted_poses import pose_of_mounted

# With a camera of 90 degrees and 320 pixels a patch of 8 pixels is 2.9 degrees wide, at 2 m 10 cm.
# A pose that is half of that off puts what a patch shows into the patch beside it.
MOST_UNCERTAIN_M = 0.05
MOST_UNCERTAIN_RAD = math.radians(1.5)
# What has moved by less than a fifth of a patch shows nothing that the picture before did not.
STEP_M = 0.02
STEP_RAD = math.radians(0.5)


@dataclass(frozen=True, slots=True, eq=False)
class LearnablePictures:
    """What of a bag's pictures can be learned from.

    Attributes:
        posed: the pictures, with the poses of the optical frame in the map frame.
        left_out: how many others there are, by the reason.
        notes: what a person should know of how the pictures were taken, a sentence each.
    """

    posed: PosedPictures
    left_out: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def in_words(self) -> list[str]:
        """Return a line for each note and reason."""
        total = len(self.posed) + sum(self.left_out.values())
        return [
            *self.notes,
            *(
                f"{count} of {total} pictures are left out: {why}"
                for why, count in self.left_out.items()
            ),
        ]


def learnable_pictures(
    recording: PictureRecording,
    camera: CameraSpec,
    mount: Mount,
    way: BaseWay,
    folder: Path,
    on_picture: Callable[[], None] = lambda: None,
) -> LearnablePictures:
    """Pair the pictures of a bag with the poses that the camera had, and write them into a folder.

    The robot stays in the plane; how the camera is mounted may be anything. Left out are pictures
    that show nothing, whose pose is not known to ``MOST_UNCERTAIN_M`` and ``MOST_UNCERTAIN_RAD``
    (standard deviations), or that were taken less than ``STEP_M`` and ``STEP_RAD`` from the last
    one that was kept.

    Args:
        recording: the pictures.
        camera: that they are taken to.
        mount: of the optical frame on the base.
        way: of the base in the map frame.
        folder: an empty one.
        on_picture: called after each picture that shows something.

    Raises:
        BagError: no picture can be learned from; or the bag's clock was set back: which pose is
            whose is then not known.
    """
    if recording.set_back:
        raise BagError(f"{recording.path} is not learned from: {recording.set_back[0]}")
    told, chosen = Told(), _Chosen(mount)
    kept: list[PosedPicture] = []
    for picture in recording.pictures(camera, told):
        pose = chosen.pose_of(way.at(picture.stamp_s))
        if pose is not None:
            file = folder / f"{len(kept):06d}.png"
            _write(picture, file)
            kept.append(PosedPicture(picture.stamp_s, pose, file))
        on_picture()
    topic = recording.topics.picture
    left_out = Counter(chosen.left_out)
    for unused in (recording.unused, told.unused.by_topic()):
        left_out.update(unused.get(topic, {}))
    found = LearnablePictures(
        PosedPictures(camera, tuple(kept)), dict(left_out), tuple(dict.fromkeys(told.notes))
    )
    if not kept:
        why = "; ".join(f"{count}: {reason}" for reason, count in left_out.items())
        raise BagError(f"not one picture of {topic} in {recording.path} can be learned from: {why}")
    return found


@dataclass(slots=True)
class _Chosen:
    """Chooses among poses, and counts those that are left out."""

    mount: Mount
    left_out: Counter[str] = field(default_factory=Counter)
    _last: Pose3 | None = None

    def pose_of(self, base: GaussianPose2 | LeftOut) -> Pose3 | None:
        """Return the pose of the camera; None where its picture is left out."""
        if not isinstance(base, LeftOut) and self._uncertain(base):
            base = LeftOut.UNCERTAIN
        if isinstance(base, LeftOut):
            self.left_out[_in_words(base)] += 1
            return None
        pose = Pose3.from_pose2(base.mean) @ self.mount.base_from_sensor
        last = self._last
        if last is not None and last.distance_to(pose) < STEP_M and last.angle_to(pose) < STEP_RAD:
            self.left_out[_in_words(LeftOut.ALIKE)] += 1
            return None
        self._last = pose
        return pose

    def _uncertain(self, base: GaussianPose2) -> bool:
        """Tell whether it is not known well enough where the camera was."""
        x, y, _ = self.mount.base_from_sensor.translation.tolist()
        covariance = pose_of_mounted(base, Pose2(x, y, 0.0)).covariance
        position = math.sqrt(max(float(np.linalg.eigvalsh(covariance[:2, :2])[-1]), 0.0))
        heading = math.sqrt(max(float(covariance[2, 2]), 0.0))
        return position > MOST_UNCERTAIN_M or heading > MOST_UNCERTAIN_RAD


def _in_words(why: LeftOut) -> str:
    limits = {
        LeftOut.UNCERTAIN: ("by more than", MOST_UNCERTAIN_M, "or", MOST_UNCERTAIN_RAD),
        LeftOut.ALIKE: ("by less than", STEP_M, "and", STEP_RAD),
    }
    if why not in limits:
        return str(why.value)
    than, metres, joined, turn = limits[why]
    return f"{why.value} {than} {100.0 * metres:g} cm {joined} {math.degrees(turn):g} degrees"


def _write(picture: Picture, file: Path) -> None:
    # Without loss, and fast: it is read again before long.
    try:
        Image.fromarray(picture.pixels).save(file, compress_level=1)
    except OSError as error:
        raise BagError(
            f"the pictures cannot be kept in {file.parent} while they are learned from: {error}; "
            "set TMPDIR to a folder with more room"
        ) from error
