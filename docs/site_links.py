"""
Pages as a site: links that lead out of docs/, and the folders whose pages are all listed.

In: MkDocs's settings and pages.  Out: the same, with links that a site can follow.
Rule of this file: a link to what is not in the repository is a warning, which ends a strict build.
Source: https://www.mkdocs.org/user-guide/configuration/#hooks
"""

import logging
import re
from pathlib import Path
from typing import Any

LOG = logging.getLogger("mkdocs.hooks.site_links")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Replace each folder of the navigation by its pages, in the order of their names."""
    docs = Path(config.docs_dir)
    for entry in config.nav:
        for title, value in entry.items() if isinstance(entry, dict) else ():
            if isinstance(value, str) and (docs / value).is_dir():
                entry[title] = [f"{value}/{page.name}" for page in sorted((docs / value).glob("*.md"))]
    return config


def on_page_markdown(
    markdown: str,
    page: Any,
    config: Any,
    files: Any,  # noqa: ARG001 -- MkDocs gives it by this name
) -> str:
    """Return the page with links that the site can follow: to the repository where `repo_url` is set, else as text."""
    docs = Path(config.docs_dir)
    source = docs / page.file.src_uri

    def followed(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        if ":" in target:
            return link[0]
        path = (source.parent / target).resolve()
        if path.is_relative_to(docs) and path.suffix == ".md":
            return link[0]  # MkDocs checks it
        if not path.exists() or not path.is_relative_to(docs.parent):
            LOG.warning("%s links to %s, which is not in the repository", page.file.src_uri, target)
        if not config.repo_url:
            return text
        kind = "tree" if path.is_dir() else "blob"
        return f"[{text}]({config.repo_url.rstrip('/')}/{kind}/main/{path.relative_to(docs.parent)}{anchor})"

    return LINK.sub(followed, markdown)
