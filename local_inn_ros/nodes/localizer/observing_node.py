# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node that makes fixes of what one kind of sensor sees, and finds the robot by it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, TypeVar

from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.frame_parameters import check_frames
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.managed_node import ManagedNode
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.model import RunnableModel, load_model
from local_inn_ros.nodes.localizer.observation_intake import ObservationIntake
from local_inn_ros.nodes.localizer.observer import Observer

Told = TypeVar("Told", bound=LocalizerParameters)


class ObservingNode(ManagedNode[Told, Observer]):
    """What sensors see in; `~/fix`, `~/measurement` and what explains them out.

    A kind of sensor is a subclass: its name, its parameters, and what makes observations of its
    messages.
    """

    node_name: ClassVar[str]
    parameter_kind: ClassVar[type[Any]]

    def __init__(
        self,
        model: RunnableModel | None = None,
        handover: Handover | None = None,
        **node_arguments: Any,
    ) -> None:
        """Begin unconfigured.

        Args:
            model: used in place of the one that the parameter `bundle` names.
            handover: leads to a filter in this process, where there is one.
            node_arguments: passed on to ``rclpy.node.Node``.

        Raises:
            ParameterError: a parameter cannot be used.
        """
        super().__init__(self.node_name, self.parameter_kind, **node_arguments)
        self._given = model
        self._handover = Handover() if handover is None else handover

    @abstractmethod
    def intake(self) -> ObservationIntake:
        """Return what makes observations of the sensor's messages.

        Raises:
            LocalInnError: that needs something that is missing.
        """

    @property
    def has_model(self) -> bool:
        """Whether a model was given to it."""
        return self._given is not None

    def build(self, entities: Entities) -> Observer:
        """Load the bundle, and build what works with it.

        Raises:
            LocalInnError: the bundle or a parameter cannot be used.
        """
        told = self.parameters.now
        check_frames(global_frame_id=told.global_frame_id, base_frame_id=told.base_frame_id)
        intake = self.intake()
        if self._given is not None:
            intake.check(self._given.bundle)
        model = self._load(intake) if self._given is None else self._given
        work = Observer(entities, self.parameters, model, intake, self._handover)
        self.get_logger().info(f"bundle {model.name} on {model.model.engine_name}")
        return work

    def _load(self, intake: ObservationIntake) -> RunnableModel:
        logger = self.get_logger()
        logger.info("loads the bundle; where it never ran, this compiles for a while")
        return load_model(self.parameters.now, logger.warning, intake.check)
