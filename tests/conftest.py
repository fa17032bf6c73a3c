"""All tests run JAX on the CPU, in double precision, with eight devices; programs run on the first unless told."""

import os
from importlib.metadata import version

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# What a test compiles runs once: compiling takes longer than running what is compiled badly.
FAST_TO_COMPILE = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_parallel_codegen_split_count=1"
)
EIGHT_DEVICES = "--xla_force_host_platform_device_count=8"
if version("jaxlib").startswith("0.10."):  # Later ones may not know these flags.
    FAST_TO_COMPILE += " --xla_cpu_use_fusion_emitters=false"
    # Devices that wait for others on a busy machine are waited for, not killed after 40 seconds.
    EIGHT_DEVICES += " --xla_cpu_collective_call_terminate_timeout_seconds=600"
os.environ.setdefault("XLA_FLAGS", f"{FAST_TO_COMPILE} {EIGHT_DEVICES}")

import jax
import pytest

jax.config.update("jax_enable_x64", True)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether to write the golden files."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether `--slow` was given."""
    return bool(request.config.getoption("--slow", default=False))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--slow` (more programs, client counts and orders) and `--update-golden`."""
    parser.addoption("--slow", action="store_true", help="run the long correctness tests, too")
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker of tests that only `--slow` runs; refuses to update golden files in CI."""
    config.addinivalue_line("markers", "slow: runs only with --slow")
    config.addinivalue_line("markers", "browser: looks at a page in headless Chromium")
    if config.getoption("--update-golden") and os.environ.get("CI") == "true":
        raise pytest.UsageError("--update-golden is for people, who read what has changed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips what is marked slow unless `--slow` is given."""
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="runs only with --slow"))
