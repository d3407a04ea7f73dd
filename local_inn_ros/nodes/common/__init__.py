# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What all nodes share: life cycle, parameters, messages, diagnostics."""
