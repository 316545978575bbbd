"""Metrics: what is counted while the server works, in Prometheus' words."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable
from contextlib import aclosing

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest

from orstt_core import __version__
from orstt_core.backend import Backend
from orstt_core.errors import OrsttError
from orstt_core.measurements.drift import FigureChange
from orstt_core.types import JobMeasured, LoadedModel, LoadMeasured, Measurement, Readiness, TranscriptionFigures

logger = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "SOCKET"})
RETRY_SECONDS = 5.0
"""Pause before the backend is asked again, after it could not be."""
LAG_SECONDS = 0.1
"""How often the event loop is asked how late it is."""

_SECONDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_FACTORS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5)
_SHARES = tuple(tenths / 10 for tenths in range(1, 11))
_LAGS = (0.001, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.1, 0.25, 1)


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("orstt_build", "This program.", registry=registry).info({"version": __version__})
        self.requests_in_progress = Gauge("orstt_http_requests_in_progress", "Requests under way.", registry=registry)
        self._requests = Counter(
            "orstt_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "orstt_http_request_seconds", "Time of answers.", ("route",), buckets=_SECONDS, registry=registry
        )
        self._jobs = Counter("orstt_jobs", "Jobs that ended here.", ("model", "state", "code"), registry=registry)
        self._audio = Counter("orstt_audio_seconds", "Sound transcribed.", ("model",), registry=registry)
        self._speech = Counter("orstt_speech_seconds", "Speech found in it.", ("model",), registry=registry)
        self._windows = Counter("orstt_windows", "Windows of speech decoded.", ("model",), registry=registry)
        self._repeated = Counter("orstt_windows_repeated", "Windows decoded again.", ("model",), registry=registry)
        self._confidence = Histogram(
            "orstt_confidence", "Mean confidence of transcripts.", ("model",), buckets=_SHARES, registry=registry
        )
        self._first_segment = Histogram(
            "orstt_first_segment_seconds",
            "Time of an engine until its first segment.",
            ("model",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._peak = Gauge(
            "orstt_model_peak_memory_bytes",
            "Most memory of the process that transcribed last.",
            ("model",),
            registry=registry,
        )
        self._factor = Histogram(
            "orstt_real_time_factor",
            "Seconds of work for a second of sound.",
            ("model",),
            buckets=_FACTORS,
            registry=registry,
        )
        self._loads = Histogram(
            "orstt_model_load_seconds", "Time of loading weights.", ("model",), buckets=_SECONDS, registry=registry
        )
        self._load_failures = Counter(
            "orstt_model_load_failures", "Weights that could not be loaded.", ("model",), registry=registry
        )
        self._lag = Histogram(
            "orstt_event_loop_lag_seconds", "How late the event loop is.", buckets=_LAGS, registry=registry
        )
        self._queued = Gauge("orstt_jobs_queued", "Jobs that wait.", registry=registry)
        self._running = Gauge("orstt_jobs_running", "Jobs that are worked on.", registry=registry)
        self._ready = Gauge("orstt_ready", "1 if another recording would be taken.", registry=registry)
        self._memory = Gauge("orstt_model_memory_bytes", "Memory of loaded models.", ("model",), registry=registry)
        self._loaded = Gauge("orstt_models_loaded", "Models in memory.", registry=registry)
        self._drift = Gauge(
            "orstt_model_drift",
            "1 if the model does worse by this figure in the last 7 days than in the 30 before, 0 if not.",
            ("model", "figure"),
            registry=registry,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def measured(self, measurement: Measurement) -> None:
        """Count what was measured while work was done."""
        match measurement:
            case JobMeasured(model=model):
                self._jobs.labels(model, measurement.state, measurement.code).inc()
                if measurement.figures:
                    self._transcribed(model, measurement.figures)
            case LoadMeasured(model=model, failed=True):
                self._load_failures.labels(model).inc()
            case LoadMeasured(model=model):
                self._loads.labels(model).observe(measurement.seconds)

    def _transcribed(self, model: str, figures: TranscriptionFigures) -> None:
        self._audio.labels(model).inc(figures.audio_seconds)
        self._speech.labels(model).inc(figures.speech_seconds or 0.0)
        self._windows.labels(model).inc(figures.windows)
        self._repeated.labels(model).inc(figures.repeated_windows)
        if figures.seconds is not None and figures.audio_seconds > 0:
            self._factor.labels(model).observe(figures.seconds / figures.audio_seconds)
        if figures.load_seconds:
            self._loads.labels(model).observe(figures.load_seconds)
        if figures.first_segment_seconds is not None:
            self._first_segment.labels(model).observe(figures.first_segment_seconds)
        if figures.confidence is not None:
            self._confidence.labels(model).observe(figures.confidence)
        if figures.peak_memory is not None:
            self._peak.labels(model).set(figures.peak_memory)

    async def follow(self, backend: Backend) -> None:
        """Count what the backend measures, for ever; one that cannot be asked is asked again."""
        while True:
            try:
                async with aclosing(backend.measurements()) as measurements:
                    async for measurement in measurements:
                        self.measured(measurement)
            except OrsttError as error:
                logger.info("Nothing is measured now: %s", error.message)
            await asyncio.sleep(RETRY_SECONDS)

    async def follow_lag(self) -> None:
        """Measure, for ever, how late the event loop is."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))

    def page(
        self, readiness: Readiness, loaded: Iterable[LoadedModel] | None, changes: Iterable[FigureChange] | None
    ) -> bytes:
        """Return everything as Prometheus reads it; `loaded` and `changes` are None while the backend cannot say."""
        self._queued.set(readiness.queued)
        self._running.set(readiness.running)
        self._ready.set(readiness.ready)
        self._memory.clear()
        models = [model for model in loaded or () if model.pid]
        for model in models:
            self._memory.labels(", ".join(model.names) or model.model).set(model.memory)
        self._loaded.set(math.nan if loaded is None else len(models))
        self._drift.clear()
        for change in changes or ():
            self._drift.labels(change.model, change.figure).set(change.is_worse)
        return generate_latest(self._registry)
