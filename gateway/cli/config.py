"""`coterie config`: check experts.yaml, and print its JSON schema for editors."""

from __future__ import annotations

import typer

from gateway.cli.shell import ConfigOption, configured, print_json
from gateway.experts import Experts
from gateway.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Check experts.yaml; print its JSON schema.")


@app.command()
def check(config: ConfigOption = None) -> None:
    """Read experts.yaml as `serve` would, and say what is in it."""
    settings = load_settings(config=config)
    found = configured(settings)
    present, policies = len(found.pool.present), ", ".join(found.experts.policies) or "none"
    print(f"{settings.config}: {len(found.pool.members)} experts, {present} of them can be asked; policies: {policies}")
    for name, member in found.pool.members.items():
        if member.absent:
            print(f"  {name} is left out: {member.absent}")
    for name, policy in found.experts.policies.items():
        if policy.budget is not None:
            print(f"  {name} keeps within its budget with: {', '.join(policy.experts or ())}")


@app.command()
def schema() -> None:
    """The JSON schema of experts.yaml."""
    described = Experts.model_json_schema()
    described["$defs"]["Expert"]["required"] = ["name"]  # the rest may stand in `defaults`
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "experts.yaml", **described})
