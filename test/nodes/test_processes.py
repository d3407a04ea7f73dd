# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes as a user starts and stops them: processes, exit codes, last words."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from lifecycle_msgs.srv import GetState
from ros_fixtures import DEADLINE_S, RosWorld, fresh_domain, run_node
from std_srvs.srv import Trigger

from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.child_process import ChildProcess


def test_a_missing_bundle_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    ended = run_node("localization", [f"bundle:={tmp_path / 'nowhere'}"])
    assert ended.returncode == 1
    said = (ended.stdout + ended.stderr).strip().splitlines()
    lines = [line for line in said if "[INFO]" not in line]
    assert len(lines) == 1
    assert "ERROR" in lines[0]
    assert f"no bundle at {tmp_path / 'nowhere'}" in lines[0]


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        ("gate_probability:=2.0", "gate_probability"),
        ("fix_topics:=7", "fix_topics"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(parameter: str, told: str) -> None:
    ended = run_node("filter.ekf", [parameter])
    assert ended.returncode == 1
    text = ended.stdout + ended.stderr
    assert told in text
    assert "Traceback" not in text


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_node_ends_cleanly_when_it_is_told_to(
    ros: RosWorld, tmp_path: Path, signal_number: signal.Signals
) -> None:
    log = tmp_path / "log"
    with ChildProcess("filter.ekf", {}, ros.domain, log) as process:
        ros.wait_for(lambda: ros.probe.count_publishers("amcl_pose"), "the node")
        process.check()
        process.tell(signal_number)
        assert process.wait(DEADLINE_S) == 0
        assert "Traceback" not in log.read_text()
        with pytest.raises(LocalInnError, match=r"ekf' ended with code 0: it said nothing"):
            process.check()


def test_who_waits_for_a_search_is_answered_when_the_process_is_told_to_stop(
    ros: RosWorld, tmp_path: Path
) -> None:
    with ChildProcess("localizer.lidar_localizer", {}, ros.domain, tmp_path / "log") as process:
        search = ros.probe.create_client(Trigger, "relocalize")
        state = ros.probe.create_client(GetState, "lidar_localizer/get_state")
        for client in (search, state):
            ros.wait_for(client.service_is_ready, "the node", 3.0 * DEADLINE_S)
        answer = search.call_async(Trigger.Request())
        # Without a scan it goes on for a second.
        alive = state.call_async(GetState.Request())
        ros.wait_for(alive.done, "the node to have taken in both calls")
        process.tell(signal.SIGTERM)
        ros.wait_for(answer.done, "the answer")
        assert not answer.result().success
        assert process.wait(DEADLINE_S) == 0


def test_a_process_does_not_outlive_its_block(ros: RosWorld, tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        ChildProcess(
            "filter.ekf", {"tf_broadcast": False}, ros.domain, tmp_path / "log"
        ) as process,
    ):
        ros.wait_for(lambda: ros.probe.count_publishers("amcl_pose"), "the node")
        raise ZeroDivisionError
    assert process.wait(0.0) == 0


def session_of(process: ChildProcess) -> list[int]:
    """Return all that a process has started, and itself."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[3]) == process.pid and words[0] != "Z":
            found.append(int(folder.name))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_what_a_node_has_started_ends_with_it(
    ros: RosWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is compiled yet: compilers begin.
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    with ChildProcess("localization", {}, ros.domain, tmp_path / "log") as process:
        ros.wait_for(lambda: len(session_of(process)) >= 3, "two compilers", 3.0 * DEADLINE_S)
        assert process.processor_s() > 0.0
        before = process.processor_s()
        ros.wait_for(lambda: process.processor_s() > before + 0.1, "some work")
    ros.wait_for(lambda: not session_of(process), "all of them to end")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can tell")
def test_a_node_ends_with_who_started_it(ros: RosWorld, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from local_inn_ros.nodes.common.child_process import ChildProcess\n"
        f"child = ChildProcess('filter.ekf', {{}}, {ros.domain}, Path({str(tmp_path / 'log')!r}))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600.0)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        ros.wait_for(lambda: ros.probe.count_publishers("amcl_pose"), "the node")
        parent.kill()
    stat = Path(f"/proc/{child}/stat")
    ros.wait_for(
        lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z",
        "the node to end",
    )


def test_the_last_words_of_a_process_are_told(tmp_path: Path) -> None:
    told = {"bundle": tmp_path / "nowhere"}
    with ChildProcess("demo.simulator", told, fresh_domain(), tmp_path / "log") as process:
        assert process.wait(DEADLINE_S) == 1
        with pytest.raises(LocalInnError, match=r"'demo\.simulator' ended.*no bundle at"):
            process.check()
