"""A point in time as it crosses the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta

Timestamp: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""Always with its offset from UTC: RFC 3339, as OpenAPI's `date-time` is."""
