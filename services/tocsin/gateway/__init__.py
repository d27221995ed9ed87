"""In: the stream ALERTS, by sequence, and the Reports of all services. Out: REST, WebSocket, the page, Prometheus text.

Promise: every client is told of every alert as a row, as part of a folded row or as a number left out; never later rows
because another client is slow.
"""
