"""The OpenAPI document as our answers satisfy it, where Litestar describes types of theirs wrongly.

It takes the dots of a limited `tuple[X, ...]` for one more type, and says of `int | float` that a value is just one of
them, although a whole number is both.
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
    right = {name: _put_right(value) for name, value in schema.items()}
    if isinstance(kinds := right.get("oneOf"), list):
        distinct = [kind for kind in kinds if kind and not (kind == _INTEGER and _NUMBER in kinds)]
        right |= {"oneOf": distinct}
        if len(distinct) == 1:
            right = {name: value for name, value in right.items() if name != "oneOf"} | distinct[0]
    return right


_INTEGER, _NUMBER = {"type": "integer"}, {"type": "number"}
