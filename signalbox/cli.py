"""
The command line: one module a group of commands under `signalbox/commands/`.

Rule of this file: it joins commands and does nothing else.
"""

from datetime import UTC, datetime

from signalbox.commands import common, run, topics
from signalbox.commands.log import make_log
from signalbox.commands.migrate import migrate
from signalbox.commands.publish import publish

app = common.group("Bring what sales teams do into Salesforce, exactly once or with a clear word why not.")
app.add_typer(run.app, name="run")
app.add_typer(topics.app, name="topics")
app.command()(publish)
app.command()(migrate)
app.command()(make_log(common.migrated_engine, lambda: datetime.now(UTC)))

if __name__ == "__main__":
    app()
