# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks: encodings, coupling stacks and Local_INN (needs torch and FrEIA)."""
