"""Services: what a LocalBackend forwards to. The only module that wires the rooms of the core together."""

from __future__ import annotations

from contextlib import AsyncExitStack

from orstt_core.benchmarks.service import Benchmarks
from orstt_core.broadcast import Broadcast
from orstt_core.comparisons import Comparisons
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.db.recordings import RecordingIndex
from orstt_core.experiments.assignment import ArmSelector
from orstt_core.experiments.review import Review
from orstt_core.experiments.service import Experiments
from orstt_core.experiments.shadow import ShadowWorker
from orstt_core.home import provide_home
from orstt_core.jobs.job_audio import JobAudio
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.pipeline import Pipeline
from orstt_core.jobs.service import JobService
from orstt_core.keys import KeyRing
from orstt_core.loaded_models import LoadedModels
from orstt_core.measurements.service import Measurements
from orstt_core.model_aliases import ModelAliases
from orstt_core.model_service import ModelService
from orstt_core.recordings.folder import FolderStore
from orstt_core.recordings.service import RecordingService
from orstt_core.runtime.decoder import Decoder
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.probe import sends_sound
from orstt_core.selection.auto import AutoSelector
from orstt_core.selection.selector import Selectors
from orstt_core.selection.sources import measured
from orstt_core.settings import Settings, load_settings
from orstt_core.settings.listing import StartSettings
from orstt_core.types import BackendEvent, LoadedChanged, Measurement, ModelsChanged
from orstt_core.vocabularies import Vocabularies
from orstt_core.weights_service import WeightsService


class Services:
    """Services of one database, with engines in child processes of this process's.

    Args:
        settings: default: the environment's and those of the settings file.
        drain: work on every job that waits in the database while this is open; otherwise only on those that are
            waited for here.
        pace: how often jobs are looked at; for tests.
    """

    def __init__(self, settings: Settings | None = None, *, drain: bool = True, pace: Pace | None = None) -> None:
        self._settings = settings or load_settings()
        self._start_settings = StartSettings(self._settings)
        self._database = Database(self._settings.database)
        self._audit = AuditLog(self._database)
        self._keys = KeyRing(self._database, self._audit)
        self._broadcast: Broadcast[BackendEvent] = Broadcast()
        self._measured: Broadcast[Measurement] = Broadcast()
        self._decoder = Decoder(self._settings)
        self._pool = EnginePool(
            self._settings,
            on_change=lambda: self._broadcast.send(LoadedChanged()),
            measure=self._measured.send,
        )
        store = ModelStore(self._database, sends_sound=sends_sound)
        self._models = ModelService(
            self._database,
            store,
            self._audit,
            self._pool,
            self._settings,
            changed=lambda what: self._broadcast.send(ModelsChanged(reason=what)),
        )
        self._aliases = ModelAliases(store, self._settings.aliases)
        self._loaded = LoadedModels(store, self._audit, self._pool)
        self._weights = WeightsService(self._models, self._loaded, self._audit, self._settings)
        self._vocabularies = Vocabularies(self._database, self._audit, self._models.list)
        self._benchmarks = Benchmarks(self._database, self._audit, store.get)
        recordings = RecordingService(
            RecordingIndex(self._database),
            FolderStore(self._settings.spool),
            limit_mb=self._settings.max_upload_mb,
        )
        measurements = Measurements(self._database, self._settings.measurement_days)
        auto = AutoSelector(store.list, lambda: measured(self._database, measurements), self._pool, self._settings)
        pipeline = Pipeline(
            recordings,
            self._decoder,
            self._pool,
            self._settings.for_engines,
            self._measured.send,
            self._vocabularies.note,
            Selectors(ArmSelector(self._database), auto),
        )
        pace = pace or Pace()
        self._jobs = JobService(
            self._database,
            recordings,
            pipeline,
            self._settings,
            resolve=self._aliases.resolve,
            drains=drain,
            broadcast=self._broadcast,
            pace=pace,
        )
        self._comparisons = Comparisons(self._jobs.get, self._jobs.corrections.get, self._jobs.measurements.stats)
        review = Review(self._database, self._audit, store.get, max_loaded=self._settings.max_loaded)
        self._experiments = Experiments(self._database, self._audit, self._models, review, recordings.remove_unused)
        self._shadows = ShadowWorker(
            self._database,
            pipeline,
            review,
            unended=self._jobs.unended,
            events=self._broadcast,
            remove_unused=recordings.remove_unused,
            pace=pace,
        )
        self._drains = drain
        self._job_audio = JobAudio(self._jobs.get, recordings, self._decoder)

    async def _open(self) -> None:
        """Open the database and begin to work on jobs."""
        provide_home(self._settings.data_dir)
        await self._database.open()
        self._jobs.open()
        if self._drains:
            self._shadows.open()

    async def _close(self) -> None:
        """End what still runs, and close the database."""
        async with AsyncExitStack() as rooms:  # whatever goes wrong in one, the others are closed
            services = (
                self._models,
                self._decoder,
                self._pool,
                self._keys,
                self._vocabularies,
                self._jobs,
                self._shadows,
            )
            for room in (self._database, *services):
                rooms.push_async_callback(room.close)
