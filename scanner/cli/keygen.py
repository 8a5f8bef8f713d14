"""`leakseal keygen`: a signing key and the public key that goes with it."""

from __future__ import annotations

import os
from pathlib import Path

import click

VARIABLE = "LEAKSEAL_PASSPHRASE"


def passphrase() -> bytes | None:
    """What protects the signing key, from the environment; None if it has no passphrase."""
    text = os.environ.get(VARIABLE, "")
    return text.encode("utf-8", "surrogateescape") or None


@click.command("keygen")
@click.argument("name", metavar="NAME")
@click.option("--prompt", is_flag=True, help=f"Ask for the passphrase instead of reading {VARIABLE}.")
@click.option("--public-of", "uri", metavar="URI", help="Make only NAME.pub, from a key on a token: hsm:ID?label=TOKEN.")
def command(name: str, prompt: bool, uri: str | None) -> int:
    """Make NAME.key, which signs and is yours alone, and NAME.pub, which verifies.

    The key is ECDSA on P-256 in PEM. LEAKSEAL_PASSPHRASE protects it, here and wherever it signs; of a token it is the PIN.
    """
    from scanner.attest.keys import generate

    said = passphrase()
    if prompt:
        said = str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)).encode()
    if uri:
        from scanner.attest.signers import export

        click.echo(f"{name}.pub  {export(uri, Path(f'{name}.pub'), said).id}")
        return 0
    made = generate(Path(f"{name}.key"), Path(f"{name}.pub"), said)
    click.echo(f"{name}.pub  {made.id}")
    if said is None:
        click.echo(f"leakseal: {name}.key has no passphrase\n  next: keep it where only the release job can read it", err=True)
    return 0
