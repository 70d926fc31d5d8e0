"""`handover sep2`: speak to a SEP 2.0 server as a client does. One file per command beside this one."""

import typer

from handover.cli.sep2.discover import discover
from handover.cli.sep2.get import get, post, put
from handover.cli.sep2.subscribe import subscribe
from handover.cli.sep2.walk import walk

app = typer.Typer(no_args_is_help=True, help="Speak to a SEP 2.0 server as a client does.")
app.command("get")(get)
app.command("put")(put)
app.command("post")(post)
app.command("walk")(walk)
app.command("subscribe")(subscribe)
app.command("discover")(discover)
