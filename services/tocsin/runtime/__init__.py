"""What surrounds each service in the same way: settings, start and stop, logs, metrics, health and the ledger."""
