import logging

import app
from core.foundation import defect_log


def test_the_defect_of_a_page_is_kept_and_the_screen_names_no_path(tmp_path, monkeypatch, caplog):
    shown = []
    monkeypatch.setattr(app.st, "error", lambda *words, **more: shown.append(f"{words} {more}"))
    monkeypatch.setattr(defect_log, "_places", lambda: [tmp_path])
    with caplog.at_level(logging.ERROR):
        assert app.on_script_error(ValueError("odd"))
    (kept,) = tmp_path.glob("*.txt")
    assert "ValueError: odd" in kept.read_text("utf-8")
    assert str(kept) in caplog.text
    assert "log of the server" in shown[0]
    assert str(tmp_path) not in shown[0]
    assert "odd" not in shown[0]
