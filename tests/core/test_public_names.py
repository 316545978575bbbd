"""The names that programs of other people use: none goes, and none comes, without this list being changed."""

from importlib import import_module
from types import ModuleType

import pytest

from orstt_core import BaseSTT, STTFactory

NAMES = {
    "orstt_core": "Backend BaseSTT LocalBackend OrsttError STTFactory Settings load_settings",
    "orstt_core.audio": "SAMPLE_RATE Limits Sound check_file decode decode_to resample shown_name",
    "orstt_core.weights": "Kind Location Memory locate machine_memory obtain requirements",
}
FACTORY = "build create get_available_types get_engine register validate_model"
ENGINE = (
    "Options capabilities capacity check_options devices is_available known_models languages load preprocess requires "
    "segments settings title transcribe unload weights_format"
)


@pytest.mark.parametrize("package", NAMES)
def test_a_package_offers_exactly_its_documented_names(package: str) -> None:
    module = import_module(package)
    assert sorted(module.__all__) == sorted(NAMES[package].split())
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_every_type_that_is_defined_is_offered_and_no_other() -> None:
    types = import_module("orstt_core.types")
    found = {name for name, value in vars(types).items() if name[0] != "_" and not isinstance(value, ModuleType)}
    assert found - {"annotations"} == set(types.__all__)


def test_the_factory_and_an_engine_keep_their_methods() -> None:
    for offering, names in ((STTFactory, FACTORY), (BaseSTT, ENGINE)):
        assert sorted(name for name in vars(offering) if name[0] != "_") == names.split()


def test_the_server_and_its_client_are_where_they_are_documented() -> None:
    assert callable(import_module("orstt_api.app").create_app)
    assert callable(import_module("orstt_api.client").RemoteBackend)
