"""CloudSTT: an engine that sends sound out of this machine.

It is off until the operator names the hosts that it may send to (the setting `cloud_hosts`) and its credentials;
looking at it, activating and loading it cost no paid call. What an engine adds is `decode`, of one window of speech,
by requests of its `client`; a `ProviderSTT` needs one request a window.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, ClassVar, Literal

from orstt_core.engines.cloud_answers import Request, documented
from orstt_core.engines.cloud_client import CloudClient
from orstt_core.engines.devices import NO_CHOICE
from orstt_core.engines.permission import missing_settings
from orstt_core.engines.windowed import WindowedSTT
from orstt_core.terms import phrases
from orstt_core.types import Loading, Segment, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.settings import EngineSettings


class CloudSTT(WindowedSTT):
    """An engine whose model is elsewhere; a model of it needs hardly any memory here."""

    sends_sound = True
    fills_windows = True
    requires: ClassVar = {"httpx2": "httpx2", "soundfile": "soundfile"}
    capacity = 4

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return no choice: what a model computes with is the service's affair."""
        return NO_CHOICE

    @classmethod
    def unconfigured(cls, settings: EngineSettings) -> str:
        """Return whether hosts are not set, and which of the credentials."""
        hosts = () if settings.cloud_hosts else ("cloud_hosts",)
        return missing_settings([*hosts, *cls.missing_credentials(settings)])

    @classmethod
    def missing_credentials(cls, settings: EngineSettings) -> Sequence[str]:
        """Return which of the credentials are not set; an engine that needs not all of them overrides this."""
        return [name for name in cls.credentials if name not in settings.credentials]

    def is_available(self) -> bool:
        """Return whether what sends is installed; whether it may send is said by `unconfigured`."""
        from importlib.util import find_spec

        return all(find_spec(module) for module in self.requires)

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        """Ask the service whether it is there and takes the key, without sound and for nothing.

        Raises:
            OrsttError: it is not, or does not.
        """
        if progress:
            progress(Loading(detail=f"Asking {self.title}"))
        self.check_service()

    def check_service(self) -> None:
        """Send a request that costs nothing, where the service has one, and raise what is wrong; default: none."""

    def unload(self) -> None:
        """Cut the connections."""
        self.client.close()

    @cached_property
    def client(self) -> CloudClient:
        """What sends the engine's requests."""
        return CloudClient(self.title, self.loads_with, credentials=self.credentials)

    @property
    def address(self) -> str:
        """Where sound is sent, at least up to the host, as the model's options have it; empty: it is not told.

        Raises:
            EngineUnavailable: they do not say enough.
        """
        return ""

    def credential(self, name: str) -> str:
        """Return a secret setting; empty: it is not set."""
        return self.loads_with.credentials.get(name, "")


class ProviderSTT(CloudSTT):
    """A provider's own service, which is asked once for each window, and answers with the transcript."""

    capabilities: ClassVar = frozenset({"segments", "words", "vad", "language_detection", "hotwords"})
    most_phrases: ClassVar[int] = sys.maxsize
    """Hotwords that a request may hold."""
    longest_phrase: ClassVar[int] = sys.maxsize
    """Characters of one."""

    @abstractmethod
    def request(self, samples: NDArray[np.float32], options: TranscribeOptions, terms: Sequence[str]) -> Request:
        """Return what is sent for a window.

        Args:
            samples: as `decode` has them.
            options: their languages are the provider's own.
            terms: words to expect.
        """

    @abstractmethod
    def read(self, answer: bytes, options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what was heard in the window.

        Raises:
            msgspec.DecodeError, ValueError: it is written otherwise than the provider documents.
        """

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what the service hears in a window; what was read of an answer is not lost with the rest of it.

        Raises:
            OrsttError: what went wrong on the way, or what the service said.
        """
        answer = self.client.send(self.request(samples, options, phrases(options.hotwords or "")))
        with documented(self.title):
            yield from self.read(answer.body, options)

    def fitting_terms(self, terms: Sequence[str], options: TranscribeOptions) -> list[str]:
        """Return as many as a request may hold."""
        room = max(0, self.most_phrases - len(phrases(options.hotwords or "")))
        return [term for term in terms if len(term) <= self.longest_phrase][:room]


def encode(samples: NDArray[np.float32], container: Literal["FLAC", "WAV"]) -> bytes:
    """Return a window as a file of 16 bits a sample: FLAC is about half as long.

    Args:
        samples: float32 mono at 16 kHz, shape (n,).
        container: the file's format.
    """
    import soundfile

    file = BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format=container, subtype="PCM_16")
    return file.getvalue()
