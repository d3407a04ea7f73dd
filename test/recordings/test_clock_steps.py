# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a clock was set back while a recording was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bag_messages import Messages, drive, raw_bag
from numpy.typing import NDArray

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.recordings.clock_steps import steps_back, told_steps_back
from local_inn_ros.recordings.posed_scans import learnable_scans

STEADY = 100.0 + 0.05 * np.arange(200)


def set_back(at: int, by_s: float) -> NDArray[np.float64]:
    return np.where(np.arange(200) < at, STEADY, STEADY - by_s)


@pytest.mark.parametrize("at", [5, 100, 195])
def test_a_clock_that_was_set_back_is_found_once(at: int) -> None:
    assert steps_back(set_back(at, 4.0)) == pytest.approx([3.95])


def test_every_time_is_counted() -> None:
    looped = np.concatenate([STEADY, STEADY, STEADY])
    assert steps_back(looped) == pytest.approx([9.95, 9.95])
    (told,) = told_steps_back([("/scan", STEADY), ("/odom", looped)])
    assert told.startswith("the stamps of /odom go back 2 times, by 9.95 s at most")


def test_single_stamps_and_small_disorder_are_no_clock_set_back() -> None:
    odd = STEADY.copy()
    odd[[20, 21]] = 2.0e9, 0.0
    odd[60] = 50.0
    late = STEADY.copy()
    late[[30, 31, 32, 33]] = late[[33, 30, 32, 31]]
    for stamps in (STEADY, odd, late, set_back(100, 0.8), STEADY[:3], STEADY[:0]):
        assert not len(steps_back(stamps))


def test_what_is_mixed_is_not_learned_from(tmp_path: Path) -> None:
    make = Messages()
    content = drive(make)
    for _, message in content[60:]:
        message.header.stamp.sec -= 2
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics(reference="/truth"))
    with pytest.raises(BagError, match="is not learned from: the stamps of /scan go back once"):
        learnable_scans(recording)
