"""The gateway's own metrics, copied from what its parts count."""

import time

from tocsin.gateway.state import GatewayState
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.runtime.metrics import Metrics


def watch(metrics: Metrics, state: GatewayState) -> None:
    """Let *metrics* follow the gateway."""
    hub, store, live = state.hub, state.store, state.live
    gauge, counter = metrics.gauge, metrics.counter

    def refresh() -> None:
        nodes = hub.sight.nodes
        gauge("tocsin_gateway_nodes", "Nodes that events come from.").set(len(nodes))
        silent = nodes.silent(time.time_ns() // 1_000_000)
        gauge("tocsin_gateway_silent_nodes", "Nodes that have stopped sending.").set(len(silent))
        sent = hub.fanout.counts
        gauge("tocsin_gateway_clients", "Browsers on the WebSocket.").set(len(live.sessions))
        gauge("tocsin_gateway_views", "Different filters among them.").set(hub.fanout.views)
        gauge("tocsin_gateway_read_sequence", "Last sequence of ALERTS that was read.").set(store.window.head)
        gauge("tocsin_gateway_waiting_alerts", "Alerts in the stream that were not read yet.").set(store.waiting)
        gauge("tocsin_gateway_delay_seconds", "From the collector's reading to ours, newest.").set(hub.delay_ms / 1e3)
        for name, lane in zip(SEVERITIES, store.window.lanes, strict=True):
            gauge("tocsin_gateway_window_rows", "Rows kept at hand.", severity=name).set(len(lane))
        rules = state.composer.rules
        gauge("tocsin_gateway_rule_problems", "Rule documents that are not loaded as they stand.").set(rules.problems)
        gauge("tocsin_gateway_rule_hashes_differ", "Replicas that judge by other rules.").set(len(rules.differ))
        counter("tocsin_gateway_alerts_total", "Alerts read live.").value = hub.taken
        counter("tocsin_gateway_undecodable_alerts_total", "Alerts that make no sense.").value = hub.undecodable
        counter("tocsin_gateway_frames_total", "Frames of alerts sent to clients.").value = sent.frames
        counter("tocsin_gateway_sent_rows_total", "Rows in them.").value = sent.rows
        counter("tocsin_gateway_folded_alerts_total", "Alerts within the row of another.").value = sent.folded
        counter("tocsin_gateway_left_out_alerts_total", "Alerts counted and not shown.").value = sent.left_out
        counter("tocsin_gateway_replays_total", "Clients that resumed.").value = sent.replays
        counter("tocsin_gateway_gaps_total", "Times a client could not resume.").value = sent.gaps
        counter("tocsin_gateway_snapshots_total", "Snapshots sent.").value = sent.snapshots
        counter("tocsin_gateway_silent_clients_total", "Clients dropped for silence.").value = live.closed_silent
        counter("tocsin_gateway_refused_clients_total", "Clients refused for want of room.").value = live.refused
        searches = store.search.refused
        counter("tocsin_gateway_refused_searches_total", "Searches refused for want of room.").value = searches
        for key, n in hub.old_filter_keys.items():
            text = "Filters of WebSocket clients with the former name of a field."
            counter("tocsin_gateway_old_filter_keys_total", text, key=key).value = n
        unread = state.reports.unreadable + state.rulebooks.unreadable
        counter("tocsin_gateway_undecodable_reports_total", "Reports that make no sense.").value = unread

    metrics.observe(refresh)
