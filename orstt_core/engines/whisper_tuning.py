"""What may make Whisper faster on a machine: how its cores are shared, how much is decoded together, number formats."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from orstt_core.engines.whisper_modes import cores, fast_threads
from orstt_core.types import TuningChoice

WORKERS = (1, 2, 4, 8)
WORKERS_ON_GPU = (1, 2, 4)
BATCHES = (4, 8)
BATCHES_OF_MANY_CORES = (*BATCHES, 16)
BATCHES_ON_GPU = (8, 16, 32)
"""Few cores make nothing of more."""
COMPUTE_TYPES = {
    "cpu": ("int8", "bfloat16", "float32"),
    "cuda": ("float16", "int8_float16", "bfloat16", "int8_bfloat16"),
}
"""Others are these under another name (`int8_float32` on a CPU), or slower wherever these can be had."""
MANY_CORES = 8
LEAST_HALVED = 4
"""With so many threads half of them are tried: two of a core may stand in each other's way."""


def dimensions(
    device: str,
    compute_types: Collection[str],
    *,
    threads: int,
    workers: int | None,
    batch: int,
    fast: bool,
) -> Sequence[Sequence[TuningChoice]]:
    """Return what to try, in order.

    Args:
        device: `cpu` or `cuda`.
        compute_types: those that it has.
        threads: all threads of the present setting; 0: one for each core.
        workers: of the present setting.
        batch: of the present setting.
        fast: whether the model decodes in the fast way.
    """
    kinds = [TuningChoice(compute_type=kind) for kind in COMPUTE_TYPES.get(device, ()) if kind in compute_types]
    threads = threads or cores()
    present, _ = fast_threads(threads, workers, device)
    if device == "cuda":
        by_workers = _choices("workers", WORKERS_ON_GPU, present)
        return [*([by_workers, _choices("batch", BATCHES_ON_GPU, batch)] if fast else ()), kinds]
    by_threads = _choices("threads", [threads // 2] if threads >= LEAST_HALVED else [], threads)
    if not fast:
        return [by_threads, kinds]
    by_workers = _choices("workers", [count for count in WORKERS if count <= threads], present)
    batches = BATCHES_OF_MANY_CORES if threads >= MANY_CORES else BATCHES
    return [by_workers, by_threads, _choices("batch", batches, batch), kinds]


def _choices(option: str, values: Iterable[int], present: int) -> list[TuningChoice]:
    return [TuningChoice(options={option: value}) for value in values if value != present]
