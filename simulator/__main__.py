"""
Entry: `python -m simulator`.

In: ports and org files. Out: one line with the addresses, then answers until SIGTERM.
Rule of this file: arguments and signals only.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from simulator import orgfile, tls
from simulator.server import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    parser = argparse.ArgumentParser(prog="simulator", description="A simulated Salesforce org.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="of the API; 0: a free one")
    parser.add_argument("--control-port", type=int, default=8081, help="of the control endpoint; 0: a free one")
    parser.add_argument("--org", action="append", type=Path, default=[], metavar="FILE", help="an org file; repeatable")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="serve HTTPS; the CA is written there as ca.pem")
    given = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        files = [orgfile.load(item) for item in given.org]
        context = tls.context(given.tls, given.host) if given.tls else None
        with serve(files, host=given.host, port=given.port, control_port=given.control_port, tls=context) as running:
            own = "".join(f" {file.name} {running.origin(file.name)}" for file in files)
            sys.stdout.write(f"simulator: API {running.url} control {running.control_url}{own}\n")
            sys.stdout.flush()
            stop.wait()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
