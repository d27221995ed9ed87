"""Names of the metrics that one service makes and another one reads: the gateway shows them as its pipeline.

The module that makes a metric names it, if no other service reads it.
"""

COLLECTOR_RECEIVED_LINES = "tocsin_collector_received_lines_total"
COLLECTOR_RECEIVED_BYTES = "tocsin_collector_received_bytes_total"
COLLECTOR_STORED_EVENTS = "tocsin_collector_stored_events_total"
COLLECTOR_DEAD_LETTERS = "tocsin_collector_dead_letters_total"
COLLECTOR_VANISHED_FILES = "tocsin_collector_vanished_files_total"
COLLECTOR_VANISHED_BYTES = "tocsin_collector_vanished_bytes_total"
COLLECTOR_UNSETTLED_LINES = "tocsin_collector_unsettled_lines"
COLLECTOR_LAG_BYTES = "tocsin_collector_lag_bytes"

AGENT_PREFIX = "tocsin_collector_agent_"
"""What a collector passes on of its agents' own metrics, by node."""
AGENT_EXPORTED_EVENTS = "tocsin_collector_agent_exported_events_total"
AGENT_LOST_EVENTS = "tocsin_collector_agent_lost_events_total"
AGENT_THROTTLED_CGROUPS = "tocsin_collector_agent_throttled_cgroups_total"
AGENT_AGE = "tocsin_collector_agent_age_seconds"

CLASSIFIER_RECEIVED_EVENTS = "tocsin_classifier_received_events_total"
CLASSIFIER_PUBLISHED_ALERTS = "tocsin_classifier_published_alerts_total"
CLASSIFIER_DEAD_LETTERS = "tocsin_classifier_buried_events_total"
CLASSIFIER_HELD_EVENTS = "tocsin_classifier_held_events"
CLASSIFIER_WAITING_ALERTS = "tocsin_classifier_waiting_alerts"
CLASSIFIER_EVENT_LAG = "tocsin_classifier_event_lag_seconds"

CORRELATOR_RECEIVED_SIGNALS = "tocsin_correlator_received_signals_total"
CORRELATOR_UNREAD_SIGNALS = "tocsin_correlator_unread_signals_total"
CORRELATOR_RAISED_ALERTS = "tocsin_correlator_raised_alerts_total"
CORRELATOR_LAG_MESSAGES = "tocsin_correlator_lag_messages"
