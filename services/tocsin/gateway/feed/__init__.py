"""The WebSocket feed: groups of clients, frames, batches and pacing."""
