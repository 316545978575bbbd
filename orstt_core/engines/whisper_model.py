"""Open a folder of Whisper weights with faster-whisper, and say in plain words why that fails."""

from __future__ import annotations

import ctypes
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from orstt_core.engines.devices import COMPUTE_TYPES
from orstt_core.errors import DeviceUnavailable, EngineFailed, EngineUnavailable, OrsttError, WeightsDamaged
from orstt_core.notebooks import import_progress_bars

if TYPE_CHECKING:
    from orstt_core.engines.aligning_model import AligningWhisperModel


_processes: set[int] = set()
"""Those in which weights were loaded: this one, or where it was forked, those before it."""
_models: WeakSet[AligningWhisperModel] = WeakSet()
"""What is loaded in this process."""


def refuse_after_fork() -> None:
    """Refuse what would never end: the threads of the library are not there in a fork, and it waits for them.

    It does so also where it is to load anew.

    Raises:
        EngineFailed: this process was forked from one that had loaded weights.
    """
    if _processes - {os.getpid()}:
        raise EngineFailed(
            "The process that this one was forked from had loaded Whisper, whose library does not work in a fork.",
            hint='Load it in the new process only, or begin that by multiprocessing.get_context("spawn").',
        )


def present_compute_types() -> dict[str, list[str]]:
    """Return what CTranslate2 supports on this machine, by device; `cuda` only where it sees a GPU."""
    import ctranslate2

    present = ["cpu", "cuda"] if ctranslate2.get_cuda_device_count() else ["cpu"]
    supported = {device: ctranslate2.get_supported_compute_types(device) for device in present}
    return {device: [kind for kind in COMPUTE_TYPES if kind in supported[device]] for device in present}


def open_model(
    name: str, folder: Path, *, device: str, compute_type: str, threads: int, workers: int = 1
) -> AligningWhisperModel:
    """Load a model into memory.

    Args:
        name: what to call it in messages.
        folder: a complete folder; of one that lacks files the library would ask the hub.
        device: `cpu` or `cuda`.
        compute_type: one that the device has; the library would replace another one silently.
        threads: CPU threads of each worker; 0 lets the library choose.
        workers: how many calls it works on at once.

    Raises:
        EngineUnavailable: faster-whisper cannot be imported.
        DeviceUnavailable: the device or compute type is not to be had, or the GPU fails.
        WeightsDamaged: the library cannot make sense of the files.
        EngineFailed: they do not fit in memory, or this process was forked from one that had loaded weights.
    """
    try:
        import ctranslate2

        import_progress_bars()
        from orstt_core.engines.aligning_model import AligningWhisperModel
    except ImportError as error:
        raise EngineUnavailable(
            f"faster-whisper cannot be imported: {error}.", hint="Type: pip install faster-whisper"
        ) from error
    # Below this level it prints to standard error, over whatever a terminal program has drawn there.
    ctranslate2.set_log_level(logging.ERROR)
    offered = present_compute_types().get(device, [])
    if compute_type not in offered:
        raise DeviceUnavailable(
            f"{device} does not offer {compute_type} on this machine.",
            hint=f"It offers: {', '.join(offered)}." if offered else "Choose cpu.",
        )
    refuse_after_fork()
    _processes.add(os.getpid())
    try:
        model = AligningWhisperModel(
            str(folder), device=device, compute_type=compute_type, cpu_threads=threads, num_workers=workers
        )
    except Exception as error:  # it raises RuntimeError, ValueError, UnicodeDecodeError and bare Exception
        raise _in_plain_words(error, name, device) from error
    _models.add(model)
    return model


def _keep_for_good() -> None:
    """In a forked child: see that no model is freed there, which aborts where its threads are not."""
    for model in _models:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(model.model))


os.register_at_fork(after_in_child=_keep_for_good)


def _in_plain_words(error: Exception, name: str, device: str) -> OrsttError:
    said = str(error)
    if device == "cuda" and any(word in said.lower() for word in ("cuda", "cublas", "cudnn")):
        return DeviceUnavailable(f"The GPU cannot be used: {said}.", hint="Choose the device cpu.")
    if isinstance(error, MemoryError) or "bad_alloc" in said:
        return EngineFailed(
            f"There is not enough memory to load {name}.", hint="Choose a smaller model, or the compute type int8."
        )
    return WeightsDamaged(
        f"The files of {name} cannot be loaded: {said}.",
        hint="They are damaged, or no Whisper weights in CTranslate2's format. Bring them again.",
    )
