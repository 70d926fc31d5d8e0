"""`handover sep1`: read, write and watch SEP 1.x frames. One file per command beside this one."""

import typer

from handover.cli.sep1 import ota
from handover.cli.sep1.decode import decode, encode
from handover.cli.sep1.install_code import install_code
from handover.cli.sep1.sniff import sniff

app = typer.Typer(no_args_is_help=True, help="Read, write and watch ZigBee Smart Energy 1.x.")
app.command("decode")(decode)
app.command("encode")(encode)
app.command("install-code")(install_code)
app.add_typer(ota.app, name="ota")
app.command("sniff")(sniff)
