"""The Faust agents, one per input topic. The command `worker` hands them to the worker; nothing below imports them."""
