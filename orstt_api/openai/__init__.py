"""OpenAI's audio API: its fields, its answers, its events and its errors, made of our own types."""
