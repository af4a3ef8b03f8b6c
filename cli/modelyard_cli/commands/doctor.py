"""`modelyard doctor`: look for what is missing or wrong on this machine."""

import typer


def doctor() -> None:
    """Look for what is missing or wrong on this machine, and say how to mend it. Exit code 1 if something has to be mended."""
    from modelyard_local.diagnosis import doctor  # noqa: PLC0415  a quarter of a second
    from modelyard_local.diagnosis.doctor import examine  # noqa: PLC0415  a quarter of a second
    from modelyard_local.diagnosis.facts import Level  # noqa: PLC0415  a quarter of a second
    from modelyard_local.home import home  # noqa: PLC0415  a quarter of a second
    from rich.console import Console  # noqa: PLC0415  with all that follows a quarter of a second
    from rich.markup import escape  # noqa: PLC0415  a quarter of a second
    from rich.table import Table  # noqa: PLC0415  a quarter of a second

    console = Console(highlight=False)
    with console.status("looking (importing PyTorch and MLflow takes a few seconds)"):
        findings = doctor.judge(examine(home()))
    colours = {Level.OK: "green", Level.HINT: "yellow", Level.PROBLEM: "red"}
    table = Table("Check", "", "What", "Fix", box=None, pad_edge=False)
    for each in findings:
        table.add_row(each.check, f"[{colours[each.level]}]{each.level}[/]", escape(each.what), escape(each.fix))
    console.print(table)
    if not doctor.is_healthy(findings):
        raise typer.Exit(1)
