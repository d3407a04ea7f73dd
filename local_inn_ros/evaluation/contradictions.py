# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What in a recording's messages does not agree with itself."""

from __future__ import annotations

from local_inn_ros.filtering.twist_agreement import TwistWatch
from local_inn_ros.recordings import bag_messages
from local_inn_ros.recordings.bag_file import Bag
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
    with Bag(recording.path) as bag:
        for message in bag.messages(topic, bag_messages.SCAN):
            headers.see(topic, message, bag_messages.stamp_of(message))
            told += headers.news()
    for reading in recording.odometry:
        twists.see(reading)
    return told + twists.current()
