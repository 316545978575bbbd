"""The bare thing to compare with: a Litestar handler that answers at once."""

import sys

import uvicorn
from litestar import Litestar, get


@get("/")
async def empty() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}


uvicorn.run(Litestar([empty], openapi_config=None), port=int(sys.argv[1]), log_level="error", access_log=False)
