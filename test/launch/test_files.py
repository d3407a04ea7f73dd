# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Launch files: what they start, and what their arguments do to it."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

# First this: the checkout's own folder `launch` can pass for the package.
pytest.importorskip("launch_ros", reason="ROS 2's launch is not installed")

from launch_fixtures import ROOT, LaunchBench, Launched, Started

launch = importlib.import_module("launch")

LAUNCH_FILES = sorted((ROOT / "launch").glob("*.launch.py"))
RELATIVE_TRANSFORMS = {"/tf:=tf", "/tf_static:=tf_static"}
# As Nav2's own launch file of localization has them, without those for composition.
NAV2_ARGUMENTS = {
    *("namespace", "map", "use_sim_time", "params_file"),
    *("autostart", "use_respawn", "log_level"),
}


@pytest.fixture
def bench(tmp_path: Path) -> LaunchBench:
    return LaunchBench(tmp_path)


def started_by(launched: Launched) -> dict[str, Started]:
    assert launched.code == 0, launched.said
    return launched.processes


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments_of(path: Path) -> dict[str, launch.actions.DeclareLaunchArgument]:
    description = loaded(path).generate_launch_description()
    assert isinstance(description, launch.LaunchDescription)
    kind = launch.actions.DeclareLaunchArgument
    return {one.name: one for one in description.entities if isinstance(one, kind)}


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_every_argument_is_described_and_has_a_default(path: Path) -> None:
    arguments = arguments_of(path)
    assert "log_level" in arguments
    assert all(one.description != "no description given" for one in arguments.values())
    required = {name for name, one in arguments.items() if one.default_value is None}
    assert required == ({"bag"} if path.name == "replay.launch.py" else set())


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_the_documentation_names_every_argument(path: Path) -> None:
    page = (ROOT / "docs" / "launch.md").read_text()
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{path.name}` |")]
    documented = {word.strip(" `") for word in row.split("|")[2].split(",")}
    assert documented == set(arguments_of(path))


def test_localization_needs_no_argument(bench: LaunchBench) -> None:
    started = started_by(bench.run("localization"))
    assert set(started) == {"localization"}
    assert started["localization"].rules == RELATIVE_TRANSFORMS
    for node in ("lidar_localizer", "ekf"):
        told = started["localization"].parameters(node)
        assert (told["use_sim_time"], told["autostart"]) == (False, True)
    assert started["localization"].parameters("lidar_localizer")["bundle"] == ""


def test_camera_bundle_starts_its_node_beside_and_tells_the_filter(bench: LaunchBench) -> None:
    started = started_by(bench.run("localization", camera_bundle="/models/hall_camera"))
    assert set(started) == {"localization", "camera_localizer"}
    camera = started["camera_localizer"].parameters("camera_localizer")
    assert (camera["bundle"], camera["defers_to"]) == ("/models/hall_camera", "lidar_localizer")
    both = ("lidar_localizer", "camera_localizer")
    told = started["localization"].parameters("ekf")
    assert told["fix_topics"] == [f"{node}/measurement" for node in both]
    assert told["lost_topics"] == [f"{node}/lost" for node in both]
    assert started["localization"].parameters("lidar_localizer")["bundle"] == ""


def test_camera_alone_needs_no_laser(bench: LaunchBench) -> None:
    started = started_by(
        bench.run("localization", camera_bundle="/models/hall_camera", use_lidar="false")
    )
    assert set(started) == {"ekf", "camera_localizer"}
    assert started["camera_localizer"].parameters("camera_localizer")["defers_to"] == ""
    assert started["ekf"].parameters("ekf")["fix_topics"] == ["camera_localizer/measurement"]
    nothing = bench.run("localization", use_lidar="false")
    assert nothing.code == 1 and "needs a camera_bundle" in nothing.said


def test_arguments_of_localization_reach_both_nodes(bench: LaunchBench, tmp_path: Path) -> None:
    file = tmp_path / "parameters.yaml"
    file.write_text(
        "/$(var namespace)/ekf: {ros__parameters: {odom_frame_id: $(var namespace)/odom}}\n"
    )
    started = started_by(
        bench.run(
            "localization",
            namespace="robot1",
            bundle="/models/hall",
            params_file=str(file),
            search_at_start="True",
            use_sim_time="true",
            autostart="false",
            log_level="debug",
        )
    )["localization"]
    assert {"__ns:=/robot1", *RELATIVE_TRANSFORMS} == started.rules
    assert started.words[started.words.index("--log-level") + 1] == "debug"
    told = {
        "bundle": "/models/hall",
        "use_sim_time": True,
        "autostart": False,
        "search_at_start": True,
    }
    assert started.parameters("lidar_localizer") == told
    assert started.parameters("ekf") == {**told, "odom_frame_id": "robot1/odom"}


