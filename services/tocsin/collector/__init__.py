"""In: lines of Tetragon's export, from a source. Out: one message of EVENTS (or one dead letter) for each.

Promise: every line is stored once, or counted with its reason; the checkpoint never passes what JetStream acknowledged.
"""
