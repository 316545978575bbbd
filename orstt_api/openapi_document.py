"""The OpenAPI document as our answers satisfy it, where Litestar describes types of theirs wrongly.

It takes the dots of a limited `tuple[X, ...]` for one more type, and says that just one type of a union may fit,
although a whole number is both `int` and `float`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import OpenAPI


class DocumentConfig(OpenAPIConfig):
    """Litestar's configuration, for a document that is put right."""

    def to_openapi_schema(self) -> OpenAPI:
        """Return the document, yet without paths."""
        document = super().to_openapi_schema()
        return _Document(**{field.name: getattr(document, field.name) for field in fields(document)})


class _Document(OpenAPI):
    def to_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = _put_right(super().to_schema())
        return schema


def _put_right(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_put_right(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    right = {name: _put_right(value) for name, value in schema.items() if name != "oneOf"}
    kinds = [_put_right(kind) for kind in schema.get("oneOf", ()) if kind]
    return right | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})
