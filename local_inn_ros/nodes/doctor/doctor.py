# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Looks at the running graph and says what is wrong with the localization."""

from __future__ import annotations

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from local_inn_ros.diagnosis.checks import examine
from local_inn_ros.diagnosis.findings import Report
from local_inn_ros.nodes.common.ros_start import start_ros
from local_inn_ros.nodes.doctor.doctor_probe import DoctorProbe


def run_doctor(seconds: float, namespace: str | None = None, domain: int | None = None) -> Report:
    """Look for a while, and judge.

    Args:
        seconds: how long to listen.
        namespace: of the localization; None to find it.
        domain: ROS domain to look at; that of the environment where left out.

    Raises:
        LocalInnError: ROS does not start; localizations run in several namespaces, and none was
            named.
    """
    context = Context()
    start_ros(context=context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor(context=context)
    # Parameters given to others on the command line are not for it, and it has no services.
    node = Node(
        "local_inn_doctor",
        context=context,
        use_global_arguments=False,
        start_parameter_services=False,
        enable_rosout=False,
    )
    executor.add_node(node)
    try:
        return examine(DoctorProbe(node, executor).look(seconds, namespace))
    finally:
        executor.shutdown(timeout_sec=1.0)
        node.destroy_node()
        rclpy.try_shutdown(context=context)
