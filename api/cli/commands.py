"""The commands of `clickledger`, and what becomes of their faults."""

import asyncpg
import typer
from tortoise.exceptions import BaseORMException

from api.cli import (
    accounts,
    backfill,
    erase,
    keys,
    links,
    migrate,
    rates,
    reparse,
    running,
    scenario,
    schema,
    serve,
    stripe,
    verify,
    workspaces,
)
from api.cli.demo import command as demo
from api.settings import ROWS, SettingError
from ingest.errors import IngestError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
app.command()(serve.serve)
app.command()(demo.demo)
app.command()(migrate.migrate)
app.command()(scenario.scenario)
app.command()(backfill.backfill)
app.command("gaps")(backfill.find_gaps)
app.command()(verify.verify)
app.command()(reparse.reparse)
app.command()(erase.erase)
app.add_typer(workspaces.app, name="workspaces")
app.add_typer(keys.app, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(links.app, name="links")
app.add_typer(rates.app, name="rates")
app.add_typer(stripe.app, name="stripe")
app.command()(schema.schema)


@app.callback(epilog="Settings, from the environment: " + ", ".join(row.name for row in ROWS) + ".")
def clickledger() -> None:
    """Clickledger ties every Stripe payment to the click that caused it, and says why.

    Start with `clickledger serve`: it makes a database in this folder, prints a pair of keys and the address of GraphiQL.
    """


def run() -> None:
    """Run the command line. Faults are one line on standard error: code 2 for what was typed or set, 1 for what happened."""
    try:
        code = app(prog_name="clickledger", standalone_mode=False)
    except typer.TyperException as error:
        if type(error).__name__ != "NoArgsIsHelpError":  # that one has shown the help; Typer does not export its class
            running.fail(Exception(f"{error.format_message()} See --help."), code=error.exit_code)
        code = error.exit_code
    except SettingError as error:
        running.fail(error, code=2)
    except (running.CommandError, IngestError) as error:
        running.fail(error)
    except (BaseORMException, asyncpg.PostgresError, OSError) as error:
        running.fail(Exception(f"the database does not do as asked: {error}"))
    raise SystemExit(code if isinstance(code, int) else 0)
