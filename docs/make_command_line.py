"""Write ``docs/command_line.md`` from the parser, which a test compares: run it after a change."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrcl_geo.cli._main import parser

PAGE = Path(__file__).parent / "command_line.md"
HEAD = """# Command line

Made from the parser by `docs/make_command_line.py`. Exit codes: 0 done, 1 a bug, 2 bad input (one line says
what is wrong, what was found, what to do), 3 another process of the run ended, 130 interrupted, 143
terminated.
"""


def page() -> str:
    """The whole page."""
    actions = parser()._actions
    commands = next(a for a in actions if isinstance(a, argparse._SubParsersAction))
    about = {choice.dest: choice.help for choice in commands._choices_actions}
    parts = [section(name, about[name], command) for name, command in commands.choices.items()]
    return "\n".join([HEAD, *parts])


def section(name: str, about: str | None, command: argparse.ArgumentParser) -> str:
    """One command: what it does, and its arguments as a table."""
    actions = [a for a in command._actions if not isinstance(a, argparse._HelpAction)]
    rows = [row(action) for action in actions]
    text = f"{(about or '').capitalize()}. {command.description or ''}".strip()
    table = ["| argument | meaning |", "|---|---|", *rows]
    return "\n".join([f"## scrcl-geo {name}", "", text, "", *table, ""])


def row(action: argparse.Action) -> str:
    """One argument: names, values, whether it has to be given, default."""
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    if action.option_strings:
        takes = "" if action.nargs == 0 else f" {value or action.dest.upper()}"
        shown = ", ".join(action.option_strings) + takes
    else:
        shown = str(value or action.dest)
    meaning = (action.help or "").replace("%(default)s", str(action.default))
    if action.option_strings and action.required:
        meaning += "; has to be given"
    elif action.default not in (None, False, argparse.SUPPRESS) and "default" not in meaning:
        meaning += f" (default {action.default})"
    escaped = shown.replace("|", "\\|")
    return f"| `{escaped}` | {meaning.strip()} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
