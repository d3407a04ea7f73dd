# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an odometry has begun again, and what that leaves known of the robot's motion.

An odometry is continuous (REP-105). One whose driver is started again is not: its pose leaps, and
the robot does not. A leap is what lies beyond what the robot's speed explains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.reading import Reading
from local_inn_ros.filtering.state_space import PoseT

# A step may be longer than the speed explains by this much, and by what stamps that are wrong by
# so much make of it. REP-105's odometry is far smoother.
_SLACK_M, _SLACK_RAD = 0.3, 0.3
_STAMPS_WRONG_S = 0.1
# Where stamps come at uneven times they are wrong by more: by so many times the mean unevenness,
# learned from about so many readings. Some drivers stamp what they read when they get to it.
_UNEVEN, _READINGS = 5.0, 20.0
# What a speed explains is taken twice: some drivers filter their twist, and it lags.
_LAG = 2.0
# No robot accelerates faster: cars on a race track reach 8 m/s^2. This bounds both what happens
# between two readings and how fast a speed can be learned from poses, where no twist tells it.
_ACCELERATION, _TURN_ACCELERATION = 8.0, 10.0
_ACCELERATES_FOR_S = 0.5
# A leap that comes smoothed, over several readings, adds up within this time.
_ADDS_UP_S = 0.5
# In a longer pause a robot may have driven on, unseen, as fast as it was ever seen to, or as this.
_PAUSE_S = 0.5
_UNSEEN_MPS, _UNSEEN_RADPS = 1.0, 1.0
# The speeds at both ends of a pause tell where it leads, if it is no longer than this.
_LED_FOR_S = 2.0
# A twist is told where it explains steps of a robot that drives so fast, to a factor of two.
_DRIVES_MPS, _TOLD = 0.1, 2.0
# Of a first step without a twist it is only known that robots are not faster than this.
_AT_FIRST_MPS, _AT_FIRST_RADPS = 10.0, 3.0
# Of the slack so much is used up where an odometry has just begun again: the leap may go on.
_WARY = 0.6
# An odometry that says exactly zero begins, and began again if it was farther off than this.
_AWAY_M, _AWAY_RAD = 0.02, 0.02
_NEAR_ORIGIN_M, _NEAR_ORIGIN_RAD = 0.1, 0.1
# So many readings must be missing for a pause.
_MISSED = 3.0
# The twists at both ends carry the pose over so long a gap; anything more is left to the spread.
_CARRIED_S = 0.5
# Without a twist the last step is repeated so often at most: its stamps may be wrong.
_MOST_STEPS = 5.0
# Somebody may have pushed a robot that stood, as fast as this; over no more than so long.
_PUSHED_MPS, _PUSHED_RADPS = 0.5, 0.5
_LONGEST_GAP_S = 60.0


@dataclass(frozen=True, slots=True)
class Gap(Generic[PoseT]):
    """What may have happened between the last reading of an odometry and the first of its next.

    Attributes:
        increment: how the base moved as far as its speeds tell, in its own axes.
        duration_s: how long it took.
        position_deviation_m: how far off that may be, one standard deviation.
        rotation_deviation_rad: the same of the turn.
    """

    increment: PoseT
    duration_s: float
    position_deviation_m: float
    rotation_deviation_rad: float

    def spread(self, dof: int) -> NDArray[np.float64]:
        """Return the covariance (d, d) that it adds to a pose of d = 3 or 6 degrees of freedom."""
        places = 2 if dof == 3 else 3
        position = [self.position_deviation_m**2] * places
        return np.diag([*position, *[self.rotation_deviation_rad**2] * (dof - places)])


