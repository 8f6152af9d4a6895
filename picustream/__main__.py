"""`python -m picustream` is the command `picustream`."""

from picustream.commands.main import run

run()
