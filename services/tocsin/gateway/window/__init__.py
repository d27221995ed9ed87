"""The live window: rows, counts and top values of recent alerts, in memory."""
