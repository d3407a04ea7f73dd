# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors whose message is meant for the person at the keyboard."""


class LocalInnError(Exception):
    """Something is wrong with what the user gave; the message says what and what to do.

    Every door (command line, nodes) prints the message alone, without a traceback.
    """


class MapError(LocalInnError):
    """A map file that cannot be read, or cannot be used."""


class BundleError(LocalInnError):
    """A bundle that is incomplete, of another schema, or made for something else."""


class SensorError(LocalInnError):
    """A sensor description or a scan that cannot be used."""


class BagError(LocalInnError):
    """A recording that is missing, unreadable, or lacks a topic."""


class DeviceError(LocalInnError):
    """A device that networks cannot be run or trained on."""


class EngineError(LocalInnError):
    """An engine that cannot run a bundle on this machine, or whose answers are off."""
