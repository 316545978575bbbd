"""The names that programs of other people use: none goes, and none comes, without this list being changed."""

import inspect
import pydoc
import re
import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest

import orstt_api
import orstt_core
from orstt_core import BaseSTT, STTFactory

NAMES = {
    "orstt_api": "RemoteBackend",
    "orstt_core": "Backend BaseSTT LocalBackend OrsttError STTFactory Settings TranscribeOptions TranscribeRequest "
    "Transcript close load_settings make_request transcribe",
    "orstt_core.audio": "SAMPLE_RATE Limits OneChannel OneTrack Sound check_file decode decode_to resample shown_name",
    "orstt_core.testing": "CHECKS Report Result check",
    "orstt_core.weights": "Kind Location Memory locate machine_memory obtain requirements",
}
FACTORY = "build create get_available_types get_engine register validate_model"
ENGINE = (
    "Options capabilities capacity check_options credentials devices fitting_terms goes_on_from_text is_available "
    "known_models languages load loads_with preprocess requires segments sends_sound settings shown_name text "
    "title transcribe tuning_dimensions unconfigured unload usual_hosts weights_folder "
    "weights_format"
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


def test_help_reads_every_module_of_types() -> None:
    types = import_module("orstt_core.types")
    for info in iter_modules(types.__path__, f"{types.__name__}."):
        assert pydoc.render_doc(import_module(info.name))


def test_the_factory_and_an_engine_keep_their_methods() -> None:
    for offering, names in ((STTFactory, FACTORY), (BaseSTT, ENGINE)):
        assert sorted(name for name in vars(offering) if name[0] != "_") == names.split()


def test_the_server_and_its_client_are_where_they_are_documented() -> None:
    assert callable(import_module("orstt_api.app").create_app)
    assert callable(import_module("orstt_api.client").RemoteBackend)


def test_a_name_that_is_not_there_is_refused_at_run_time_and_by_type_checkers() -> None:
    with pytest.raises(AttributeError, match="no attribute 'transcribe_all'"):
        _ = orstt_core.transcribe_all  # type: ignore[attr-defined]  # mypy complains if it would let this pass
    with pytest.raises(AttributeError, match="from orstt_api import RemoteBackend"):
        _ = orstt_core.RemoteBackend  # type: ignore[attr-defined]  # as above
    with pytest.raises(AttributeError, match="no attribute 'LocalBackend'"):
        _ = orstt_api.LocalBackend  # type: ignore[attr-defined]  # as above


@pytest.mark.parametrize("package", [orstt_core, orstt_api])
def test_importing_a_package_loads_none_of_what_it_offers(package: ModuleType) -> None:
    program = f"import sys, {package.__name__} as it; dir(it); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith(("orstt_", "msgspec", "numpy", "asyncio"))] == [package.__name__]


def test_help_describes_every_public_name_and_each_of_its_methods() -> None:
    page = pydoc.plain(pydoc.render_doc(orstt_core))
    assert 'orstt_core.transcribe("talk.m4a", model="base")' in page
    for name in orstt_core.__all__:
        assert re.search(rf"(class |    ){name}\(", page), name
    for offered in (*(getattr(orstt_core, name) for name in orstt_core.__all__), orstt_api.RemoteBackend):
        assert inspect.getdoc(offered), offered
        for name, method in inspect.getmembers(offered, inspect.isroutine):
            if name[0] != "_" and str(getattr(method, "__module__", "")).startswith("orstt_"):
                assert len(inspect.getdoc(method) or "") > 20, f"{offered.__name__}.{name}"
