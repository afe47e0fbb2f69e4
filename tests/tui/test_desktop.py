"""What the desktop is told, and that nobody's words in it can do more than be read."""

import pytest

from ewallet_tui.notifications import desktop_sequence


@pytest.mark.parametrize(
    ("environment", "sequence"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;EWallet: Out of time. Stopped\a"),
        ({"TERM": "foot"}, "\x1b]777;notify;Out of time;Stopped\a"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;notify;Out of time;Stopped\a"),
        (
            {"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"},
            "\x1bPtmux;\x1b\x1b]9;EWallet: Out of time. Stopped\a\x1b\\",
        ),
        ({"TERM": "linux"}, ""),
        ({}, ""),
    ],
)
def test_each_terminal_is_asked_in_its_own_way(environment, sequence):
    assert desktop_sequence("Out of time.", "Stopped.", environment) == sequence


@pytest.mark.parametrize("terminal", ["xterm-256color", "foot"])
def test_words_can_neither_end_the_sequence_nor_begin_another(terminal):
    hostile = "a;b\a\x1b]52;c;eA==\x1b\\\x9c\n[red]" + "x" * 10_000
    sequence = desktop_sequence(hostile, hostile, {"TERM": terminal})
    body = sequence.removeprefix("\x1b]").removesuffix("\a")
    assert body.isprintable()
    assert len(body) < 500
    assert body.count(";") == (3 if terminal == "foot" else 1)


@pytest.fixture
def written(monkeypatch):
    """What an app writes to its terminal beside its picture."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("VTE_VERSION", raising=False)

    def of(app):
        kept = []
        monkeypatch.setattr(app._driver, "write", kept.append)
        # Without a terminal there is none.
        monkeypatch.setattr(app, "bell", lambda: kept.append("\a"))
        return kept

    return of


@pytest.mark.parametrize(("desktop", "bell"), [(True, False), (False, True)])
async def test_bell_and_desktop_are_heard_as_the_settings_say(opened, instant, written, desktop, bell):
    async with opened(desktop_notifications=desktop, bell=bell) as person:
        await person.register()
        heard = written(person.app)
        await person.have_running_timer(6)
        instant.pass_by(minutes=2)
        await person.app.context.store.refresh()
        await person.wait_until(lambda: "4:00 left" in person.toasts)
        assert any("]9;EWallet: ! 4:00 left" in text for text in heard) is desktop
        assert ("\a" in heard) is bell
        heard.clear()
        instant.pass_by(minutes=5)
        person.app.context.timers.pass_second()
        await person.wait_until(lambda: "Out of time" in person.toasts)
        assert any("Out of time" in text for text in heard) is desktop
        assert ("\a" in heard) is bell
