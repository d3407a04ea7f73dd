# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Local_INN's networks compiled for the processor: an optional accelerator."""
