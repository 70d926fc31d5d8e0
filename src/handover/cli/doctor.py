"""`handover doctor`: what keeps a gateway from working on this machine, and what to do about it."""

import json
import time

import typer

from handover.cli.gateway import DEFAULT, ConfigFile, Json
from handover.errors import ConfigError
from handover.gateway import config as configuration
from handover.gateway.doctor.findings import Finding, Level, fail, ok, worst

_MARKS = {Level.OK: ("ok  ", "green"), Level.WARN: ("warn", "yellow"), Level.FAIL: ("FAIL", "red")}


def doctor(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Check this machine and the configuration; every finding says what to do next. Changes nothing.

    Exit codes: 0 nothing is in the way, 1 something is, 2 the configuration cannot be used.
    """
    try:
        settings = configuration.load(config)
    except ConfigError as error:
        _show([fail("configuration", str(error), "correct the file, then ask again")], as_json)
        raise typer.Exit(2) from error
    from handover.gateway.doctor.adapters.machine import collect
    from handover.gateway.doctor.verdicts import examine

    findings = [ok("configuration", f"{config} can be used"), *examine(collect(settings, time.time()))]
    _show(findings, as_json)
    if worst(findings) is Level.FAIL:
        raise typer.Exit(1)


def _show(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        document = {"worst": worst(findings), "findings": [finding.plain() for finding in findings]}
        typer.echo(json.dumps(document, indent=2))
        return
    for finding in findings:
        mark, colour = _MARKS[finding.level]
        typer.echo(f"{typer.style(mark, fg=colour)}  {finding.subject:<14} {finding.text}")
        if finding.next_step:
            typer.echo(f"      {'':<14} next: {finding.next_step}")
