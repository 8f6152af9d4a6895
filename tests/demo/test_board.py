"""The board of a demo is opened in a browser that has a window, and in no other."""

import webbrowser

import pytest

from picustream.demo.board import show


@pytest.mark.parametrize(("display", "terminal", "opened"), [("", True, 0), (":0", False, 0), (":0", True, 1)])
def test_a_browser_of_the_terminal_is_never_opened(
    monkeypatch: pytest.MonkeyPatch, display: str, terminal: bool, opened: int
) -> None:
    calls: list[str] = []
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(webbrowser, "open", lambda address: not calls.append(address))
    assert show("http://127.0.0.1:1/ward") is bool(opened)
    assert len(calls) == opened