def test_what_is_neither_true_nor_false_is_told(bench: LaunchBench) -> None:
    launched = bench.run("localization", use_sim_time="perhaps")
    assert (launched.code, launched.processes) == (1, {})
    assert "perhaps" in launched.said


def test_without_nav2_or_rviz_a_sentence_says_so(bench: LaunchBench) -> None:
    launched = bench.run("localization", map="/maps/hall.yaml", use_rviz="true")
    assert set(started_by(launched)) == {"localization"}
    assert "not installed: nav2_map_server, nav2_lifecycle_manager; so nobody" in launched.said
    assert "rviz2 is not installed" in launched.said


def test_a_map_is_served_by_nav2(bench: LaunchBench) -> None:
    bench.install("nav2_map_server", "map_server")
    bench.install("nav2_lifecycle_manager", "lifecycle_manager")
    started = started_by(bench.run("localization", map="/maps/hall.yaml", namespace="robot1"))
    assert set(started) == {"localization", "map_server", "lifecycle_manager"}
    server = started["map_server"].parameters("map_server")
    assert server == {"yaml_filename": "/maps/hall.yaml", "use_sim_time": False}
    manager = started["lifecycle_manager"].parameters("lifecycle_manager_map")
    assert manager == {"node_names": ["map_server"], "autostart": True, "use_sim_time": False}
    for name in ("map_server", "lifecycle_manager"):
        assert {"__ns:=/robot1", *RELATIVE_TRANSFORMS} <= started[name].rules


def test_rviz_looks_into_the_namespace(bench: LaunchBench) -> None:
    bench.install("rviz2", "rviz2")
    started = started_by(
        bench.run("localization", namespace="robot1", use_rviz="true", use_sim_time="true")
    )
    rviz = started["rviz2"]
    assert {"__ns:=/robot1", "/scan:=scan", "/map:=map", "/tf:=tf"} <= rviz.rules
    view = Path(rviz.words[rviz.words.index("-d") + 1])
    assert view.resolve() == ROOT / "config" / "localization.rviz"
    assert rviz.parameters("rviz") == {"use_sim_time": True}


def test_rviz_takes_every_topic_of_its_view_into_the_namespace() -> None:
    view = (ROOT / "config" / "localization.rviz").read_text()
    lines = (line.strip() for line in view.splitlines())
    shown = {line.removeprefix("Value: /") for line in lines if line.startswith("Value: /")}
    module = loaded(ROOT / "launch" / "rviz.launch.py")
    assert set(module.TOPICS) == {*shown, "tf", "tf_static"}


def test_the_demo_is_a_simulator_with_localization(bench: LaunchBench) -> None:
    started = started_by(
        bench.run("demo", namespace="robot1", bundle="/models/hall", speed="3", seed="5")
    )
    assert set(started) == {"localization", "simulator"}
    for process in started.values():
        assert {"__ns:=/robot1", *RELATIVE_TRANSFORMS} == process.rules
    told = started["simulator"].parameters("simulator")
    assert told == {"bundle": "/models/hall", "speed_mps": 3.0, "seed": 5}
    localizer = started["localization"].parameters("lidar_localizer")
    assert (localizer["bundle"], localizer["search_at_start"]) == ("/models/hall", True)


def test_without_a_player_a_replay_ends_with_a_sentence(bench: LaunchBench) -> None:
    launched = bench.run("replay", bag="/bags/lap")
    assert (launched.code, launched.processes) == (1, {})
    assert "ros2bag is not installed" in launched.said


def test_a_replay_plays_the_bag_with_a_clock(bench: LaunchBench) -> None:
    bench.install("ros2bag")
    bench.install_command("ros2")
    renamed = "/front/scan:=/scan /wheels/odom:=/odom"
    started = started_by(
        bench.run("replay", bag="/bags/lap", rate="2.5", loop="true", remap=renamed)
    )
    words = started["ros2"].words
    assert words[:6] == ["bag", "play", "/bags/lap", "--clock", "--rate", "2.5"]
    assert words[6:8] == ["--loop", "--remap"]
    assert set(renamed.split()) < set(words[8:])
    assert started["localization"].parameters("ekf")["use_sim_time"] is True
    assert started["localization"].parameters("lidar_localizer")["search_at_start"] is True


