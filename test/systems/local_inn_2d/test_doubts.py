# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from local_inn_ros.systems.local_inn_2d.doubts import doubts_of


def test_a_network_that_carries_is_not_doubted() -> None:
    measured = {"network_anees": 3.2, "network_p95_m": 0.05, "network_astray_share": 0.01}
    assert doubts_of(measured) == ()
    assert doubts_of({}) == ()


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ({"network_astray_share": 0.17}, "17.0 % of the scans"),
        ({"network_anees": 40.0}, "surer of itself than it is right"),
    ],
)
def test_a_network_that_would_not_hold_is_said_to(measured: dict[str, float], words: str) -> None:
    (doubt,) = doubts_of(measured)
    assert words in doubt
    assert "train longer" in doubt
