"""OpenAISTT: any server that speaks OpenAI's audio API, OpenAI's own and another OR-STT among them.

The API: https://platform.openai.com/docs/api-reference/audio. Asking for the models, which checks address, key and
model, costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from msgspec import Meta

from orstt_core.engines.cloud import CloudSTT, encode
from orstt_core.engines.cloud_answers import Answer, Request
from orstt_core.engines.cloud_client import CloudClient
from orstt_core.engines.openai_answers import SpokenText, segments_of, streamed_segments
from orstt_core.errors import EngineFailed, EngineUnavailable, OptionUnsupported, OrsttError
from orstt_core.types import Segment, TranscribeOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.settings import EngineSettings

UNTIMED = "gpt-"
"""OpenAI's models that begin so answer with the text alone: `verbose_json` is refused."""
NO_LIST = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
"""What servers answer that have no list of models."""
LISTED = 8
"""How many models of a server an error names."""


class OpenAISTT(CloudSTT):
    """One model of a server that speaks OpenAI's audio API."""

    title = "OpenAI-compatible server"
    credentials = ("openai_key",)
    capabilities = frozenset({"segments", "words", "language_detection", "translate", "prompt", "temperature", "vad"})

    class Options(CloudSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Where the server is, and how it answers."""

        base_url: Annotated[
            str,
            Meta(
                title="Address",
                description="The server's, up to and with /v1; `cloud_hosts` must name its host.",
                pattern=r"^https?://[^@?#\s]+$",
                max_length=300,
            ),
        ] = "https://api.openai.com/v1"
        answers: Annotated[
            Literal["auto", "timed", "text", "stream"],
            Meta(
                title="Answers",
                description="timed asks for times (verbose_json), text for the text alone, stream for the text while "
                "it is decoded; auto is text for OpenAI's gpt- models and timed for others.",
            ),
        ] = "auto"

    options: Options

    @classmethod
    def missing_credentials(cls, settings: EngineSettings) -> Sequence[str]:  # noqa: ARG003 - it needs none of them
        """Return nothing: a key is up to the server."""
        return ()

    @cached_property
    def client(self) -> CloudClient:
        """What sends the engine's requests."""
        return CloudClient("The server", self.loads_with, credentials=self.credentials, explain=_explained)

    @property
    def address(self) -> str:
        """The server's address."""
        return self.options.base_url.rstrip("/")

    def check_service(self) -> None:
        """Ask whether the server has the model.

        Raises:
            EngineUnavailable: it has not, or refuses the key.
            OrsttError: it does not answer well.
        """
        asked = self.client.send(self._request(f"models/{quote(self.model_name, safe='')}", method="GET"))
        if asked.status not in NO_LIST:
            return
        listed = self.client.send(self._request("models", method="GET"))
        names = _names(listed) if listed.status not in NO_LIST else []
        if names and self.model_name not in names:
            raise EngineUnavailable(
                f"The server at {self.options.base_url} has no model called {self.model_name!r}.",
                hint=f"It has: {self.client.quoted(', '.join(names[:LISTED]))}{' …' if len(names) > LISTED else ''}.",
            )

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterable[Segment]:
        """Return what the server hears in one window.

        Raises:
            OptionUnsupported: of languages or temperatures it takes one, and times of words only with `timed`.
            OrsttError: what went wrong on the way, or what the server said.
        """
        how = self._answers
        _check_options(options, how)
        path = "audio/translations" if options.task == "translate" else "audio/transcriptions"
        request = self._request(
            path,
            fields=list(_fields(self.model_name, options, how)),
            files={"file": ("window.flac", encode(samples, "FLAC"), "audio/flac")},
        )
        if how == "stream" and options.task == "transcribe":
            return streamed_segments(self.client.lines(request), options, self.client.quoted)
        answer = self.client.send(request).decoded(SpokenText, "The server")
        return list(segments_of(answer, options))

    @property
    def _answers(self) -> str:
        if self.options.answers == "auto":
            return "text" if self.model_name.startswith(UNTIMED) else "timed"
        return self.options.answers

    def _request(
        self,
        path: str,
        *,
        method: str = "POST",
        fields: Sequence[tuple[str, str]] = (),
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Request:
        key = self.credential("openai_key")
        return Request(
            f"{self.address}/{path}",
            method=method,
            headers={"authorization": f"Bearer {key}"} if key else {},
            fields=fields,
            files=files or {},
            also_answers=NO_LIST if method == "GET" else frozenset(),
        )


def _check_options(options: TranscribeOptions, how: str) -> None:
    if len(options.languages) > 1 and options.language is None:
        raise OptionUnsupported("The server cannot choose among languages.", hint="Give one.", field="languages")
    if options.word_timestamps and how != "timed":
        raise OptionUnsupported(
            "The model's server gives no times of words.",
            hint="Set the model's option answers to timed, if its server can.",
            field="word_timestamps",
        )
    if len(options.temperature) > 1 and options.temperature != TranscribeOptions().temperature:
        raise OptionUnsupported("The server takes one temperature.", hint="Give one.", field="temperature")


def _fields(model: str, options: TranscribeOptions, how: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form; the default temperatures are left to the server, which has the same ones."""
    translate = options.task == "translate"
    yield "model", model
    yield "response_format", "verbose_json" if how == "timed" else "json"
    if how == "stream" and not translate:
        yield "stream", "true"
    if options.language and not translate:  # OpenAI's has no such field there
        yield "language", options.language
    if options.initial_prompt:
        yield "prompt", options.initial_prompt
    if len(options.temperature) == 1:
        yield "temperature", f"{options.temperature[0]:g}"
    if options.word_timestamps and not translate:
        yield "timestamp_granularities[]", "segment"
        yield "timestamp_granularities[]", "word"


def _names(answer: Answer) -> list[str]:
    found = answer.json("The server")
    data = found.get("data") if isinstance(found, dict) else None
    return [str(one["id"]) for one in data or () if isinstance(one, dict) and "id" in one]


def _explained(answer: Answer, said: str) -> OrsttError | None:
    """Return what a server of ours refuses by name, and what time alone does not mend although it comes as 429."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and b"insufficient_quota" in answer.body:
        return EngineUnavailable(f"The server's account has no quota left. It says: {said}")
    error = _error(answer)
    if error.get("code") != OptionUnsupported.code:
        return None
    field = str(error.get("param"))
    known = field in TranscribeOptions.__struct_fields__
    return OptionUnsupported(f"The server cannot do that. It says: {said}", field=field if known else "")


def _error(answer: Answer) -> dict[str, Any]:
    with suppress(EngineFailed):
        found = answer.json("The server")
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            return dict(found["error"])
    return {}
