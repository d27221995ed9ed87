"""In: lines of Tetragon's export, from a source. Out: one message of EVENTS, or one dead letter, for each line.

Promise: each line is stored once, or counted with a reason; the checkpoint never passes what JetStream acknowledged.
"""
