"""The OpenAPI document: Litestar says which types stand where, and msgspec, which reads and writes them, what they are.

Litestar's own description of Structs leaves out limits and whether other fields are refused, and takes the dots of
`tuple[X, ...]` for one more type. What answers carry beside their bodies is added here, too.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import OpenAPI, Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Struct

from orstt_api.openai.errors import BASE

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

_REF = "#/components/{}/{}"
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
"""An entry of a docstring's list of attributes."""

HEADERS: dict[str, dict[str, Any]] = {
    "Location": {"description": "Where the job is.", "required": True, "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds after which the same request may well succeed.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How a key is to be sent.",
        "required": True,
        "schema": {"const": "Bearer"},
    },
    "X-Request-ID": {
        "description": "Names the request in the server's log; that of the request, where it has one.",
        "required": True,
        "schema": {"type": "string"},
    },
    "X-Should-Retry": {
        "description": "Whether OpenAI's clients try again by themselves.",
        "required": True,
        "schema": {"enum": ["true", "false"]},
    },
}
"""What answers carry beside what their operation says."""
_BY_STATUS = {"202": "Location", "401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}


_STRUCTS: set[type[Struct]] = set()
"""Those of the document; every application has the same."""


def structs(*kinds: type[Struct]) -> Schema | Reference:
    """Describe a value that is one of these Structs."""
    _STRUCTS.update(kinds)
    references = [Reference(_REF.format("schemas", kind.__name__)) for kind in kinds]
    return Schema(any_of=references) if len(references) > 1 else references[0]


class StructSchemas(OpenAPISchemaPlugin):
    """Stands before Litestar's own plugin for Structs: keeps those that it meets, to have them described by msgspec."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Return whether it is a Struct."""
        return isinstance(value, type) and issubclass(value, Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """Return the place in the document of a Struct, yet without what it holds."""
        structs(field_definition.annotation)
        return schema_creator.create_component_schema(field_definition, required=[], property_fields={})


class DocumentConfig(OpenAPIConfig):
    """Litestar's configuration, for a document that is completed."""

    def to_openapi_schema(self) -> OpenAPI:
        """Return the document, yet without paths."""
        document = super().to_openapi_schema()
        return _Document(**{part.name: getattr(document, part.name) for part in fields(document)})


class _Document(OpenAPI):
    def to_schema(self) -> dict[str, Any]:
        document = super().to_schema()
        document["components"] |= {"schemas": _schemas(), "headers": HEADERS}
        for path, status, answer in _answers(document):
            names = ["X-Request-ID", *filter(None, [_BY_STATUS.get(status)])]
            if path.startswith(f"{BASE}/") and status >= "400":
                names.append("X-Should-Retry")
            answer["headers"] = answer.get("headers", {}) | {
                name: {"$ref": _REF.format("headers", name)} for name in names
            }
        return document


def _schemas() -> dict[str, Any]:
    """Return the schemas of all Structs, and of those in them, by their names."""
    _, found = msgspec.json.schema_components(_STRUCTS, ref_template=_REF.format("schemas", "{name}"))
    plain = msgspec.json.decode(msgspec.json.encode(found))  # defaults are values of ours
    return {name: _explained(_with_constants(schema)) for name, schema in sorted(plain.items())}


def _answers(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                yield path, status, answer


def _with_constants(schema: Any) -> Any:
    """Say of a value that is the only one that it is that, which generators of clients understand as a tag."""
    if isinstance(schema, list):
        return [_with_constants(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("enum"), list) and len(schema["enum"]) == 1:
        schema = {("const" if name == "enum" else name): value for name, value in schema.items()}
        schema["const"] = schema["const"][0]
    return {name: _with_constants(value) for name, value in schema.items()}


def _explained(schema: dict[str, Any]) -> dict[str, Any]:
    """Give a docstring's first paragraph to the type, and what it says of attributes to the properties."""
    docstring = inspect.cleandoc(schema.get("description", ""))
    properties = schema.get("properties", {})
    for name, text in _ATTRIBUTE.findall(docstring.partition("\nAttributes:\n")[2]):
        if name in properties:
            properties[name].setdefault("description", " ".join(text.split()))
    return schema | {"description": " ".join(docstring.partition("\n\n")[0].split())}
