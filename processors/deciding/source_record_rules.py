"""
The situations of a record of the source: whether it is linked with a record of the org, and has a key to match by.

Rule of this file: data alone; the tables that use it are in the folders of prospects and of field sales.
"""

LINK = ("linked", "gone", "unlinked", "anonymous")
"""
The record that the source's own is linked with is there, or is deleted; there is none yet, and the person has a key or
has none.
"""
