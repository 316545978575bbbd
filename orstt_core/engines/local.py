"""LocalSTT: an engine whose library holds a model in this process; what it adds is `open_model` and `decode`.

Its model is loaded once, by whichever thread wants it first, and let go of by `unload`.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import Any

from orstt_core.engines.base import Threads
from orstt_core.engines.windowed import WindowedSTT
from orstt_core.malloc import trim
from orstt_core.types import Loading


class LocalSTT(WindowedSTT):
    """An engine with a model in memory; see `BaseSTT` for the arguments."""

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._model: Any = None
        self._loading = threading.Lock()

    @abstractmethod
    def open_model(self, progress: Callable[[Loading], None] | None) -> Any:
        """Return the model in memory, as its library has it; not called again before `unload`.

        Args:
            progress: hears what is done to get the weights.
        """

    def is_available(self) -> bool:
        """Return whether all that it requires can be imported, native libraries included."""
        try:
            for module in self.requires:
                import_module(module)
        except (ImportError, OSError):
            return False
        return True

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        """Load the model, fetching its weights first where the settings allow it.

        Raises:
            WeightsError: they are not there, or damaged.
            OrsttError: what else `open_model` raises.
        """
        self.loaded_model(progress)

    def loaded_model(self, progress: Callable[[Loading], None] | None = None) -> Any:
        """Return the model, which is loaded now if it was not."""
        with self._loading:
            if self._model is None:
                self._model = self.open_model(progress)
            return self._model

    def unload(self) -> None:
        """Let go of the model, and give its memory back; transcriptions under way keep it until they end."""
        self._model = None
        trim()


class ThreadedSTT(LocalSTT):
    """One whose library computes with as many threads as it is given."""

    class Options(LocalSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What a model of this engine may be given."""

        threads: Threads = None

    options: Options

    @property
    def threads(self) -> int:
        """Threads of the CPU that it may use; 0: as many as its library likes."""
        return self.options.threads or self.loads_with.cpu_threads
