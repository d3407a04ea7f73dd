# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for messages with any content that their types allow.

A message in which everything is senseless is refused for the first thing that is: most of these are
sane but for a few of their fields.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovariance, PoseWithCovarianceStamped, Quaternion
from hypothesis import strategies as st
from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Header

FLOAT32_MAX = float(np.finfo(np.float32).max)

# Numbers that make sense, those that do not, and the ends of what can be written.
numbers = st.one_of(
    st.floats(-10.0, 10.0),
    st.floats(),
    st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]),
    st.sampled_from([-3e3, 5e7, 1e9, 1e300, -1e300, 1e-300, 5e-324]),
)
singles = st.one_of(
    st.floats(-16.0, 16.0, width=32),
    st.floats(width=32),
    st.sampled_from([0.0, math.nan, math.inf, -math.inf, FLOAT32_MAX, -FLOAT32_MAX]),
)
frames = st.sampled_from(["laser", "odom", "map", "base_link", "/laser", "", "nowhere", "räder/ü"])
Spoil = Callable[[st.DrawFn, Any], None]


def stamps(now_s: int) -> st.SearchStrategy[Time]:
    """Stamps anywhere near now, and anywhere at all, before 1970 too."""
    nanoseconds = st.integers(0, 2**32 - 1)
    return st.one_of(
        st.builds(Time, sec=st.just(now_s), nanosec=st.integers(0, 999_999_999)),
        st.builds(Time, sec=st.integers(now_s - 3, now_s + 3), nanosec=nanoseconds),
        st.builds(Time, sec=st.integers(-(2**31), 2**31 - 1), nanosec=nanoseconds),
        st.just(Time()),
    )


def turned(yaw: float) -> Quaternion:
    return Quaternion(z=math.sin(0.5 * yaw), w=math.cos(0.5 * yaw))


@st.composite
def covariances(draw: st.DrawFn) -> np.ndarray:
    """36 numbers: none, a diagonal, a product that is positive semi-definite, or any."""
    kind = draw(st.sampled_from(["zero", "diagonal", "product", "any"]))
    six = st.lists(numbers, min_size=6, max_size=6)
    matrix = np.zeros((6, 6))
    if kind == "diagonal":
        matrix[np.diag_indices(6)] = np.abs(draw(six))
    elif kind == "product":
        factor = np.array(draw(six)).reshape(2, 3)
        with np.errstate(all="ignore"):
            matrix[np.ix_([0, 1, 5], [0, 1, 5])] = factor.T @ factor
    elif kind == "any":
        matrix = np.tile(draw(six), (6, 1))
    return matrix.reshape(36)


def _stamp(draw: st.DrawFn, message: Any) -> None:
    message.header.stamp = draw(stamps(message.header.stamp.sec))


def _frame(draw: st.DrawFn, message: Any) -> None:
    message.header.frame_id = draw(frames)


def _position(draw: st.DrawFn, message: Any) -> None:
    setattr(message.pose.pose.position, draw(st.sampled_from("xyz")), draw(numbers))


def _rotation(draw: st.DrawFn, message: Any) -> None:
    x, y, z, w = (draw(numbers) for _ in range(4))
    message.pose.pose.orientation = Quaternion(x=x, y=y, z=z, w=w)


def _covariance(draw: st.DrawFn, message: Any) -> None:
    message.pose.covariance = draw(covariances())


def _child_frame(draw: st.DrawFn, message: Odometry) -> None:
    message.child_frame_id = draw(frames)


def _twist(draw: st.DrawFn, message: Odometry) -> None:
    twist = message.twist.twist
    twist.linear.x, twist.linear.y, twist.angular.z = (draw(numbers) for _ in range(3))


def _ranges(draw: st.DrawFn, message: LaserScan) -> None:
    """None, one number for all, or blocks of anything in what there was."""
    values = np.array(message.ranges, dtype=np.float32)
    if draw(st.booleans()):
        count = draw(st.sampled_from([0, 1, 2, 3, 17, 180, 181, 720, 4001]))
        values = np.full(count, draw(singles), dtype=np.float32)
    for _ in range(draw(st.integers(0, 3)) if values.size else 0):
        first = draw(st.integers(0, values.size - 1))
        values[first : first + draw(st.integers(1, values.size))] = draw(singles)
    message.ranges = array("f", values.tobytes())


def _header_number(draw: st.DrawFn, message: LaserScan) -> None:
    names = ["angle_min", "angle_max", "angle_increment", "range_min", "range_max", "scan_time"]
    setattr(message, draw(st.sampled_from(names)), draw(singles))


def _direction(draw: st.DrawFn, message: LaserScan) -> None:
    message.angle_min, message.angle_increment = -message.angle_min, -message.angle_increment


def _intensities(draw: st.DrawFn, message: LaserScan) -> None:
    message.intensities = array("f", draw(st.lists(singles, max_size=3)))


@st.composite
def spoilt(draw: st.DrawFn, sane: Callable[[st.DrawFn], Any], spoils: list[Spoil]) -> Any:
    """A sane message, with none, some or all of its fields spoilt."""
    message = sane(draw)
    for spoil in draw(st.lists(st.sampled_from(spoils), max_size=3, unique=True)):
        spoil(draw, message)
    if draw(st.integers(0, 9)) == 0:
        for spoil in spoils:
            spoil(draw, message)
    return message


def _header(draw: st.DrawFn, now_s: int, frame: str) -> Header:
    stamp = Time(sec=now_s, nanosec=draw(st.integers(0, 999)) * 1_000_000)
    return Header(stamp=stamp, frame_id=frame)


def _pose(draw: st.DrawFn, reach_m: float) -> PoseWithCovariance:
    told = PoseWithCovariance()
    told.pose.position.x = draw(st.floats(-reach_m, reach_m))
    told.pose.position.y = draw(st.floats(-reach_m, reach_m))
    told.pose.orientation = turned(draw(st.floats(-math.pi, math.pi)))
    told.covariance = np.diag([0.1, 0.1, 0.0, 0.0, 0.0, 0.05]).reshape(36)
    return told


def poses_in(frame: str, now_s: int) -> st.SearchStrategy[PoseWithCovarianceStamped]:
    def sane(draw: st.DrawFn) -> PoseWithCovarianceStamped:
        header = _header(draw, now_s, frame)
        return PoseWithCovarianceStamped(header=header, pose=_pose(draw, 6.0))

    return spoilt(sane, [_stamp, _frame, _position, _rotation, _covariance])


def odometry_in(frame: str, now_s: int) -> st.SearchStrategy[Odometry]:
    def sane(draw: st.DrawFn) -> Odometry:
        message = Odometry(header=_header(draw, now_s, frame), child_frame_id="base_link")
        message.pose = _pose(draw, 0.5)
        message.twist.twist.linear.x = draw(st.floats(-2.0, 2.0))
        return message

    return spoilt(sane, [_stamp, _frame, _child_frame, _position, _rotation, _covariance, _twist])


def scans_like(usual: LaserScan, now_s: int) -> st.SearchStrategy[LaserScan]:
    def sane(draw: st.DrawFn) -> LaserScan:
        fields = usual.get_fields_and_field_types()
        copied = {name: getattr(usual, name) for name in fields if name != "header"}
        return LaserScan(header=_header(draw, now_s, "laser"), **copied)

    return spoilt(
        sane, [_stamp, _frame, _ranges, _header_number, _direction, _intensities, _ranges]
    )
