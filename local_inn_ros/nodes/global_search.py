# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services that search the whole map, beside the node's other work."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import Empty, Trigger

from local_inn_ros.errors import LocalInnError
from local_inn_ros.localization.relocalizer import Relocalizer, SearchResult
from local_inn_ros.nodes.search_report import search_report
from local_inn_ros.sensing import Scan

# An older scan may have been taken before the robot was put down.
_NEWEST_SCAN_S = 1.0
# Between searches that nobody asked for: what failed just now would fail again.
_REST_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What to search for, and with what."""

    relocalizer: Relocalizer
    scan: Scan
    seen_s: float


class GlobalSearch:
    """Answers `relocalize` and `reinitialize_global_localization`.

    The search runs in a thread of its own and the answer is awaited, so that scans, timers and
    other services go on. Calls that come during a search share its answer.
    """

    def __init__(self, node: Node, on_found: Callable[[SearchResult, Scan], None]) -> None:
        """Offer the services.

        Args:
            node: offers them.
            on_found: told of each robot that was found, from the thread of the search.
        """
        self._node = node
        self._on_found = on_found
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="global_search")
        self._running: Future[SearchResult] | None = None
        self._sight: _Sight | None = None
        self._ended_s = -math.inf
        # In the node's own group, a call that waits would hold up the scans.
        group = ReentrantCallbackGroup()
        node.create_service(Trigger, "relocalize", self._on_relocalize, callback_group=group)
        node.create_service(
            Empty, "reinitialize_global_localization", self._on_reinitialize, callback_group=group
        )

    def look_at(self, relocalizer: Relocalizer, scan: Scan) -> None:
        """Remember the newest scan and what can search for it."""
        self._sight = _Sight(relocalizer, scan, time.monotonic())

    def begin(self) -> Future[SearchResult]:
        """Begin a search, or join the one under way."""
        if self._running is not None and not self._running.done():
            return self._running
        self._running = Future(executor=self._node.executor)
        self._worker.submit(self._work, self._running)
        return self._running

    def begin_at_leisure(self) -> None:
        """Begin a search that nobody asked for, unless one is under way or ended just now."""
        if time.monotonic() - self._ended_s > _REST_S:
            self.begin()

    def close(self) -> None:
        """Let a search under way come to its end, and begin no other."""
        self._worker.shutdown()

    def _work(self, future: Future[SearchResult]) -> None:
        try:
            result = self._search()
        except Exception as error:
            # Whatever goes wrong in this thread, whoever waits for the answer must get one.
            self._node.get_logger().error(traceback.format_exc())
            result = _failed(f"the search broke off: {error!r}")
        if not self._node.context.ok():
            # The node was told to stop meanwhile: nobody waits any more.
            return
        self._node.get_logger().info(search_report(result).splitlines()[0])
        self._ended_s = time.monotonic()
        future.set_result(result)
        if self._node.executor is not None:
            # Whoever awaits the answer is looked at again when the executor wakes.
            self._node.executor.wake()

    def _search(self) -> SearchResult:
        sight = self._sight
        if sight is None or time.monotonic() - sight.seen_s > _NEWEST_SCAN_S:
            return _failed(
                f"no usable scan has come for {_NEWEST_SCAN_S:.0f} s on "
                f"'{self._node.resolve_topic_name('scan')}'; see the node's log and /diagnostics"
            )
        try:
            result = sight.relocalizer.search(sight.scan)
        except LocalInnError as error:
            return _failed(str(error))
        if result.found and self._node.context.ok():
            self._on_found(result, sight.scan)
        return result

    async def _on_relocalize(
        self, _: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        result = await self.begin()
        assert result is not None
        response.success = result.found
        response.message = search_report(result)
        return response

    def _on_reinitialize(self, _: Empty.Request, response: Empty.Response) -> Empty.Response:
        self.begin()
        return response


def _failed(reason: str) -> SearchResult:
    return SearchResult(False, None, (), reason, 0.0)
