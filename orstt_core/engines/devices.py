"""Which device and compute type a model really runs with, given what was asked for and what is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from orstt_core.errors import DeviceUnavailable, InvalidRequest
from orstt_core.types.models import DEVICES, ONLY_COMPUTE_TYPE, place

COMPUTE_TYPES = ("int8", "int8_float16", "int8_bfloat16", "int8_float32", "int16", "float16", "bfloat16", "float32")
"""Every compute type there is, in the order in which they are offered: the smallest in memory first."""


USUAL_COMPUTE_TYPES = {"cpu": "int8", "cuda": "float16"}
"""By device: the fastest that costs no accuracy to speak of. That of a GPU was not tried on one."""
NO_CHOICE = {"cpu": [ONLY_COMPUTE_TYPE]}
"""What `BaseSTT.devices` returns where the weights decide; whatever is asked for is taken for it."""


class Choice(NamedTuple):
    """What a model runs with; `warning` says so where that is not what was asked for."""

    device: str
    compute_type: str
    warning: str = ""


def leaves_choice(offered: Mapping[str, Sequence[str]]) -> bool:
    """Return whether an engine with these compute types can be asked for one."""
    return not offered or any([*kinds] != [ONLY_COMPUTE_TYPE] for kinds in offered.values())


def usual_compute_type(device: str, offered: Mapping[str, Sequence[str]]) -> str:
    """Return the compute type to use where none is asked for; an engine without the usual one gets its first.

    Args:
        device: `cpu` or `cuda`, as asked for.
        offered: the engine's compute types by device that is present; an empty list means any.
    """
    if not leaves_choice(offered):
        return ONLY_COMPUTE_TYPE
    usual = USUAL_COMPUTE_TYPES.get(device, USUAL_COMPUTE_TYPES["cpu"])
    kinds = offered.get(device) or [usual]
    return usual if usual in kinds else kinds[0]


def choose_device(title: str, device: str, compute_type: str, offered: Mapping[str, Sequence[str]]) -> Choice:
    """Return what an engine runs with; without a GPU `cuda` becomes `cpu` and a compute type the CPU has.

    Args:
        title: the engine's name, for messages.
        device: `cpu` or `cuda`, as asked for.
        compute_type: as asked for.
        offered: the engine's compute types by device that is present; an empty list means any.

    Raises:
        InvalidRequest: there is no such device, or the device does not have that compute type.
        DeviceUnavailable: the engine can use no device of this machine.
    """
    if device not in DEVICES:
        raise InvalidRequest(
            f"There is no device called {device!r}.", hint=f"Devices are: {', '.join(DEVICES)}.", field="device"
        )
    if device in offered:
        return Choice(device, _supported(device, compute_type, offered[device]))
    if device == "cpu" or "cpu" not in offered:
        present = ", ".join(offered) or "none that is here"
        raise DeviceUnavailable(f"{title} cannot run on {device} on this machine.", hint=f"It can use: {present}.")
    return _fall_back(title, compute_type, offered["cpu"])


def _fall_back(title: str, compute_type: str, on_cpu: Sequence[str]) -> Choice:
    used = compute_type
    if on_cpu and compute_type not in on_cpu:
        if compute_type not in COMPUTE_TYPES:
            _supported("cpu", compute_type, on_cpu)
        used = next((kind for kind in ("int8", "float32") if kind in on_cpu), on_cpu[0])
    return Choice("cpu", used, f"{title} finds no GPU here: it will run on {place('the CPU', used)}.")


def _supported(device: str, compute_type: str, kinds: Sequence[str]) -> str:
    if [*kinds] == [ONLY_COMPUTE_TYPE]:
        return ONLY_COMPUTE_TYPE
    if kinds and compute_type not in kinds:
        raise InvalidRequest(
            f"The {device.upper() if device == 'cpu' else 'GPU'} does not offer the compute type {compute_type!r}.",
            hint=f"It offers: {', '.join(kinds)}.",
            field="compute_type",
        )
    return compute_type
