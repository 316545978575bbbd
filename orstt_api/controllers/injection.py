"""How a handler gets the backend."""

from __future__ import annotations

from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from orstt_core.backend import Backend

InjectedBackend: TypeAlias = NamedDependency[SkipValidation[Backend]]
"""The application's backend. Checking it against the Protocol anew would take half of a small request's time."""
