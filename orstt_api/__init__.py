"""OR-STT over HTTP: `create_app` (orstt_api.app) and `RemoteBackend` (orstt_api.client)."""
