"""The applications of the test servers: Litestar takes a tenth of a second to build one, so each is used again."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

from litestar import Litestar, Router
from litestar.types import ASGIApp

import orstt_api.app


class BuiltApps:
    """Applications that no server uses just now, by those of their options that cannot be changed afterwards.

    In place of `Litestar` in `create_app`: all that belongs to one server is given to an application that is there.
    """

    def __init__(self) -> None:
        self._idle: defaultdict[object, list[Litestar]] = defaultdict(list)
        self._bare: dict[Litestar, tuple[object, ASGIApp]] = {}

    def __call__(self, **options: Any) -> Litestar:
        """Return an application with these options."""
        handlers, cors, document = options["route_handlers"], options["cors_config"], options["openapi_config"]
        sizes = [later.keywords["request_max_body_size"] for later in handlers if isinstance(later, partial)]
        key = repr((len(handlers), sizes, cors and cors.allow_origins, document.security))
        if not self._idle[key]:
            built = [handler() if isinstance(handler, partial) else handler for handler in handlers]
            app = Litestar(**{**options, "route_handlers": built})
            self._bare[app] = key, app.asgi_handler
            return app
        app = self._idle[key].pop()
        app.state, app.asgi_handler = options["state"], self._bare[app][1]
        app._lifespan_managers = options["lifespan"]
        known, given = app.dependencies["backend"], options["dependencies"]["backend"]
        known.dependency, known.value = given.dependency, given.value
        return app

    def give_back(self, app: Litestar) -> None:
        """Let the next server have an application whose own server has stopped."""
        self._idle[self._bare[app][0]].append(app)


BUILT = BuiltApps()
# Routers too take their time to build: that is left to whoever builds an application of them.
vars(orstt_api.app).update(Litestar=BUILT, Router=partial(partial, Router))
