# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The licence header of this package's files, described as ament_copyright asks for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LicenceHeader:
    """What ament_copyright reads of a licence; the names are its own.

    Attributes:
        name: the licence in words.
        spdx: its identifier in the SPDX list.
        file_headers: what the head of a file may look like.
        license_files: texts of LICENSE; ament_copyright knows that of this licence.
        contributing_files: texts that CONTRIBUTING.md may hold.
    """

    name: str
    spdx: str
    file_headers: tuple[str, ...]
    license_files: tuple[str, ...] = ()
    contributing_files: tuple[str, ...] = ()


APACHE2_SPDX = LicenceHeader(
    "Apache License, Version 2.0, by its identifier",
    "Apache-2.0",
    ("{copyright}\nSPDX-License-Identifier: Apache-2.0",),
)
