from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.dashboard.export import MAX_CLIPBOARD_BASE64, TableExport, clipboard_text, write_new_file


@pytest.mark.parametrize("cell", ["0123456789" * 10, "µ" * 50])
def test_rows_beyond_the_clipboard_limit_are_left_out_and_counted(cell: str) -> None:
    extract = TableExport("rows", ("a", "b"), lambda: [(str(number), cell) for number in range(2000)])
    text, rows, of = clipboard_text(extract)
    assert of == 2000
    assert 0 < rows < of
    assert len(text.splitlines()) == rows + 1
    assert text.splitlines()[-1].split("\t") == [str(rows - 1), cell]
    encoded = -(-len(text.encode()) // 3) * 4
    assert MAX_CLIPBOARD_BASE64 - 200 < encoded <= MAX_CLIPBOARD_BASE64


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    paths = [write_new_file(tmp_path, "ovtui", ".csv", str(number)) for number in range(3)]
    assert [path.name for path in paths] == ["ovtui.csv", "ovtui-2.csv", "ovtui-3.csv"]
    assert [path.read_text() for path in paths] == ["0", "1", "2"]
