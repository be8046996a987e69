"""Write schemas/v1 anew from the model: `make schemas`."""

from __future__ import annotations

from pathlib import Path

from ledger.model.schema import schemas

if __name__ == "__main__":
    folder = Path(__file__).parent / "v1"
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*.schema.json"):
        stale.unlink()
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"{folder.name}/{name}")
