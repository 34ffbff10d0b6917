"""The switch of compiled reads: on, but for a measurement of what they save."""

enabled = True
