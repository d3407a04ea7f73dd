# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the filter's node does: odometry carries the pose, fixes correct it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from std_msgs.msg import Bool
from std_srvs.srv import Empty

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import (
    FilterSettings,
    PoseFilter,
    SourceSettings,
    StampedPose,
)
from local_inn_ros.filtering.twist_agreement import TwistWatch
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    MessageError,
    seconds_now,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.common.diagnostics import Health, Tally
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.noise_parameters import NoiseTold
from local_inn_ros.nodes.common.numeric_faults import NUMERIC, NumericFaults
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR
from local_inn_ros.nodes.filter.ekf_health import STAMP_AGE, ekf_health, fixes_of
from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
from local_inn_ros.nodes.filter.estimate_publishers import EstimatePublishers
from local_inn_ros.nodes.filter.fix_intake import FixIntake
from local_inn_ros.nodes.filter.fix_sources import sources_of
from local_inn_ros.nodes.filter.frame_intake import FrameIntake
from local_inn_ros.nodes.filter.initial_pose_service import offer_initial_pose_service
from local_inn_ros.nodes.filter.pose_gate import PoseGate
from local_inn_ros.nodes.filter.start_intake import StartIntake
from local_inn_ros.sensing import Odometry

_WARNING_PERIOD_S = 5.0


