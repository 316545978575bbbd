"""OpenTelemetry: a span for every request, where its packages are installed and somebody is named to send them to."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litestar.types import ASGIApp

logger = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


PRIVATE_ATTRIBUTES = ("http.url", "http.target", "url.full", "url.path", "url.query")
"""Attributes with what a client asked for: a path may name a job, a query what was searched for."""


def describe_span(method: str, route: str, request_id: str) -> None:
    """Say of the span under way, if there is one, which route it is; before the answer's end, which is the span's."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return
    span = trace.get_current_span()
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.route": route, "orstt.request_id": request_id})


def traced(app: ASGIApp) -> tuple[ASGIApp, Callable[[], None]]:
    """Return the application with its requests traced, and what sends the last spans when it ends.

    Without an endpoint in the environment the application comes back as it is: nothing goes out unasked.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return app, lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        logger.warning('No traces are sent (%s); type: pip install "orstt[otel]"', error)
        return app, lambda: None
    provider = TracerProvider(resource=Resource.create({"service.name": "orstt"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))

    def details(scope: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        # The route is not known yet: `describe_span` says it.
        return f"{scope.get('method', 'SOCKET')}", {}

    def hide(span: Any, _: dict[str, Any]) -> None:
        span.set_attributes({name: "" for name in PRIVATE_ATTRIBUTES if name in span.attributes})

    middleware: Any = OpenTelemetryMiddleware(
        app,
        default_span_details=details,
        tracer_provider=provider,
        exclude_spans=["receive", "send"],
        server_request_hook=hide,
    )
    return middleware, provider.shutdown
