# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services that search the whole map, beside the node's other work."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_srvs.srv import Empty, Trigger

from local_inn_ros.errors import LocalInnError
from local_inn_ros.localization.monitoring.whereabouts import SearchOrder
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.localization.search.pace import Pace
from local_inn_ros.localization.search.place_search import PlaceSearchSettings
from local_inn_ros.nodes.common.background import step_back
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.localizer.localizer_parameters import LocalizerParameters
from local_inn_ros.nodes.localizer.observation_intake import Words
from local_inn_ros.nodes.localizer.search_report import search_report
from local_inn_ros.nodes.localizer.search_run import (
    Lookout,
    Outcome,
    SearchObservation,
    SearchRun,
    failed,
)

# Between searches that nobody asked for: what failed just now would fail again.
_REST_S = 2.0
# Real time that a search may take beyond its timeout, which counts the stamps of the scans.
_LEEWAY_S = 10.0
_INACTIVE = "the node is not active: activate it first"


class GlobalSearch:
    """Answers `relocalize` and `reinitialize_global_localization`.

    A search runs in a thread of its own and its answer is awaited, so that scans, timers and other
    services go on. Calls that come during a search share its answer.
    """

    def __init__(
        self,
        entities: Entities,
        parameters: Parameters[LocalizerParameters],
        on_outcome: Callable[[Outcome, bool], None],
        words: Words,
    ) -> None:
        """Offer the services.

        Args:
            entities: offers them.
            parameters: say how long a search may take.
            on_outcome: told of each outcome, and of whether anybody called for that search; from
                the node's executor.
            words: what the observations are called.
        """
        self._entities = entities
        self._node = entities.node
        self._parameters = parameters
        self._on_outcome = on_outcome
        self._words = words
        self._worker = ThreadPoolExecutor(1, "global_search", initializer=step_back)
        self._lookout = Lookout()
        self._running: Future[SearchResult] | None = None
        self._thread_work: ThreadFuture[None] | None = None
        self._settings = PlaceSearchSettings()
        self._called = self._begins_again = False
        self._ends_s = -math.inf
        self._outcome = failed("")
        self._ended_s = -math.inf
        # What the thread found is dealt with where all else is done: in the node's executor.
        self._finished = entities.guard_condition(self._on_finished)
        # In the node's own group, a call that waits would hold up the scans.
        group = ReentrantCallbackGroup()
        # The names without a node's are for the localizer whose word counts.
        own = "~/" if parameters.now.defers_to else ""
        again = f"{own}reinitialize_global_localization"
        entities.service(Trigger, f"{own}relocalize", self._on_relocalize, group)
        entities.service(Empty, again, self._on_reinitialize, group)
        entities.on_close(self._worker.shutdown)

    @property
    def running(self) -> bool:
        """Whether a search is under way."""
        return self._running is not None

    def look_at(self, sight: SearchObservation) -> None:
        """Take in the newest scan."""
        self._lookout.put(sight)

    def begin_at_leisure(self, expected: bool = False) -> None:
        """Begin a search that nobody asked for, unless one is under way or ended just now.

        Args:
            expected: whether it is known where the robot should be: so much has to confirm it as
                where somebody calls for a search.
        """
        if not self.running and time.monotonic() - self._ended_s > _REST_S:
            told, usual = self._parameters.now, PlaceSearchSettings()
            confirm = told.confirm_readings
            if expected:
                confirm = min(confirm, usual.confirm_readings)
            self._begin(PlaceSearchSettings(told.search_timeout, confirm))

    def heed(self, order: SearchOrder, reason: str) -> None:
        """Do with a search under way as is said; whoever called for it gets an answer.

        Args:
            order: what is to become of it.
            reason: why, for whoever waits for the answer.
        """
        if order is SearchOrder.BEGIN_AGAIN:
            self._begin_again(reason)
        elif order is SearchOrder.END or (
            order is SearchOrder.END_UNLESS_CALLED and not self._called
        ):
            self._end(reason)

    def stop(self, reason: str) -> None:
        """Let a search under way come to its end, and answer whoever waits for it."""
        self._end(reason)
        if self._thread_work is not None:
            self._thread_work.result()
        self._on_finished()

    def _end(self, reason: str) -> None:
        if self.running:
            self._begins_again = False
            self._lookout.end(reason)

    def _begin_again(self, reason: str) -> None:
        """Have the map searched anew, with what is seen from now on, for whoever waits."""
        self._lookout.forget()
        if not self.running or time.monotonic() > self._ends_s:
            return
        # One that was told to end, and has not yet, is to do that.
        if self._begins_again or not self._lookout.ended:
            self._begins_again = True
            self._lookout.end(reason)

    def _begin(self, settings: PlaceSearchSettings) -> Future[SearchResult]:
        if self._running is None:
            self._running = Future(executor=self._node.executor)
            self._settings = settings
            self._called = self._begins_again = False
            self._ends_s = time.monotonic() + settings.timeout_s + _LEEWAY_S
            self._start()
        return self._running

    def _start(self) -> None:
        self._lookout.end("")
        self._thread_work = self._worker.submit(self._work, self._settings)

    def _call(self) -> Future[SearchResult]:
        running = self._begin(PlaceSearchSettings(self._parameters.now.search_timeout))
        self._called = True
        return running

    def _work(self, settings: PlaceSearchSettings) -> None:
        try:
            name = self._node.resolve_topic_name
            pace = Pace(self._parameters.now.search_share)
            self._outcome = SearchRun(
                self._lookout, settings, self._ends_s, name, pace, self._words
            ).run()
        except LocalInnError as error:
            self._outcome = failed(str(error))
        except Exception as error:
            # Whatever goes wrong in this thread, whoever waits for the answer must get one.
            self._node.get_logger().error(traceback.format_exc())
            self._outcome = failed(f"the search broke off: {error!r}")
        # Where the node was told to stop meanwhile, nobody waits any more.
        if self._node.context.ok():
            self._finished.trigger()

    def _on_finished(self) -> None:
        if self._begins_again:
            self._begins_again = False
            self._node.get_logger().info(f"{self._lookout.ended}: the map is searched again")
            self._start()
            return
        running, self._running = self._running, None
        if running is None:
            return
        self._ended_s = time.monotonic()
        outcome = self._outcome
        if self._lookout.ended and outcome.result.reason != self._lookout.ended:
            # Told to end while it looked at its last scan: what that led to is void too.
            outcome = failed(self._lookout.ended)
        self._node.get_logger().info(search_report(outcome.result).splitlines()[0])
        self._on_outcome(outcome, self._called)
        running.set_result(outcome.result)
        if self._node.executor is not None:
            # Whoever awaits the answer is looked at again when the executor wakes.
            self._node.executor.wake()

    async def _on_relocalize(
        self, _: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        if not self._entities.active:
            result = failed(_INACTIVE).result
        else:
            result = await self._call()  # type: ignore[assignment]
        response.success = result.found
        response.message = search_report(result)
        return response

    def _on_reinitialize(self, _: Empty.Request, response: Empty.Response) -> Empty.Response:
        if self._entities.active:
            self._call()
        else:
            self._node.get_logger().warning(f"the map is not searched: {_INACTIVE}")
        return response
