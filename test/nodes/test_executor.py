# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The executor that hands messages over directly, and leaves all else to rclpy's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.task import Future
from ros_fixtures import DEADLINE_S, RosWorld
from std_msgs.msg import String
from std_srvs.srv import Trigger

from local_inn_ros.nodes.common.executor import MessageExecutor

QUEUE = 50


@pytest.fixture
def executor(ros: RosWorld) -> MessageExecutor:
    return ros.executor


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_messages_come_in_order_and_each_once(ros: RosWorld) -> None:
    heard = ros.listen(String, "words", QUEUE)
    publisher = ros.talk(String, "words", QUEUE)
    for number in range(QUEUE):
        publisher.publish(String(data=str(number)))
    ros.wait_for(lambda: len(heard) >= QUEUE, "all messages")
    ros.spin_for(0.05)
    assert [message.data for message in heard] == [str(number) for number in range(QUEUE)]


def test_a_round_without_anything_to_do_ends_in_time(executor: MessageExecutor) -> None:
    # What the nodes' start has left behind is done first.
    for _ in range(20):
        executor.spin_once(timeout_sec=0.0)
    began_s = time.monotonic()
    executor.spin_once(timeout_sec=0.05)
    assert time.monotonic() - began_s >= 0.045


def test_timers_and_guard_conditions_are_heeded_under_messages(ros: RosWorld) -> None:
    called = {"timer": 0, "guard": 0}

    def count(what: str) -> None:
        called[what] += 1

    ros.probe.create_timer(0.01, lambda: count("timer"))
    guard = ros.probe.create_guard_condition(lambda: count("guard"))
    heard = ros.listen(String, "echo", QUEUE)
    publisher = ros.talk(String, "echo", QUEUE)

    def flooded() -> bool:
        publisher.publish(String(data="one more"))
        return called["timer"] >= 5 and len(heard) >= 20

    ros.wait_for(flooded, "the timer")
    for number in range(1, 4):
        thread = in_thread(guard.trigger)
        ros.wait_for(lambda number=number: called["guard"] == number, "the guard condition")
        thread.join()


def test_a_service_that_awaits_does_not_hold_up_messages(ros: RosWorld) -> None:
    answer: Future[str] = Future(executor=ros.executor)

    async def respond(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = str(await answer)
        return response

    ros.probe.create_service(Trigger, "ask", respond, callback_group=ReentrantCallbackGroup())
    heard = ros.listen(String, "words", QUEUE)
    publisher = ros.talk(String, "words", QUEUE)
    client = ros.probe.create_client(Trigger, "ask")
    ros.wait_for(client.service_is_ready, "the service")
    calls = [client.call_async(Trigger.Request()) for _ in range(2)]
    for number in range(5):
        publisher.publish(String(data=str(number)))
        ros.wait_for(lambda number=number: len(heard) > number, "a message")
    assert not any(call.done() for call in calls)

    def tell() -> None:
        answer.set_result("now")
        ros.executor.wake()

    thread = in_thread(tell)
    ros.wait_for(lambda: all(call.done() for call in calls), "the answers")
    thread.join()
    assert [call.result().message for call in calls] == ["now", "now"]


def test_tasks_of_other_threads_are_done_in_its_own(ros: RosWorld) -> None:
    threads: list[int] = []

    def note() -> None:
        threads.append(threading.get_ident())

    told = in_thread(lambda: ros.executor.create_task(note))
    ros.wait_for(lambda: threads, "the task")
    told.join()
    assert threads == [threading.get_ident()]


def test_a_task_wakes_an_executor_that_waits(executor: MessageExecutor) -> None:
    over = threading.Event()

    def spin() -> None:
        while not over.is_set():
            executor.spin_once()

    thread = in_thread(spin)
    for _ in range(5):
        done = threading.Event()
        executor.create_task(done.set)
        assert done.wait(DEADLINE_S)
    executor.create_task(over.set)
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


def test_what_comes_and_goes_is_noticed(ros: RosWorld) -> None:
    publisher = ros.probe.create_publisher(String, "words", QUEUE)
    for _ in range(3):
        heard: list[Any] = []
        subscription = ros.probe.create_subscription(String, "words", heard.append, QUEUE)
        ros.wait_for(lambda: publisher.get_subscription_count() == 1, "the listener")
        publisher.publish(String(data="word"))
        ros.wait_for(lambda heard=heard: heard, "the message")
        ros.probe.destroy_subscription(subscription)
        ros.wait_for(lambda: publisher.get_subscription_count() == 0, "the end of the listener")
    other = ros.add(Node("other", context=ros.context))
    late: list[Any] = []
    other.create_subscription(String, "words", late.append, QUEUE)
    ros.wait_for(lambda: publisher.get_subscription_count() == 1, "the listener")
    publisher.publish(String(data="word"))
    ros.wait_for(lambda: late, "the message")
    ros.executor.remove_node(other)
    publisher.publish(String(data="word"))
    ros.spin_for(0.1)
    assert len(late) == 1


def test_a_subscription_may_be_taken_away_by_the_message_before_its_own(ros: RosWorld) -> None:
    heard: list[str] = []
    both: list[Any] = []

    def take_away(which: int, message: String) -> None:
        heard.append(message.data)
        ros.probe.destroy_subscription(both[1 - which])

    for which in (0, 1):
        both.append(
            ros.probe.create_subscription(
                String, "words", lambda m, which=which: take_away(which, m), QUEUE
            )
        )
    publisher = ros.probe.create_publisher(String, "words", QUEUE)
    ros.wait_for(lambda: publisher.get_subscription_count() == 2, "both listeners")
    publisher.publish(String(data="word"))
    ros.wait_for(lambda: heard, "the message")
    ros.spin_for(0.1)
    assert heard == ["word"]


@pytest.mark.parametrize("way", ["message", "timer", "task"])
def test_errors_of_callbacks_come_out(ros: RosWorld, way: str) -> None:
    def fail(*_: object) -> None:
        raise ValueError("broken")

    if way == "message":
        ros.probe.create_subscription(String, "words", fail, QUEUE)
        ros.talk(String, "words", QUEUE).publish(String(data="word"))
    elif way == "timer":
        timer = ros.probe.create_timer(0.01, fail)
    else:
        ros.executor.create_task(fail)
    with pytest.raises(ValueError, match="broken"):
        ros.wait_for(lambda: False, "the error")
    if way == "timer":
        ros.probe.destroy_timer(timer)


def test_a_quality_of_service_that_does_not_fit_is_still_told(
    ros: RosWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    ros.probe.create_timer(0.02, lambda: None)
    ros.probe.create_subscription(String, "words", lambda _: None, QoSProfile(depth=1))
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    ros.probe.create_publisher(String, "words", best_effort)
    said: list[str] = []

    def told() -> bool:
        said.append("".join(capfd.readouterr()))
        return "incompatible QoS" in "".join(said)

    ros.wait_for(told, "the warning")


def test_a_context_that_is_shut_down_ends_it(ros: RosWorld) -> None:
    executor = ros.executor
    thread = in_thread(lambda: (time.sleep(0.05), ros.context.try_shutdown()))
    with pytest.raises(ExternalShutdownException):
        ros.wait_for(lambda: False, "the end")
    thread.join()
    assert executor.shutdown()
    # Over: nothing is waited for any more, nor is anything wrong with being told to wake up.
    executor.spin_once(timeout_sec=0.0)
    executor.wake()
