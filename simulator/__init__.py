"""
A simulated Salesforce org over HTTP.

In: org files. Out: `serve`, which answers as an org does, and refuses by name what it does not know.
Rule of this package: it imports nothing of ours, so that anyone can use it for tests of their own.
"""

from simulator.client import Control
from simulator.orgfile import OrgFile
from simulator.server import Running, serve

__all__ = ["Control", "OrgFile", "Running", "serve"]
