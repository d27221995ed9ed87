"""Answers to REST requests, computed from the live window and the stream."""
