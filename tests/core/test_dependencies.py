"""Every dependency has its reason written down, and nothing is written down that is not one."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;~! ]", requirement, maxsplit=1)[0] for requirement in requirements}


def test_the_page_names_exactly_the_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = named(project["dependencies"])
    for requirements in project["optional-dependencies"].values():
        wanted |= named(requirements)
    rows = [line for line in (ROOT / "docs/dependencies.md").read_text().splitlines() if line.startswith("| `")]
    cells = {row: row.split("|") for row in rows}
    found: set[str] = set()
    for row, parts in cells.items():
        column = parts[1] if len(parts) == 5 else parts[2]
        found |= set(re.findall(r"`([^`]+)`", column))
        assert parts[-2].strip(), f"no reason is given: {row}"
    assert found == wanted
