"""The gateway's own metrics, copied from the counters of its parts."""

import time

from tocsin.gateway.state import GatewayState
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.timestamps import NS_PER_MS
from tocsin.runtime.metrics import Metrics


def watch(metrics: Metrics, state: GatewayState) -> None:
    """Refresh *metrics* from the gateway whenever they are read."""

    def refresh() -> None:
        _set_gauges(metrics, state)
        _set_counters(metrics, state)

    metrics.observe(refresh)


def _set_gauges(metrics: Metrics, state: GatewayState) -> None:
    hub, store, gauge = state.hub, state.store, metrics.gauge
    nodes, rules = hub.visibility.nodes, state.composer.rules
    silent = nodes.silent(time.time_ns() // NS_PER_MS)
    delay = "From the collector reading an event to the gateway reading its alert, for the newest alert."
    gauge("tocsin_gateway_nodes", "Nodes that have sent events.").set(len(nodes))
    gauge("tocsin_gateway_silent_nodes", "Nodes that have stopped sending.").set(len(silent))
    gauge("tocsin_gateway_clients", "Browsers on the WebSocket.").set(len(state.broadcaster.sessions))
    gauge("tocsin_gateway_views", "Different filters among them.").set(hub.fanout.views)
    gauge("tocsin_gateway_read_sequence", "Last sequence of ALERTS that was read.").set(store.window.head)
    gauge("tocsin_gateway_waiting_alerts", "Alerts in the stream that are not yet read.").set(store.waiting)
    gauge("tocsin_gateway_delay_seconds", delay).set(hub.delay_ms / 1e3)
    for name, lane in zip(SEVERITIES, store.window.lanes, strict=True):
        gauge("tocsin_gateway_window_rows", "Rows in memory.", severity=name).set(len(lane))
    gauge("tocsin_gateway_rule_problems", "Rule documents with errors, which are not loaded.").set(rules.problems)
    gauge("tocsin_gateway_rule_hashes_differ", "Replicas that use other rules than the rest.").set(len(rules.differ))


def _set_counters(metrics: Metrics, state: GatewayState) -> None:
    hub, clients, counter = state.hub, state.broadcaster, metrics.counter
    sent, searches = hub.fanout.counts, state.store.search
    reports = state.service_reports.unreadable + state.rule_reports.unreadable
    counter("tocsin_gateway_alerts_total", "Alerts read live.").value = hub.taken
    counter("tocsin_gateway_undecodable_alerts_total", "Alerts that could not be decoded.").value = hub.undecodable
    counter(
        "tocsin_gateway_undecodable_reports_total", "Reports of services that could not be decoded."
    ).value = reports
    counter("tocsin_gateway_frames_total", "Frames of alerts sent to clients.").value = sent.frames
    counter("tocsin_gateway_sent_rows_total", "Rows in those frames.").value = sent.rows
    counter("tocsin_gateway_folded_alerts_total", "Alerts folded into the row of another alert.").value = sent.folded
    counter("tocsin_gateway_left_out_alerts_total", "Alerts counted and not shown.").value = sent.left_out
    counter("tocsin_gateway_replays_total", "Clients that resumed.").value = sent.replays
    counter("tocsin_gateway_gaps_total", "Times that a client could not resume.").value = sent.gaps
    counter("tocsin_gateway_snapshots_total", "Snapshots sent.").value = sent.snapshots
    text = "Clients closed because they sent nothing."
    counter("tocsin_gateway_silent_clients_total", text).value = clients.closed_silent
    text = "Clients refused because the limit was reached."
    counter("tocsin_gateway_refused_clients_total", text).value = clients.refused
    text = "Searches refused because too many were waiting."
    counter("tocsin_gateway_refused_searches_total", text).value = searches.refused
    text = "Filters with the former name of a field, on the WebSocket and in REST requests."
    for key, n in hub.old_filter_keys.items():
        counter("tocsin_gateway_old_filter_keys_total", text, key=key).value = n
