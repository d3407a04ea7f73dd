# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs nodes in one process until it is told to stop."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import rclpy
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.common.background import share_interpreter
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.managed_node import ManagedNode, StartError
from local_inn_ros.nodes.common.ros_start import start_ros
from local_inn_ros.nodes.common.unknown_parameters import warn_of_unknown
from local_inn_ros.places import reason

# A search may be awaited when the process is told to stop.
_LAST_WORK_S = 1.0


def run_nodes(name: str, build: Callable[[], Sequence[Node]]) -> int:
    """Build nodes, start those with a life cycle, and spin them until Ctrl-C or SIGTERM.

    One thread runs all callbacks. rclpy's MultiThreadedExecutor takes two to ten times the
    processor time for the same messages, as its threads wake each other all the time; work that
    takes long goes to a thread of its own (see ``GlobalSearch``).

    Args:
        name: name of the process in the log.
        build: makes the nodes, once rclpy is up.

    Returns:
        The exit code: 0, or 1 where the nodes could not be built or started.
    """
    share_interpreter()
    # Nearly all that is made at the start stays: looking for garbage takes a tenth of the time.
    gc.disable()
    try:
        # rclpy's own handlers shut the context down whatever a callback is doing with it.
        start_ros(signal_handler_options=SignalHandlerOptions.NO)
    except LocalInnError as error:
        # There is no log yet.
        sys.stderr.write(f"{name}: {error}\n")
        return 1
    # Until they spin, being told to stop is a KeyboardInterrupt, whoever tells it; a shell that
    # starts a process in the background has Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        nodes = build()
        for node in nodes:
            warn_of_unknown(node)
        for node in nodes:
            if isinstance(node, ManagedNode):
                node.start()
        # What is there by now stays: looking through it for garbage takes 50 ms each time.
        gc.collect()
        gc.freeze()
        gc.enable()
        _spin_until_told(nodes)
        for node in nodes:
            node.destroy_node()
    except StartError:
        # The node has said why.
        return 1
    except LocalInnError as error:
        get_logger(name).fatal(str(error))
        return 1
    except (InvalidParameterTypeException, InvalidParameterValueException) as error:
        # Of those that each node of ROS has, such as use_sim_time.
        get_logger(name).fatal(f"{error}")
        return 1
    except OSError as error:
        get_logger(name).fatal(f"cannot use {error.filename or 'a file'}: {reason(error)}")
        return 1
    except KeyboardInterrupt:
        # While the nodes were being built and started.
        return 0
    finally:
        gc.enable()
        rclpy.shutdown()
    return 0


def _spin_until_told(nodes: Sequence[Node]) -> None:
    """Spin in a thread, while this one waits for a signal."""
    executor = MessageExecutor()
    for node in nodes:
        executor.add_node(node)
    over = threading.Event()
    with (
        _signals() as (heard, told),
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="executor") as threads,
    ):
        spinning = threads.submit(_spin, executor, over)
        spinning.add_done_callback(lambda _: told.send(b"."))
        heard.recv(1)
        # In the round between the two, who awaited an answer has it and passes it on.
        for step in (partial(_pause, nodes), over.set):
            _have_done(executor, step, spinning)
    # Not before it spins no more: a round that begins meanwhile would meet what is gone already.
    executor.shutdown(timeout_sec=_LAST_WORK_S)
    spinning.result()


@contextmanager
def _signals() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give the ends of a line: what is sent into the second, and signals, are read at the first.

    A signal that comes just as the main thread begins to wait for a lock is lost on it: Python's
    handlers run when it wakes. What is written by then can be read.
    """
    heard, told = socket.socketpair()
    with heard, told:
        told.setblocking(False)
        signal.set_wakeup_fd(told.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            yield heard, told
        finally:
            signal.set_wakeup_fd(-1)


def _spin(executor: MessageExecutor, over: threading.Event) -> None:
    """Spin until the end is told from within; an error of a callback ends it too."""
    while not over.is_set():
        executor.spin_once()


def _pause(nodes: Sequence[Node]) -> None:
    """Let the nodes pause: poses are saved, and who waits for an answer has it."""
    for node in nodes:
        if isinstance(node, ManagedNode):
            node.pause()


def _have_done(executor: MessageExecutor, step: Callable[[], None], spinning: Future[None]) -> None:
    """Have something done in the executor's thread, unless that has ended, and wait for it."""
    done = threading.Event()
    executor.create_task(step).add_done_callback(lambda _: done.set())
    spinning.add_done_callback(lambda _: done.set())
    done.wait()
