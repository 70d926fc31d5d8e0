"""`python -m handover` is the `handover` command."""

from handover.cli.main import app

app()
