# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The GPU's memory, stream and graphs; on a GPU that is none, and on one where there is one."""

from __future__ import annotations

import ctypes
from pathlib import Path

import fake_cuda
import numpy as np
import pytest
from fake_cuda import FakeGpu

from local_inn_ros.engines.tensorrt.cuda_device import CudaDevice
from local_inn_ros.engines.tensorrt.cuda_graph import CudaGraph
from local_inn_ros.errors import EngineError


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    gpu = FakeGpu()
    fake_cuda.install(gpu, monkeypatch)
    return gpu


@pytest.fixture
def device(gpu: FakeGpu) -> CudaDevice:
    return CudaDevice()


@pytest.fixture
def real_device() -> CudaDevice:
    try:
        return CudaDevice()
    except EngineError as error:
        pytest.skip(f"no GPU to test on: {error}")


def test_the_device_says_who_it_is(device: CudaDevice) -> None:
    assert device.identity.gpu == "Orin (nvgpu)"
    assert device.identity.compute_capability == "8.7"
    assert device.identity.driver.startswith("CUDA 12060; ")


def check_round_trip(device: CudaDevice) -> None:
    numbers = np.arange(10, dtype=np.float32)
    with device.current():
        array = device.allocate((4, 5), on_host=True)
        array.told()[:10] = numbers
        device.upload(array, 10)
        device.wait()
        array.told()[:] = 0.0
        device.download(array, 7)
        device.wait()
        np.testing.assert_array_equal(array.told()[:7], numbers[:7])
        np.testing.assert_array_equal(array.told()[7:], 0.0)


def test_numbers_go_there_and_back(device: CudaDevice) -> None:
    check_round_trip(device)


def test_numbers_go_there_and_back_on_a_real_gpu(real_device: CudaDevice) -> None:
    check_round_trip(real_device)


def check_graph(device: CudaDevice) -> None:
    with device.current():
        array = device.allocate((3,), on_host=True)

        def work() -> None:
            device.upload(array, 3)
            device.download(array, 3)

        graph = CudaGraph(device.stream, work)
        for turn in range(3):
            array.told()[:] = turn
            graph.launch()
            device.wait()
            np.testing.assert_array_equal(array.told(), turn)


def test_a_graph_does_what_was_recorded(device: CudaDevice, gpu: FakeGpu) -> None:
    check_graph(device)
    assert gpu.graphs[0].launches == 3


def test_a_graph_does_what_was_recorded_on_a_real_gpu(real_device: CudaDevice) -> None:
    check_graph(real_device)


def test_work_that_fails_ends_the_recording(device: CudaDevice, gpu: FakeGpu) -> None:
    def work() -> None:
        raise EngineError("cannot run")

    with device.current(), pytest.raises(EngineError, match="cannot run"):
        CudaGraph(device.stream, work)
    assert gpu.streams[device.stream].recording is None
    check_graph(device)


def test_a_driver_without_graphs_is_named(
    device: CudaDevice, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu.graph_error = 801
    with (
        device.current(),
        pytest.raises(EngineError, match="BeginCapture_v2 failed with error 801"),
    ):
        CudaGraph(device.stream, lambda: None)

    def missing(name: str, *others: object) -> object:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with device.current(), pytest.raises(EngineError, match=r"libcuda\.so\.1: cannot open"):
        CudaGraph(device.stream, lambda: None)


def test_an_old_driver_lacks_functions(device: CudaDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    with device.current(), pytest.raises(EngineError, match="cuStreamBeginCapture_v2"):
        CudaGraph(device.stream, lambda: None)


def test_what_cuda_says_becomes_one_sentence(device: CudaDevice, gpu: FakeGpu) -> None:
    gpu.free_bytes = 8
    with pytest.raises(EngineError, match="the GPU failed: cuMemAlloc failed"), device.current():
        device.allocate((100,), on_host=False)
    assert gpu.stack() == []


def test_memory_of_the_gpu_alone_cannot_be_read(device: CudaDevice) -> None:
    with device.current():
        array = device.allocate((2,), on_host=False)
        with pytest.raises(EngineError, match="on the GPU alone"):
            device.download(array, 2)


def test_the_driver_is_told_apart_by_what_it_says_of_itself(
    gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, str] = {}

    def read_text(path: Path, **_: object) -> str:
        if str(path) not in said:
            raise FileNotFoundError(path)
        return said[str(path)]

    monkeypatch.setattr(Path, "read_text", read_text)
    assert CudaDevice().identity.driver == "CUDA 12060; driver unnamed"
    said["/etc/nv_tegra_release"] = "# R35 (release), REVISION: 4.1\n"
    assert CudaDevice().identity.driver == "CUDA 12060; # R35 (release), REVISION: 4.1"
    said["/proc/driver/nvidia/version"] = "NVRM version: 540.4.0\n GCC 11\n"
    assert CudaDevice().identity.driver == "CUDA 12060; NVRM version: 540.4.0 GCC 11"
