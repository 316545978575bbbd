"""The tables, for Piccolo's queries. What the database itself keeps true is in the migrations."""

from __future__ import annotations

from types import new_class
from typing import TYPE_CHECKING, Any, TypeVar, cast

from piccolo.columns import Boolean, ForeignKey, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

if TYPE_CHECKING:
    from piccolo.engine import Engine

AnyTable = TypeVar("AnyTable", bound=Table)


class STTModel(Table, tablename="api_sttmodel"):
    """A configured model. The database sets `is_active`, `is_default` and `updated_at` by itself."""

    id: Serial
    name = Varchar(length=100, unique=True)
    model_type = Varchar(length=50)
    model = Varchar(length=500)
    device = Varchar(length=20)
    compute_type = Varchar(length=20)
    is_active = Boolean(default=False)
    is_default = Boolean(default=False)
    description = Text()
    created_at = Timestamptz()
    updated_at = Timestamptz()


class ModelSelection(Table, tablename="model_selection"):
    """One row: which model is active and which is default. There can be neither none nor two."""

    id: Serial
    active = ForeignKey(STTModel, on_delete=OnDelete.restrict, null=False, db_column_name="active_id")
    default = ForeignKey(STTModel, on_delete=OnDelete.restrict, null=False, db_column_name="default_id")


def bound(table: type[AnyTable], engine: Engine[Any]) -> type[AnyTable]:
    """Return the table class tied to this engine.

    Piccolo ties a class to one engine for the whole process; a subclass for each database lets several be open.
    """
    keywords = {"tablename": table._meta.tablename, "db": engine}  # noqa: SLF001 - so Piccolo names it
    return cast("type[AnyTable]", new_class(table.__name__, (table,), keywords))
