"""`handover update`: new versions of the gateway's own software, and the repository that they come from."""

import typer

from handover.cli.update import device, publisher

app = typer.Typer(
    no_args_is_help=True,
    help="Update the gateway's own software, signed, with two slots and a way back; "
    "or publish versions of it.",
)
for command in (device.check, device.apply, device.commit, device.rollback, device.status, device.preflight):
    app.command()(command)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(device.boot)
app.command("init-repo")(publisher.init_repo)
for publishing in (publisher.bundle, publisher.add, publisher.renew):
    app.command()(publishing)
