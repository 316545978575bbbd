"""Every answer of a test's server is held against the OpenAPI document: status, media type, headers and body.

It is held against more than the document says: what has a name in an answer has one in the document, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

UNSEEN = 499
"""The status of an answer that nobody waits for any more."""


@dataclass
class AnswerCheck:
    """ASGI middleware around an application that keeps what its document does not say of its answers."""

    app: ASGIApp
    document: Document
    faults: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            await self.app(scope, receive, send)
            return
        answer: dict[str, Any] = {"body": bytearray()}

        async def send_and_keep(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                answer.update(message)
            elif message["type"] == "http.response.body":
                answer["body"] += message.get("body", b"")
                answer["whole"] = not message.get("more_body", False)

        method, path = str(scope["method"]), scope["path"]
        try:
            await self.app(scope, receive, send_and_keep)
        finally:
            if answer.get("whole"):
                faults = self.document.faults(method, path, answer)
                self.faults += [f"{method} {path}: {fault}" for fault in faults]


class Document:
    """What the OpenAPI document says of answers."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._components = _closed(schema["components"])
        self._operations = [
            (re.compile(re.sub(r"\\\{\w+\\\}", ".+" if path.endswith("{name}") else "[^/]+", re.escape(path))), methods)
            for path, methods in sorted(schema["paths"].items(), key=lambda item: "{" in item[0])
        ]

    def faults(self, method: str, path: str, answer: dict[str, Any]) -> Iterator[str]:
        """Yield what the document does not say of an answer; nothing where it does not know the address."""
        at_path = [known for match, known in self._operations if match.fullmatch(path.rstrip("/"))]
        operation = at_path[0].get(method.lower()) if at_path else None
        if operation is None or answer["status"] == UNSEEN:
            return
        described = operation["responses"].get(str(answer["status"]))
        if described is None:
            yield f"{answer['status']} is not described: {bytes(answer['body'][:200])!r}"
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in answer["headers"]}
        yield from self._header_faults(described.get("headers", {}), headers)
        media_type = headers.get("content-type", "").partition(";")[0]
        if media_type not in described.get("content", {}):
            yield f"{answer['status']} is no {media_type or 'empty answer'}"
            return
        schema = described["content"][media_type]["schema"]
        for value, kind in _values(media_type, bytes(answer["body"]), schema):
            yield from self._value_faults(value, kind)

    def _header_faults(self, described: dict[str, Any], headers: dict[str, str]) -> Iterator[str]:
        for name, reference in described.items():
            header = (
                self._components["headers"][reference["$ref"].rpartition("/")[2]] if "$ref" in reference else reference
            )
            given = headers.get(name.lower())
            if given is None and header.get("required"):
                yield f"the header {name} is missing"
            elif given is not None:
                whole = header["schema"].get("type") == "integer"
                yield from self._value_faults(int(given) if whole else given, header["schema"])

    def _value_faults(self, value: Any, schema: dict[str, Any]) -> Iterator[str]:
        for error in self._validator(json.dumps(schema)).iter_errors(value):
            yield f"{'/'.join(map(str, error.instance_path))}: {error.message[:500]}"

    @cache  # noqa: B019 - there is one document
    def _validator(self, schema: str) -> jsonschema_rs.Draft202012Validator:
        whole = {**_closed(json.loads(schema)), "components": self._components}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _values(media_type: str, body: bytes, schema: dict[str, Any]) -> Iterable[tuple[Any, dict[str, Any]]]:
    if media_type == "text/event-stream":
        blocks = [block for block in body.decode().split("\n\n") if block and not block.startswith(":")]
        events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
        data = schema["properties"]["data"]["contentSchema"]
        return [(event, schema) for event in events] + [(json.loads(event["data"]), data) for event in events]
    if media_type == "application/x-ndjson":
        return [(json.loads(line), schema) for line in body.splitlines()]
    return [(json.loads(body) if media_type.endswith("json") else body.decode(errors="replace"), schema)]


def _closed(schema: Any) -> Any:
    """Allow no property that has no description."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(closed.get("properties"), dict) else closed