def test_nav2s_launch_files_can_name_ours() -> None:
    assert arguments_of(ROOT / "launch" / "nav2_localization.launch.py").keys() > NAV2_ARGUMENTS


def test_without_nav2_its_launch_file_ends_with_a_sentence(bench: LaunchBench) -> None:
    launched = bench.run("nav2_localization", map="/maps/hall.yaml")
    assert (launched.code, launched.processes) == (1, {})
    assert "localization.launch.py runs without" in launched.said


@pytest.mark.parametrize("code", [0, 1, 134])
def test_a_process_that_has_failed_is_told_by_the_exit_code(bench: LaunchBench, code: int) -> None:
    bench.install("local_inn_ros", "localization", last=f"exit {code}")
    launched = bench.run("localization")
    assert launched.code == (1 if code else 0), launched.said
    assert (f"has ended with exit code {code}" in launched.said) is (code != 0)


def test_a_demo_without_its_simulator_fails(bench: LaunchBench) -> None:
    bench.install("local_inn_ros", "simulator", last="exit 1")
    launched = bench.run("demo", use_rviz="false")
    assert launched.code == 1
    # The other one was not taken down with it.
    assert set(launched.processes) == {"localization", "simulator"}


def test_a_recording_that_cannot_be_played_ends_the_replay(bench: LaunchBench) -> None:
    bench.install("ros2bag")
    bench.install("local_inn_ros", "localization", last="exec sleep 30")
    bench.install_command("ros2", last="exit 2")
    # It ends although localization would go on.
    launched = bench.run("replay", bag="/nope", use_rviz="false")
    assert launched.code == 1
    assert "has ended with exit code 2" in launched.said


