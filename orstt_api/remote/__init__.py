"""The parts of `RemoteBackend`, one a subject; none imports server code."""
