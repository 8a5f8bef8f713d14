"""The command line: a table of commands, each loaded when it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from scanner import __version__
from scanner.errors import UsageError

# name -> (module in scanner.cli, one line for the overview)
COMMANDS: Mapping[str, tuple[str, str]] = {
    "scan": ("scan", "Scan repositories, folders, files or standard input."),
    "init": ("init", "Propose a configuration, hooks, a CI job, and what to do with what is found."),
    "hook": ("hookhelp", "What is about to be committed or pushed: pre-commit, pre-push, pre-receive, commit-msg."),
    "accept": ("accept", "Record accepted findings: owner, reason, ticket, expiry."),
    "suppressions": ("suppressions", "List, check, prune, renew the accepted findings."),
    "artifact": ("artifact", "Check what is released: digests, provenance, source, content."),
    "attest": ("attest", "Scan what a policy requires, and sign what was found and read."),
    "verify": ("verify", "Check a signed assertion."),
    "gate": ("gate", "Judge a runbook's readiness items against their evidence."),
    "keygen": ("keygen", "Make a signing key and its public key."),
    "doctor": ("doctor", "What this machine has and lacks, and whether every reader works."),
    "sweep": ("sweep", "Read every repository of an inventory, only what is new, into a ledger."),
    "ledger": ("ledger", "Export, prune or check what sweeps have written down."),
    "review": ("review.command", "Open findings one by one, and a decision about each."),
    "redact": ("redact", "Copy a file with every secret masked."),
    "report": ("export", "Render a stored report in another format."),
    "compare": ("compare", "What is new, gone and moved between two reports."),
    "explain": ("explain", "Why something was found, how sure it is, what would make it quiet."),
    "remove-plan": ("removeplan", "How to take secrets out of a history, and prove that they are gone."),
    "import": ("imports", "Carry over baselines, rules and reports of other scanners."),
    "config": ("config", "Show what applies here, and the configuration's schema."),
    "completion": ("completion", "Print what a shell needs to complete commands."),
    "rules": ("rules", "List, show and check the rules."),
}


class Interrupted(BaseException):
    """A command was; click would say so with an empty line."""


class Lazy(click.Group):
    """A group whose commands are imported when they are run."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"scanner.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="leakseal", message="%(prog)s %(version)s")
def cli() -> None:
    """Find secrets, and prove what was read.

    Exit codes: 0 everything was read and nothing is open, 1 open findings, 2 asked wrongly, 3 something could not be read.
    """


def run(words: Sequence[str]) -> int:
    """The exit code of a command line; raises LeaksealError."""
    try:
        answer = cli.main(list(words), prog_name="leakseal", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message(), err=True)
        return UsageError.exit_code
    except click.ClickException as problem:
        context = getattr(problem, "ctx", None)
        name = context.command_path if context else "leakseal"
        raise UsageError(problem.format_message().rstrip(".").replace("\n", " "), hint=f"see `{name} --help`") from None
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except SystemExit as leave:  # the end of a completion, or click's answer to a closed pipe, with the code for open findings
        if not leave.code:
            return 0
        raise BrokenPipeError from None
    except (Interrupted, click.Abort):
        raise KeyboardInterrupt from None
    return answer if isinstance(answer, int) else 0
