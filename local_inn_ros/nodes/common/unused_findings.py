# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a node reports of messages that come and cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from local_inn_ros.messages.unused import Unused
from local_inn_ros.nodes.common.diagnostics import WARN, Finding, Tally


def unused_findings(tally: Tally, kinds: Sequence[str]) -> Iterator[Finding]:
    """Find what was not used since the last report, and why.

    Args:
        tally: of the node.
        kinds: of messages, as they were counted.
    """
    for what in kinds:
        for reason in Unused:
            key = f"{what} unusable: {reason.value}"
            if count := tally.recent(key):
                yield Finding(WARN, f"{key} ({count} times)")


def silence(tally: Tally, what: str, plural: str = "") -> str:
    """Say of an input that gave nothing whether nothing came, or nothing that can be used.

    Args:
        tally: of the node.
        what: kind of the message, as it was counted.
        plural: its name where several are meant and that is another word.
    """
    verb = "come" if plural else "comes"
    name = plural or what
    if tally.recent(f"{what} unusable"):
        return f"{name} {verb}, and none can be used"
    return f"no {name} {verb}"
