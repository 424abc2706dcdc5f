"""Which file is derived from what: the same list makes them and finds drift."""

from collections.abc import Mapping
from pathlib import Path

from schemas import source
from schemas.generate.reasons import source_of_reasons
from schemas.generate.records import source_of_records
from schemas.generate.topics_page import source_of_topics_page


def derived(folder: Path) -> Mapping[Path, str]:
    """Every derived file under the project's folder, and what it must hold."""
    schemas = source.records()
    return {
        folder / "schemas" / "records.py": source_of_records(schemas),
        folder / "schemas" / "reasons.py": source_of_reasons(source.reasons()),
        folder / "docs" / "topics.md": source_of_topics_page(),
    }


def drifted(folder: Path) -> list[Path]:
    """Derived files that are missing or do not hold what the contracts say."""
    return [path for path, text in derived(folder).items() if not path.is_file() or path.read_text() != text]