class Fuser:
    """Feeds the filter, and publishes what it believes."""

    def __init__(
        self, entities: Entities, parameters: Parameters[EkfParameters], handover: Handover
    ) -> None:
        """Offer and hear the topics.

        Args:
            entities: makes what is on the graph.
            parameters: of the node.
            handover: leads to localizers in this process, where there are any.
        """
        self._entities = entities
        self._node = entities.node
        self._parameters = parameters
        self._noise = NoiseTold(parameters, self._warn)
        self._filter = self._new_filter()
        # Where a filter begins anew that numbers have spoiled.
        self._published: StampedPose | None = None
        self._newest_odometry: Odometry | None = None
        # Those of `lost_topics` that said last that the robot is lost.
        self._alarms: set[str] = set()
        self._tally = Tally()
        self._twists = TwistWatch()
        self._faults = NumericFaults(self._node, self._tally, self._mend)
        self._publishers = EstimatePublishers(entities, parameters)
        self._listen(entities, handover)

    def _listen(self, entities: Entities, handover: Handover) -> None:
        pose, told, safely = PoseWithCovarianceStamped, self._parameters.now, self._faults.heeding
        self._intake = FrameIntake(entities, told, self._tally, self._warn)
        heed_odometry = safely("odometry", self._on_odometry)
        entities.subscription(OdometryMessage, "odom", heed_odometry, SENSOR)
        FixIntake(
            entities, handover, told, self._faults, self._odometry_s, self._fuse, self._refuse
        )
        for topic in told.lost_topics:
            entities.subscription(
                Bool, topic, partial(self._on_lost, topic), LATCHED, also_inactive=True
            )
        self._gate = PoseGate(entities, told.global_frame_id, self._take_back)
        self._starts = StartIntake(
            entities,
            self._parameters,
            self._intake,
            self._gate,
            self._tally,
            self._map_from_odom,
            self._begin_at,
            self._refuse,
        )
        begin = safely("initial pose", self._starts.heed)
        entities.subscription(pose, "initialpose", begin, RELIABLE, also_inactive=True)
        entities.subscription(pose, "relocalized_pose", begin, RELIABLE)
        entities.service(Empty, "request_nomotion_update", self._on_update_request)
        offer_initial_pose_service(entities)

    def begin(self) -> None:
        """Begin at a pose that was told before, or at that of the parameters."""
        if self._starts.waiting:
            # Of the way since the odometry that was heard last, that pose knows already.
            self._filter, self._newest_odometry = self._new_filter(), None
        if not self._filter.initialized:
            self._starts.begin()

    def pause(self) -> None:
        """Keep the pose: odometry tells what happened meanwhile when it comes again."""

    def examine(self) -> Health:
        """Say how the work goes, since this was asked last."""
        health = ekf_health(self._tally, self._filter, self._parameters.now, self._twists.current())
        for text in self._twists.news():
            self._warn(text)
        self._tally.begin_anew()
        return health

    def statistics(self) -> Mapping[str, int]:
        """Return how often each thing happened since the start."""
        return self._tally.totals()

    @property
    def estimate(self) -> StampedPose | None:
        """The pose at the newest instant known; None without one."""
        return self._filter.estimate() if self._filter.initialized else None

    def _odometry_s(self) -> float | None:
        """Return the stamp of the newest odometry; None where there is none."""
        return None if self._newest_odometry is None else self._newest_odometry.stamp_s

    def _map_from_odom(self) -> Pose2 | None:
        """Return the odometry frame in the map; None where it is not known."""
        known = self._filter.initialized and self._newest_odometry is not None
        return self._filter.map_from_odom() if known else None

    def _new_filter(self) -> PoseFilter:
        told = self._parameters.now
        self._noise.changed()
        return PoseFilter(
            FilterSettings(
                source=SourceSettings(gate_probability=told.gate_probability),
                sources=sources_of(told),
                motion_noise=self._noise.now.motion,
                scale_noise=self._noise.now.scales,
                history_s=told.history,
            )
        )

    def _mend(self) -> None:
        """Go on from the pose that was published last, where the filter cannot tell one any more.

        What numbers came to grief over may still stand in its history.
        """
        try:
            if self._filter.initialized:
                self._filter.estimate()
        except NUMERIC:
            self._warn("the filter begins anew from the pose that it published last")
            self._filter, self._newest_odometry = self._new_filter(), None
            if self._published is not None:
                self._filter.reset(self._published.pose, self._published.stamp_s)
            if self._alarms:
                self._filter.declare_lost()

    def _take_back(self) -> None:
        """Forget a pose that turned out to be off the map when a localizer had told the map."""
        self._filter, self._published = self._new_filter(), None

    def _on_odometry(self, message: OdometryMessage) -> None:
        try:
            reading = self._intake.odometry(message)
        except MessageError as error:
            self._refuse("odometry", error)
            return
        if self._noise.changed():
            self._filter.set_noise(self._noise.now)
        start_ahead = self._filter.start_ahead
        arrival = self._filter.predict(reading)
        self._tally.count(f"odometry {arrival.value}")
        now_s = seconds_now(self._node)
        self._tally.note(STAMP_AGE, now_s - reading.stamp_s)
        if not arrival.taken:
            return
        self._newest_odometry = reading
        self._twists.see(reading)
        if arrival is Arrival.TIME_JUMP:
            self._warn("time went back: the history is dropped, the pose is kept")
        elif arrival is Arrival.AFTER_ONE_AHEAD:
            self._warn(f"the odometry before was {arrival.value}")
        elif arrival is Arrival.POSITION_JUMP:
            # Two that publish on one topic make it begin again with every message.
            self._node.get_logger().warning(
                "the odometry began again elsewhere: the pose is kept",
                throttle_duration_sec=_WARNING_PERIOD_S,
            )
        if arrival.goes_back:
            self._publishers.renew_transform()
        if start_ahead and not self._filter.start_ahead:
            self._publish_everything()
        else:
            self._publish_estimate()

    def _fuse(self, topic: str, pose: GaussianPose2, stamp: Time, supported: bool) -> None:
        gate_probability = self._parameters.now.gate_probability
        if gate_probability != self._filter.settings.source.gate_probability:
            self._filter.set_gate(gate_probability, sources_of(self._parameters.now))
        stamp_s = to_seconds(stamp)
        fusion = self._filter.fuse(Measurement(pose, stamp_s, topic, supported))
        self._tally.count("fix")
        if len(self._parameters.now.fix_topics) > 1:
            self._tally.count(fixes_of(topic))
        # The reason of a fix that was compared holds its distance: one key for all of them.
        compared = not math.isnan(fusion.squared_mahalanobis)
        reason = "outside the gate" if compared else fusion.reason
        if fusion.gave_way:
            self._tally.count("gave way to fixes that agree")
        if fusion.accepted:
            self._gate.confirmed()
        self._tally.count("fix accepted" if fusion.accepted else f"fix refused: {reason}")
        fused = self._filter.estimate_at(stamp_s)
        if fused is not None:
            self._publishers.publish_pose(fused, stamp)
            self._publish_estimate()

    def _on_lost(self, topic: str, message: Bool) -> None:
        self._tally.count("word on being lost")
        if message.data:
            self._alarms.add(topic)
        else:
            self._alarms.discard(topic)
        if not self._alarms:
            self._filter.resume()
        elif self._filter.initialized and not self._filter.declared_lost:
            self._warn(f"'{topic}' says lost: odometry alone from now on")
            self._filter.declare_lost()
            self._publish_everything()

    def _on_update_request(self, _: Empty.Request, response: Empty.Response) -> Empty.Response:
        """Publish the pose again: every scan is an update here, also when the robot stands."""
        if self._entities.active and self._filter.initialized:
            self._publish_everything()
        return response

    def _begin_at(self, pose: GaussianPose2, stamp_s: float) -> None:
        mean = pose.mean
        self._node.get_logger().info(
            f"begins at x {mean.x:.2f} m, y {mean.y:.2f} m, yaw {math.degrees(mean.yaw):.1f} deg"
        )
        self._publishers.renew_transform()
        if self._newest_odometry is None:
            self._warn("no odometry has come yet: that pose is taken as of the first that will")
        # A stamp of zero means now, as everywhere in ROS.
        if not self._filter.reset(pose, stamp_s) and stamp_s > 0.0:
            self._warn(
                "the odometry does not reach the stamp of that pose: how the robot moved "
                "since then is not known"
            )
        self._publish_everything()

    def _publish_everything(self) -> None:
        """Publish the pose at once, where it is not a fix that changed it."""
        estimate = self._filter.estimate()
        self._publishers.publish_pose(estimate.pose, to_stamp(estimate.stamp_s))
        self._publish_estimate()

    def _publish_estimate(self) -> None:
        """Publish the pose at the newest instant, where there are pose and odometry."""
        if self._filter.initialized and self._newest_odometry is not None:
            estimate = self._filter.estimate()
            self._publishers.publish_estimate(
                estimate,
                self._newest_odometry,
                self._filter.motion_scales(),
                self._filter.map_from_odom(),
            )
            self._published = estimate

    def _refuse(self, what: str, error: MessageError) -> None:
        self._tally.count_unusable(what, error.reason)
        self._node.get_logger().error(
            f"{what} refused: {error}", throttle_duration_sec=_WARNING_PERIOD_S
        )

    def _warn(self, text: str) -> None:
        self._node.get_logger().warning(text)
