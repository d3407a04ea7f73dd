# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures as JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_inn_ros.places import new_file


def write_json(path: Path, figures: Mapping[str, Any]) -> None:
    """Write figures; the file appears whole or not at all, its folder is made where needed.

    Raises:
        PlaceError: it cannot be written.
    """
    text = json.dumps(figures, indent=2) + "\n"
    with new_file(path) as file:
        file.write_text(text, encoding="utf-8")
