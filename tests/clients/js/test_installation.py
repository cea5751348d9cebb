"""Two test processes may want the JavaScript client at once; a made-up npm lets them meet in the middle."""

import os
import subprocess
import sys
from pathlib import Path

from tests.clients.js.installation import HERE

ROOT = HERE.parents[2]
NPM = """#!{python}
import pathlib, sys, time
here, meeting = pathlib.Path.cwd(), pathlib.Path({meeting!r})
(meeting / here.name).touch()
end = time.monotonic() + 30
while len(list(meeting.iterdir())) < 2:
    if time.monotonic() > end:
        sys.exit("the other never came")
    time.sleep(0.02)
(here / "node_modules").mkdir()
(here / "node_modules" / "jsforce").write_text(here.name)
"""
ASK = """
import pathlib, sys
from tests.clients.js import installation
installation.LOCAL = pathlib.Path(sys.argv[1])
print((installation.node_path() / "jsforce").read_text())
"""


def test_two_that_install_at_once_use_one_whole_installation(tmp_path: Path) -> None:
    tools, meeting, local = tmp_path / "tools", tmp_path / "meeting", tmp_path / "local"
    tools.mkdir()
    meeting.mkdir()
    for name in ("npm", "node"):
        (tools / name).write_text(NPM.format(python=sys.executable, meeting=str(meeting)))
        (tools / name).chmod(0o755)
    command = [sys.executable, "-c", ASK, str(local)]
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "CI": "true"}
    both = [
        subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=90) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert told[0][0] == told[1][0], "they do not use the same installation"
    [whole] = local.iterdir()
    assert whole.name.endswith("-whole"), "what was not needed is left behind"
