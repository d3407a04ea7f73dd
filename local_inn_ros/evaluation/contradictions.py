# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What in a recording's messages does not agree with itself."""

from __future__ import annotations

from local_inn_ros.filtering.twist_agreement import TwistWatch
from local_inn_ros.messages.readings import to_seconds
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.sensing.laser.header_watch import HeaderWatch


def contradictions_in(recording: Recording) -> list[str]:
    """Look at the headers of all scans, and at the twist of all odometry.

    Returns:
        Each contradiction once, in words, with both numbers.

    Raises:
        BagError: the bag cannot be read any more.
    """
    headers, twists = HeaderWatch(), TwistWatch(spells=None)
    told: list[str] = []
    topic = recording.topics.scan
    for message in recording.scan_messages():
        headers.see(topic, message, to_seconds(message.header.stamp))
        told += headers.news()
    for reading in recording.odometry:
        twists.see(reading)
    return told + twists.current()
