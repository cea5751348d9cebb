"""The pages as a site: what `make docs` builds."""

import importlib.util
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.contract.docs import pages

DOCS = str(pages.DOCS)


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_links", pages.DOCS / "site_links.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(hooks: ModuleType, markdown: str, *, repository: str = "", page: str = "operators.md") -> str:
    config = SimpleNamespace(docs_dir=DOCS, repo_url=repository)
    text: str = hooks.on_page_markdown(markdown, SimpleNamespace(file=SimpleNamespace(src_uri=page)), config, None)
    return text


@pytest.mark.outside
def test_the_site_is_built_strictly_with_every_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "SIGNALBOX_REPOSITORY": ""}
    built = subprocess.run(command, cwd=pages.ROOT, env=environment, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    wanted = {page.relative_to(pages.DOCS).with_suffix("").as_posix() for page in pages.DOCS.rglob("*.md")}
    found = {page.parent.relative_to(tmp_path).as_posix() for page in tmp_path.rglob("*/index.html")}
    assert wanted - {"index"} <= found
    assert not list(tmp_path.rglob("*.toml"))


def test_a_link_out_of_the_pages_leads_to_the_repository_where_one_is_named(hooks: ModuleType) -> None:
    link = "[the table](../schemas/topics.py#x), [books](runbooks)"
    assert shown(hooks, link) == "the table, books"
    assert shown(hooks, link, repository="https://example.com/s/") == (
        "[the table](https://example.com/s/blob/main/schemas/topics.py#x), "
        "[books](https://example.com/s/tree/main/docs/runbooks)"
    )


def test_links_between_pages_and_to_other_sites_stay(hooks: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    link = "[a](promise.md#x) [b](https://example.com/x) [c](#d) ![e](../README.md)"
    assert shown(hooks, link) == link
    assert not caplog.records


@pytest.mark.parametrize("target", ["../schemas/gone.py", "../../outside.py"])
def test_a_link_to_what_is_not_there_is_a_warning(
    hooks: ModuleType, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "mkdocs"):
        assert shown(hooks, f"[x]({target})") == "x"
    assert [record.name for record in caplog.records] == ["mkdocs.hooks.site_links"]
