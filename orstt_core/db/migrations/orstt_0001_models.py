# ruff: noqa: S608 - every name that goes into these statements stands in this file
"""The configured models, which of them is active and which default, and the five that come with the program.

`model_selection` holds exactly one row and is the truth; triggers mirror it into `is_active` and `is_default`.
Changing the one row changes both flags of both models in one step, and nothing else can: whoever writes to the
tables by hand is refused by the database. SQLite's triggers also stand in for its foreign keys, which a program
that does not ask for them (the `sqlite3` shell, for one) does not get.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0001_models"
VERSION = "1.38.0"
DESCRIPTION = "configured models"

FLAGS = {"is_active": "active_id", "is_default": "default_id"}

MODELS = """
    CREATE TABLE api_sttmodel (
        id {serial},
        name VARCHAR(100) NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
        model_type VARCHAR(50) NOT NULL CHECK (length(model_type) <= 50),
        model VARCHAR(500) NOT NULL CHECK (length(model) <= 500),
        device VARCHAR(20) NOT NULL CHECK (length(device) <= 20),
        compute_type VARCHAR(20) NOT NULL CHECK (length(compute_type) <= 20),
        is_active BOOLEAN NOT NULL DEFAULT FALSE,
        is_default BOOLEAN NOT NULL DEFAULT FALSE,
        description TEXT NOT NULL DEFAULT '',
        created_at TIMESTAMPTZ NOT NULL DEFAULT ({now}),
        updated_at TIMESTAMPTZ NOT NULL DEFAULT ({now})
    )
"""
SELECTION = """
    CREATE TABLE model_selection (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        active_id INTEGER NOT NULL REFERENCES api_sttmodel (id) ON DELETE RESTRICT,
        default_id INTEGER NOT NULL REFERENCES api_sttmodel (id) ON DELETE RESTRICT
    )
"""
INDEXES = (
    "CREATE UNIQUE INDEX api_sttmodel_one_active ON api_sttmodel (is_active) WHERE is_active",
    "CREATE UNIQUE INDEX api_sttmodel_one_default ON api_sttmodel (is_default) WHERE is_default",
)
# First the old one off, then the new one on: the indexes allow no two, not even within a statement.
MIRROR = "\n".join(
    f"UPDATE api_sttmodel SET {flag} = FALSE WHERE {flag} AND id <> NEW.{column};\n"
    f"UPDATE api_sttmodel SET {flag} = TRUE WHERE id = NEW.{column} AND NOT {flag};"
    for flag, column in FLAGS.items()
)
ROWS = (
    """
    INSERT INTO api_sttmodel (name, model_type, model, device, compute_type, is_active, is_default, description) VALUES
        ('tiny', 'whisper', 'tiny', 'cpu', 'int8', FALSE, FALSE, 'Fastest, lowest accuracy'),
        ('base', 'whisper', 'base', 'cpu', 'int8', TRUE, TRUE, 'Balanced speed and accuracy (recommended)'),
        ('small', 'whisper', 'small', 'cpu', 'int8', FALSE, FALSE, 'Better accuracy, slower'),
        ('medium', 'whisper', 'medium', 'cpu', 'int8', FALSE, FALSE, 'High accuracy, significantly slower'),
        ('large', 'whisper', 'large', 'cpu', 'int8', FALSE, FALSE, 'Best accuracy, slowest, needs more resources')
    """,
    "INSERT INTO model_selection SELECT 1, id, id FROM api_sttmodel WHERE name = 'base'",
)


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    now = "strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')"
    # AUTOINCREMENT: the id of a removed model is never given to another one.
    yield MODELS.format(serial="INTEGER PRIMARY KEY AUTOINCREMENT", now=now)
    yield SELECTION
    yield from ROWS
    yield from INDEXES
    for flag, column in FLAGS.items():
        for number, event in enumerate(("INSERT", f"UPDATE OF id, {flag}")):
            yield f"""
                CREATE TRIGGER api_sttmodel_{flag}_{number} BEFORE {event} ON api_sttmodel
                WHEN NEW.{flag} IS NOT (NEW.id IS (SELECT {column} FROM model_selection))
                BEGIN SELECT RAISE(ABORT, '{flag} follows model_selection.{column}'); END
            """
    for event in ("INSERT", "UPDATE"):
        yield f"CREATE TRIGGER mirror_selection_{event} AFTER {event} ON model_selection BEGIN {MIRROR} END"
    # Foreign keys would say as much, where they are on; but not that the row itself stays.
    for event in ("INSERT", "UPDATE", "DELETE"):
        for table in ("api_sttmodel", "model_selection"):
            yield f"""
                CREATE TRIGGER {table}_selection_holds_{event} AFTER {event} ON {table}
                WHEN NOT EXISTS (
                    SELECT 1 FROM model_selection
                    JOIN api_sttmodel AS active ON active.id = active_id
                    JOIN api_sttmodel AS standard ON standard.id = default_id
                )
                BEGIN SELECT RAISE(ABORT, 'one model is active and one is the default, always'); END
            """
    yield f"""
        CREATE TRIGGER api_sttmodel_updated_at AFTER UPDATE ON api_sttmodel
        WHEN NEW.updated_at IS OLD.updated_at
        BEGIN UPDATE api_sttmodel SET updated_at = {now} WHERE id = NEW.id; END
    """


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    yield MODELS.format(serial="SERIAL PRIMARY KEY", now="clock_timestamp()")
    yield SELECTION
    yield from ROWS
    yield from INDEXES
    for flag, column in FLAGS.items():
        yield f"""
            CREATE FUNCTION orstt_check_{flag}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.{flag} IS DISTINCT FROM EXISTS (SELECT 1 FROM model_selection WHERE {column} = NEW.id) THEN
                    RAISE integrity_constraint_violation
                        USING MESSAGE = '{flag} follows model_selection.{column}';
                END IF;
                RETURN NEW;
            END $$
        """
        yield f"""
            CREATE TRIGGER check_{flag} BEFORE INSERT OR UPDATE OF id, {flag} ON api_sttmodel
            FOR EACH ROW EXECUTE FUNCTION orstt_check_{flag}()
        """
    yield f"""
        CREATE FUNCTION orstt_mirror_selection() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            {MIRROR}
            RETURN NULL;
        END $$
    """
    yield """
        CREATE TRIGGER mirror_selection AFTER INSERT OR UPDATE ON model_selection
        FOR EACH ROW EXECUTE FUNCTION orstt_mirror_selection()
    """
    yield """
        CREATE FUNCTION orstt_keep_selection() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE integrity_constraint_violation USING MESSAGE = 'model_selection keeps its row';
        END $$
    """
    yield """
        CREATE TRIGGER keep_selection BEFORE DELETE OR TRUNCATE ON model_selection
        FOR EACH STATEMENT EXECUTE FUNCTION orstt_keep_selection()
    """
    yield """
        CREATE FUNCTION orstt_set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.updated_at := clock_timestamp();
            RETURN NEW;
        END $$
    """
    yield """
        CREATE TRIGGER set_updated_at BEFORE UPDATE ON api_sttmodel
        FOR EACH ROW EXECUTE FUNCTION orstt_set_updated_at()
    """


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
