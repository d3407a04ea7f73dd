# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Planar lasers for an observing node: LaserScan to scans (see ``ObservationIntake``)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sensor_msgs.msg import LaserScan
from std_msgs.msg import Header

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.nodes.common.conversions import scan_message, to_seconds
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.qos import BEST_EFFORT, SENSOR
from local_inn_ros.nodes.localizer.arrived_scan import ArrivedScan
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters
from local_inn_ros.nodes.localizer.observation_intake import (
    Hearing,
    Limits,
    SensorMount,
    Words,
)
from local_inn_ros.sensing import Observation, Scan
from local_inn_ros.sensing.laser.header_watch import HeaderWatch
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.sensing.mount import Mount


class ExpectedScans:
    """`~/expected_scan`."""

    def __init__(self, entities: Entities) -> None:
        """Offer the topic."""
        self._publisher = entities.publisher(LaserScan, "~/expected_scan", BEST_EFFORT)

    def publish(
        self, expected: Observation, header: Header, told: Scan, mount: SensorMount[Scan]
    ) -> None:
        """Publish the ranges that were expected, in the direction in which the laser turns."""
        # To look at: not even made where nobody looks.
        if isinstance(expected, Scan) and self._publisher.get_subscription_count():
            turned = mount.righted(expected).turning_as(told)
            self._publisher.publish(scan_message(turned, header.stamp, header.frame_id))


class ScanIntake:
    """Hears the scans of one or several lasers."""

    def __init__(self, parameters: Parameters[LidarParameters]) -> None:
        """Have heard nothing.

        Args:
            parameters: name the topics, and the limits.
        """
        self._parameters = parameters
        self._headers = HeaderWatch()
        self._bundle: Bundle | None = None

    @property
    def words(self) -> Words:
        """What scans are called."""
        return Words("scan", "scans", "scan")

    @property
    def limits(self) -> Limits:
        """From where on figures of scans are bad."""
        told = self._parameters.now
        return Limits(
            (told.scan_rate_warn, told.scan_rate_error), (told.scan_time_warn, told.scan_time_error)
        )

    def check(self, bundle: Bundle) -> None:
        """Refuse a bundle that is for no planar laser.

        Raises:
            BundleError: it is not.
        """
        sensors = bundle.description.sensors.values()
        if any(one.kind == "camera" for one in sensors):
            raise BundleError(
                f"{bundle.path.name} ({bundle.description.system}) is for a camera, not for a "
                "planar laser: start camera_localizer with it, in place of lidar_localizer or "
                "beside it"
            )
        _ = bundle.description.laser

    def begin(self, bundle: Bundle) -> None:
        """Take in whose laser the scans are of."""
        self._bundle = bundle

    def listen(self, hearing: Hearing) -> None:
        """Hear scans on all topics; none of them is refused before it is looked at."""
        bundle = self._bundle
        assert bundle is not None
        headers, take = self._headers, hearing.take

        def heed(message: LaserScan) -> None:
            came_s, frame = time.monotonic(), message.header.frame_id
            laser, period_s = bundle.description.laser, headers.period_s(frame)
            take(ArrivedScan.of(message, laser, period_s), came_s)
            # The pose first, the statistics afterwards.
            headers.see(frame, message, to_seconds(message.header.stamp))

        for topic in self._parameters.now.scan_topics:
            safely = hearing.faults.heeding("scan", heed)
            hearing.entities.subscription(LaserScan, topic, safely, SENSOR)

    def mounted(self, mount: Mount) -> LaserMount:
        """See a mount from above.

        Raises:
            SensorError: the laser leans out of the plane.
        """
        return LaserMount.of(mount)

    def expected_view(self, entities: Entities) -> ExpectedScans:
        """Offer `~/expected_scan`."""
        return ExpectedScans(entities)

    def contradictions(self) -> Sequence[str]:
        """Return what in the newest headers does not agree."""
        return self._headers.current()

    def news(self) -> Sequence[str]:
        """Return what of that is new."""
        return self._headers.news()
