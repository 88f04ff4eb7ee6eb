"""JSON Schemas of the loop's messages."""

import json
from pathlib import Path

from semlink.signalling.layout import LAYOUTS
from semlink.signalling.messages import VERSION, Message
from semlink.store.files import write_whole


def schema_text(kind: type[Message]) -> str:
    """The schema of a message, as its file has it."""
    return json.dumps(kind.model_json_schema(), indent=2) + "\n"


def schema_files() -> dict[str, str]:
    """Schemas of all messages, by the names of their files."""
    return {
        f"{kind.__name__.lower()}.v{VERSION}.json": schema_text(kind)
        for kind in LAYOUTS
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write a file for each message."""
    folder.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for name, text in files.items():
        write_whole(folder / name, text.encode())
    return [folder / name for name in files]