class RestartWatch:
    """Watches the steps of an odometry for those that no robot takes.

    The speed that explains a step is the one that the readings tell or, since many drivers leave
    the twist at zero, the one that the steps before it had.
    """

    def __init__(self) -> None:
        """Begin with an odometry of which nothing is known."""
        self._speed_mps, self._turning_radps = _AT_FIRST_MPS, _AT_FIRST_RADPS
        self._fastest_mps, self._fastest_radps = _UNSEEN_MPS, _UNSEEN_RADPS
        # What of the last steps no speed has explained.
        self._unexplained_m, self._unexplained_rad = 0.0, 0.0
        self._learned = False
        # Whether twists tell how fast the base moves: some drivers leave them at zero.
        self._twist_told = False
        # The mean time from reading to reading, and how far from that the times are.
        self._period_s, self._uneven_s = math.nan, 0.0

    def speeds(self, *readings: Reading[PoseT]) -> tuple[float, float]:
        """Return how fast the base moves and turns at most, by twists and steps (m/s, rad/s)."""
        told = [reading.speeds() for reading in readings]
        fast, turning = max(speed for speed, _ in told), max(rate for _, rate in told)
        if not self._learned and (fast or turning):
            return fast, turning
        return max(self._speed_mps, fast), max(self._turning_radps, turning)

    def begins_again(self, before: Reading[PoseT], after: Reading[PoseT]) -> bool:
        """Take in a reading, and tell whether it is of an odometry that began again.

        Args:
            before: the reading before it, taken in already unless it was the first.
            after: the reading.
        """
        passed_s = max(after.stamp_s - before.stamp_s, 0.0)
        way_m, turn_rad = before.apart(after)
        speed, turning = self.speeds(before, after)
        fading = math.exp(-passed_s / _ADDS_UP_S)
        spurt_s = min(passed_s, _ACCELERATES_FOR_S)
        explained_m = _LAG * speed * passed_s + 0.5 * _ACCELERATION * spurt_s**2
        explained_rad = _LAG * turning * passed_s + 0.5 * _TURN_ACCELERATION * spurt_s**2
        beyond_m = max(fading * self._unexplained_m + way_m - explained_m, 0.0)
        beyond_rad = max(fading * self._unexplained_rad + turn_rad - explained_rad, 0.0)
        wrong_s = _STAMPS_WRONG_S + _UNEVEN * self._uneven_s
        leaps = math.hypot(
            beyond_m / (_SLACK_M + wrong_s * speed), beyond_rad / (_SLACK_RAD + wrong_s * turning)
        )
        home_m, home_rad = after.from_origin()
        if home_m == home_rad == 0.0 and (way_m > _AWAY_M or turn_rad > _AWAY_RAD):
            anew = True
        elif home_m < _NEAR_ORIGIN_M and home_rad < _NEAR_ORIGIN_RAD and self._pauses(passed_s):
            # That a robot was driven just there unseen is the less likely story.
            anew = way_m > _SLACK_M or turn_rad > _SLACK_RAD
        else:
            unseen = self._drove_unseen(way_m, turn_rad, passed_s)
            anew = (leaps > 1.0 and not unseen) or self._is_led_elsewhere(before, after, passed_s)
        if anew:
            beyond_m, beyond_rad = _WARY * _SLACK_M, _WARY * _SLACK_RAD
        else:
            self._learn(way_m, turn_rad, passed_s)
            self._learn_twist(before, after, way_m, passed_s)
        self._unexplained_m, self._unexplained_rad = beyond_m, beyond_rad
        return anew

    def _pauses(self, passed_s: float) -> bool:
        """Tell whether readings came late, beside how often they usually come."""
        usual_s = 0.0 if math.isnan(self._period_s) else self._period_s
        return passed_s > max(_PAUSE_S, _MISSED * usual_s)

    def _drove_unseen(self, way_m: float, turn_rad: float, passed_s: float) -> bool:
        if passed_s <= _PAUSE_S:
            return False
        return way_m <= self._fastest_mps * passed_s and turn_rad <= self._fastest_radps * passed_s

    def _is_led_elsewhere(
        self, before: Reading[PoseT], after: Reading[PoseT], passed_s: float
    ) -> bool:
        """Tell whether the speeds at both ends of a pause speak against the way between them.

        Its speeds may have changed from the one to the other at any time, and in between by the
        highest that it was seen to have in a second.
        """
        if not self._twist_told or not self._pauses(passed_s) or passed_s > _LED_FOR_S:
            return False
        speed, turning = self.speeds(before, after)
        way_m, turn_rad = before.apart(after)
        # One that goes on where the last was is of that time, and stamped ahead.
        few_s = _MISSED * self._period_s
        if way_m <= _SLACK_M + speed * few_s and turn_rad <= _SLACK_RAD + turning * few_s:
            return False
        off_m, off_rad = before.off_course(after)
        (first_mps, first_radps), (last_mps, last_radps) = before.speeds(), after.speeds()
        half_s = 0.5 * passed_s
        most_rad = half_s * (abs(last_radps - first_radps) + half_s * self._fastest_radps)
        most_m = half_s * (abs(last_mps - first_mps) + half_s * self._fastest_mps)
        most_m += half_s * most_rad * speed
        return off_m > _SLACK_M + most_m or off_rad > _SLACK_RAD + most_rad

    def _learn_twist(
        self, before: Reading[PoseT], after: Reading[PoseT], way_m: float, passed_s: float
    ) -> None:
        if 0.0 < passed_s <= _PAUSE_S and way_m > _DRIVES_MPS * passed_s:
            told_m = passed_s * max(before.speeds()[0], after.speeds()[0])
            self._twist_told = way_m / _TOLD <= told_m <= _TOLD * way_m

    def _learn(self, way_m: float, turn_rad: float, passed_s: float) -> None:
        """Learn from a step how fast the robot is, no faster than it can accelerate."""
        if passed_s <= 0.0:
            return
        if passed_s <= _PAUSE_S:
            self._learn_period(passed_s)
        spurt_s = passed_s if self._learned else math.inf
        self._speed_mps = min(way_m / passed_s, self._speed_mps + _ACCELERATION * spurt_s)
        self._turning_radps = min(
            turn_rad / passed_s, self._turning_radps + _TURN_ACCELERATION * spurt_s
        )
        self._learned = True
        self._fastest_mps = max(self._fastest_mps, self._speed_mps)
        self._fastest_radps = max(self._fastest_radps, self._turning_radps)

    def _learn_period(self, passed_s: float) -> None:
        if math.isnan(self._period_s):
            self._period_s = passed_s
        off_s = passed_s - self._period_s
        self._period_s += off_s / _READINGS
        self._uneven_s += (abs(off_s) - self._uneven_s) / _READINGS

    def gap(
        self, earlier: Reading[PoseT] | None, before: Reading[PoseT], after: Reading[PoseT]
    ) -> Gap[PoseT]:
        """Return what may have happened before an odometry that began again.

        Args:
            earlier: the reading before ``before``, where there is one.
            before: the last reading of the old odometry.
            after: the first of the new one.
        """
        passed_s = min(max(after.stamp_s - before.stamp_s, 0.0), _LONGEST_GAP_S)
        half_s = 0.5 * min(passed_s, _CARRIED_S)
        silent = not any((*before.speeds(), *after.speeds()))
        # Of a robot that was heard of once, without a twist, nothing says that it moves.
        unheard = silent and not self._learned
        speed, turning = (0.0, 0.0) if unheard else self.speeds(before, after)
        if silent and earlier is not None and before.stamp_s > earlier.stamp_s:
            # The driver tells no twist: the robot goes on as its last step went.
            step_s, (way_m, _) = before.stamp_s - earlier.stamp_s, earlier.apart(before)
            share = min(2.0 * half_s / step_s, _MOST_STEPS)
            if self._learned and way_m > 0.0:
                share *= min(self._speed_mps * step_s / way_m, 1.0)
            increment = before.pose.between(earlier.towards(before, 1.0 + share))
        else:
            first = before.pose.between(before.carried_on(half_s))
            increment = first @ after.pose.between(after.carried_on(half_s))
        return Gap(
            increment,
            passed_s,
            0.5 * max(speed, _PUSHED_MPS) * passed_s,
            0.5 * max(turning, _PUSHED_RADPS) * passed_s,
        )
