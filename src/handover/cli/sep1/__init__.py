"""`handover sep1`: read, write and watch SEP 1.x frames. One file per command beside this one."""

import typer

app = typer.Typer(no_args_is_help=True, help="Read, write and watch ZigBee Smart Energy 1.x.")
