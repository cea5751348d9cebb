"""
The command line: one module a group of commands under `signalbox/commands/`.

Rule of this file: it joins commands and does nothing else.
"""

from datetime import UTC, datetime

from signalbox.commands import common, dead_letters, match, org, run, schemas, topics
from signalbox.commands.check import check
from signalbox.commands.demo import demo
from signalbox.commands.import_ import import_
from signalbox.commands.log import make_log
from signalbox.commands.lookup import lookup
from signalbox.commands.migrate import migrate
from signalbox.commands.publish import publish
from signalbox.commands.simulator import simulator
from signalbox.commands.why import make_why

app = common.group("Bring what sales teams do into Salesforce, exactly once or with a clear word why not.")
app.add_typer(run.app, name="run")
app.add_typer(topics.app, name="topics")
app.add_typer(org.app, name="org")
app.add_typer(match.app, name="match")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(schemas.schemas, name="schemas")
app.add_typer(schemas.integrations, name="integrations")
app.command()(check)
app.command()(lookup)
app.command()(publish)
app.command("import")(import_)
app.command()(migrate)
app.command()(demo)
app.command()(make_why(common.migrated_engine))
app.command()(make_log(common.migrated_engine, lambda: datetime.now(UTC)))
app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    simulator
)

if __name__ == "__main__":
    app()
