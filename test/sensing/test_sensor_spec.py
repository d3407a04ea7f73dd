# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing import load_laser_spec

SENSORS = Path(__file__).resolve().parents[2] / "config" / "sensors"
GOOD = {
    "name": "test",
    "beam_count": 100,
    "angle_min_rad": -1.0,
    "angle_max_rad": 1.0,
    "range_min_m": 0.1,
    "range_max_m": 10.0,
    "noise_std_m": 0.01,
    "rate_hz": 10.0,
    "network_beams": 50,
}


def write(path, values):
    path.write_text("\n".join(f"{key}: {value}" for key, value in values.items()), "utf-8")
    return path


@pytest.mark.parametrize("name", ["f1tenth", "sick_lms200"])
def test_the_lasers_that_ship_can_be_read(name):
    spec = load_laser_spec(SENSORS / f"{name}.yaml")
    assert len(spec.network_angles_rad()) == spec.network_beams
    assert len(spec.beam_angles_rad()) == spec.beam_count
    assert spec.beam_angles_rad()[[0, -1]] == pytest.approx(
        [spec.angle_min_rad, spec.angle_max_rad]
    )


def test_a_description_is_read_as_written(tmp_path):
    spec = load_laser_spec(write(tmp_path / "s.yaml", GOOD))
    assert spec.model_dump() == {
        "kind": "laser", **GOOD, "scan_duration_s": None, "time_offset_s": 0.0,
    }  # fmt: skip
    assert np.diff(spec.network_angles_rad()) == pytest.approx(np.full(49, 2.0 / 49))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"range_max_m": -1}, "range_max_m"),
        ({"range_max_m": ".nan"}, "range_max_m"),
        ({"range_max_m": 0.05}, "range_max_m must be larger"),
        ({"angle_max_rad": -2}, "angle_max_rad must be larger"),
        ({"angle_min_rad": -3.5, "angle_max_rad": 3.5}, "full turn"),
        ({"network_beams": 101}, "cannot exceed"),
        ({"noise_std_m": 0}, "noise_std_m"),
        ({"beam_count": "many"}, "beam_count"),
        ({"beams": 3}, "beams"),
        ({7: 3}, "the sensor file"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, change, says):
    with pytest.raises(SensorError, match=says):
        load_laser_spec(write(tmp_path / "s.yaml", GOOD | change))


def test_a_missing_value_is_named(tmp_path):
    values = {key: value for key, value in GOOD.items() if key != "rate_hz"}
    with pytest.raises(SensorError, match="rate_hz"):
        load_laser_spec(write(tmp_path / "s.yaml", values))


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b", "a: [1", "\x00"])
def test_what_is_no_description_is_refused(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SensorError, match="sensor file"):
        load_laser_spec(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SensorError, match=r"no sensor file at .*gone\.yaml"):
        load_laser_spec(tmp_path / "gone.yaml")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(SensorError, match="cannot read"):
        load_laser_spec(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(SensorError, match="not valid YAML"):
        load_laser_spec(path)