@pytest.mark.parametrize(
    ("file", "argument", "told"),
    [
        ("localization", "use_sim_time", "maybe"),
        ("localization", "use_respawn", "2"),
        ("localization", "autostart", ""),
        ("localization", "use_rviz", "y"),
        ("demo", "speed", "fast"),
        ("demo", "seed", "1.5"),
        ("demo", "search_at_start", "maybe"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(
    bench: LaunchBench, file: str, argument: str, told: str
) -> None:
    launched = bench.run(file, **{argument: told})
    assert launched.code == 1
    assert f"{argument}:={told} is " in launched.said


@pytest.mark.parametrize("word", ["true", "True", "1", "yes", "ON", " true "])
def test_what_is_true_may_be_spelled_in_many_ways(bench: LaunchBench, word: str) -> None:
    told = started_by(bench.run("localization", use_sim_time=word, search_at_start=word))
    parameters = told["localization"].parameters("lidar_localizer")
    assert parameters["use_sim_time"] is True
    assert parameters["search_at_start"] is True


def test_the_demo_can_be_told_not_to_search(bench: LaunchBench) -> None:
    started = started_by(bench.run("demo", search_at_start="false"))
    assert started["localization"].parameters("lidar_localizer")["search_at_start"] is False


@pytest.mark.parametrize(("told", "wanted"), [("", True), ("false", False), ("true", True)])
def test_a_search_at_the_start_is_as_the_file_says_unless_it_is_told(
    bench: LaunchBench, tmp_path: Path, told: str, wanted: bool
) -> None:
    file = tmp_path / "parameters.yaml"
    file.write_text("/**/lidar_localizer: {ros__parameters: {search_at_start: true}}\n")
    arguments = {"params_file": str(file), "search_at_start": told}
    started = started_by(bench.run("localization", **arguments))
    assert started["localization"].parameters("lidar_localizer")["search_at_start"] is wanted


def test_the_demo_lists_what_it_heeds_alone(bench: LaunchBench) -> None:
    # The simulator has no clock: localization would wait for one for ever.
    started = started_by(bench.run("demo", use_sim_time="true"))
    assert started["localization"].parameters("ekf")["use_sim_time"] is False


# Ends the launch when it is started for the second time.
_CRASHES_ONCE = (
    'if [ -e "$note.once" ]; then kill -INT $PPID; exec sleep 30; fi; touch "$note.once"; exit 139'
)


@pytest.mark.parametrize(
    ("words", "again", "bond_timeout"),
    [
        ({}, True, 0.0),
        ({"autostart_on_respawn": "false"}, False, None),
        ({"autostart": "false"}, False, None),
    ],
)
def test_localization_that_has_crashed_starts_itself_again_beside_navs_manager(
    bench: LaunchBench, words: dict[str, str], again: bool, bond_timeout: float | None
) -> None:
    pytest.importorskip("nav2_common", reason="nav2_common is not installed")
    bench.install("nav2_common")
    bench.install("nav2_map_server", "map_server", last="exec sleep 30")
    bench.install("nav2_lifecycle_manager", "lifecycle_manager", last="exec sleep 30")
    bench.install("local_inn_ros", "localization", last=_CRASHES_ONCE)
    launched = bench.run("nav2_localization", use_respawn="true", **words)
    localization = launched.processes["localization"]
    assert localization.parameters("ekf")["autostart"] is again
    assert ("is started again and activates itself" in launched.said) is again
    manager = launched.processes["lifecycle_manager"].parameters("lifecycle_manager_localization")
    if importlib.util.find_spec("bondpy") is not None or again:
        assert manager.get("bond_timeout") == bond_timeout


@pytest.mark.parametrize(
    ("respawn", "chosen", "told"),
    [("true", "", "UDPv4"), ("true", "SHM", "SHM"), ("false", "", "")],
)
def test_what_starts_again_after_a_crash_talks_without_memory_that_outlives_it(
    bench: LaunchBench, monkeypatch: pytest.MonkeyPatch, respawn: str, chosen: str, told: str
) -> None:
    monkeypatch.setenv("FASTDDS_BUILTIN_TRANSPORTS", chosen)
    monkeypatch.delenv("FASTDDS_DEFAULT_PROFILES_FILE", raising=False)
    says = 'echo "transports: <$FASTDDS_BUILTIN_TRANSPORTS>"'
    bench.install("local_inn_ros", "localization", last=f"{says}; kill -INT $PPID; exec sleep 30")
    launched = bench.run("localization", use_respawn=respawn)
    assert f"transports: <{told}>" in launched.said


def test_nav2s_manager_starts_the_map_server_and_both_nodes(
    bench: LaunchBench, tmp_path: Path
) -> None:
    pytest.importorskip("nav2_common", reason="nav2_common is not installed")
    bench.install("nav2_map_server", "map_server")
    bench.install("nav2_lifecycle_manager", "lifecycle_manager")
    bench.install("nav2_common")
    file = tmp_path / "parameters.yaml"
    file.write_text(
        "ekf: {ros__parameters: {odom_frame_id: wheels}}\n"
        "map_server: {ros__parameters: {yaml_filename: /maps/other.yaml}}\n"
    )
    started = started_by(
        bench.run(
            "nav2_localization",
            namespace="robot1",
            map="/maps/hall.yaml",
            bundle="/models/hall",
            params_file=str(file),
            use_sim_time="True",
            # As Nav2's bringup passes them on.
            use_composition="False",
            container_name="nav2_container",
        )
    )
    assert set(started) == {"localization", "map_server", "lifecycle_manager"}
    for process in started.values():
        assert "__ns:=/robot1" in process.rules
        assert "robot1" in process.files[0]
    assert started["map_server"].parameters("map_server")["yaml_filename"] == "/maps/hall.yaml"
    told = started["localization"].parameters("ekf")
    assert told == {
        "odom_frame_id": "wheels",
        "bundle": "/models/hall",
        "autostart": False,
        "use_sim_time": True,
    }
    manager = started["lifecycle_manager"].parameters("lifecycle_manager_localization")
    assert manager["node_names"] == ["map_server", "lidar_localizer", "ekf"]
    assert manager["autostart"] is True
    bonded = importlib.util.find_spec("bondpy") is not None
    assert manager.get("bond_timeout") == (None if bonded else 0.0)


@pytest.mark.parametrize(
    ("pushed", "namespace", "wanted"),
    [
        ("", "robot1", "/robot1"),
        ("robot1", "robot1", "/robot1"),
        ("fleet/robot1", "/robot1", "/fleet/robot1"),
        ("fleet", "robot1", "/fleet/robot1"),
        ("robot1", "", "/robot1"),
    ],
)
def test_a_namespace_that_navs_bringup_has_pushed_is_not_doubled(
    bench: LaunchBench, pushed: str, namespace: str, wanted: str
) -> None:
    pytest.importorskip("nav2_common", reason="nav2_common is not installed")
    for package, executable in (
        ("nav2_map_server", "map_server"),
        ("nav2_lifecycle_manager", "lifecycle_manager"),
    ):
        bench.install(package, executable)
    bench.install("nav2_common")
    started = started_by(bench.run("nav2_localization", pushed=pushed, namespace=namespace))
    assert set(started) == {"localization", "map_server", "lifecycle_manager"}
    for process in started.values():
        assert f"__ns:={wanted}" in process.rules
