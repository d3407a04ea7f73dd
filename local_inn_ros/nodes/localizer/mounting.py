# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What works on the observations of each sensor, by its frame and where that is mounted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.diagnostics import Tally
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.qos import STATIC_TRANSFORMS
from local_inn_ros.nodes.common.static_transforms import StaticTransforms
from local_inn_ros.nodes.localizer.localizer_health import MOUNTS
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.model import Mounted, RunnableModel
from local_inn_ros.nodes.localizer.observation_intake import ObservationIntake, SensorMount


class Mounting:
    """Hears `/tf_static`, and builds localizer and search for each frame that comes."""

    def __init__(
        self,
        entities: Entities,
        parameters: Parameters[LocalizerParameters],
        model: RunnableModel,
        intake: ObservationIntake,
        tally: Tally,
        complain: Callable[[str], None],
    ) -> None:
        """Listen.

        Args:
            entities: makes the subscription.
            parameters: of the node.
            model: what localizer and search are built of.
            intake: knows how its sensors may be mounted.
            tally: counts the messages with transforms.
            complain: told of transforms that cannot be used.
        """
        self.model = model.told(parameters.now)
        self._node = entities.node
        self._parameters = parameters
        # What the model is used by; looked at again when a parameter is set.
        self._told = parameters.now
        self._intake = intake
        self._tally = tally
        self._complain = complain
        self.transforms = StaticTransforms()
        self._mounts: dict[str, SensorMount[Any]] = {}
        self._mounted: dict[str, Mounted[Any]] = {}
        # Frames whose mount has been looked up since transforms came last.
        self._checked: set[str] = set()
        self._heard_s = time.monotonic()
        entities.subscription(
            TFMessage, "/tf_static", self._on_transforms, STATIC_TRANSFORMS, also_inactive=True
        )

    @property
    def age_s(self) -> float:
        """Real time since static transforms came last."""
        return time.monotonic() - self._heard_s

    def at(self, frame: str) -> Mounted[Any]:
        """Return what works on the observations of a frame, made anew where mount or model are new.

        Raises:
            TransformError: the frame's mount is not known.
            SensorError: the sensor cannot work there, or is on no robot.
        """
        self._heed_parameters()
        if frame not in self._checked:
            self._look_up(frame)
            self._checked.add(frame)
        if frame not in self._mounted:
            self._mounted[frame] = self.model.mounted_at(self._mounts[frame])
        return self._mounted[frame]

    def learned(self) -> dict[str, float | str]:
        """Return what the sensors' calibrations have learned, by names for people."""
        learners = {
            frame: mounted.calibration
            for frame, mounted in self._mounted.items()
            if mounted.calibration is not None
        }
        return {
            name if len(learners) == 1 else f"{name}, {frame}": value
            for frame, learner in learners.items()
            for name, value in learner.learned.figures().items()
        }

    def _heed_parameters(self) -> None:
        if self._parameters.now is self._told:
            return
        self._told = self._parameters.now
        model = self.model.told(self._told)
        if model is not self.model:
            self.model = model
            self._mounted.clear()

    def _look_up(self, frame: str) -> None:
        """Read a frame's mount; tell it where it is new."""
        base = self._told.base_frame_id
        named = [one for one in self._mounts if one]
        if not frame and len(named) == 1:
            # With one sensor there is no doubt whose it is.
            if self._mounts.get(frame) != self._mounts[named[0]]:
                many = self._intake.words.many
                self._complain(f"{many} have no frame_id: taken for those of '{named[0]}'")
                self._mounts[frame] = self._mounts[named[0]]
                self._mounted.pop(frame, None)
            return
        mount = self._intake.mounted(self.transforms.mount(base, frame))
        if self._mounts.get(frame) == mount:
            return
        self._mounts[frame] = mount
        self._mounted.pop(frame, None)
        self._node.get_logger().info(f"'{frame}' is mounted on '{base}' at {mount.in_words()}")

    def _on_transforms(self, message: TFMessage) -> None:
        self._tally.count(MOUNTS)
        try:
            self.transforms.add(message)
        except LocalInnError as error:
            self._complain(f"/tf_static: {error}")
        self._checked.clear()
        self._heard_s = time.monotonic()
