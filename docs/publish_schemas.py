"""A hook of mkdocs: the JSON Schemas that ship with the package stand beside the pages too."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PACKAGE = Path(__file__).parent.parent / "pytest_rlhfstress"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add each ``*.schema.json`` of the package at the top of the site."""
    for schema in sorted(PACKAGE.rglob("*.schema.json")):
        files.append(File.generated(config, schema.name, abs_src_path=str(schema)))
    return files
