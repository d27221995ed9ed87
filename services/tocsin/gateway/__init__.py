"""In: the stream ALERTS, by sequence, and the reports of all services. Out: REST, WebSocket, the UI, Prometheus text.

Promise: every client gets every alert as a row, within a folded row, or in the count of those left out; a slow client
delays no other.
"""
