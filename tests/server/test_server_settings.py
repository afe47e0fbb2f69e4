"""The settings of a server: parsed from a file, checked, and equal to those in the docs and the unit."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ewallet_core.commands.administration import serve_command
from ewallet_core.server.limits import Limits
from ewallet_core.server.settings import Rules, Settings, SettingsError, Storage, tables_of
from ewallet_core.types import Durability

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "serving.md").read_text()
UNIT = ROOT / "deploy" / "ewallet.service"
UNIT_SETTINGS = ROOT / "deploy" / "ewallet.toml"
DEPLOYED = "/opt/ewallet/bin/ewallet"

NAMES = [setting.name for setting in msgspec.structs.fields(Settings)]
TABLES = tables_of(Settings)
IN_TABLES = [setting.name for table in TABLES.values() for setting in msgspec.structs.fields(table)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ewallet.toml"


def read(file: Path, written: str) -> Settings:
    file.write_text(written)
    return Settings.read(file)


def test_missing_settings_have_defaults(file):
    settings = read(file, "host = '::1'\n[limits]\nconnections = 7\n[rules]\nstop_in_the_past = true\n")
    assert settings == Settings(host="::1", limits=Limits(connections=7), rules=Rules(stop_in_the_past=True))
    assert read(file, "[storage]\ndurability = 'normal'") == Settings(
        storage=Storage(durability=Durability.NORMAL)
    )
    assert read(file, "") == Settings()


def test_a_given_option_overrides_the_file(file):
    settings = read(file, "in_port = 1\nout_port = 2\nself_signed = true\n")
    chosen = settings.with_options({"in_port": 3, "out_port": None, "self_signed": False})
    assert (chosen.in_port, chosen.out_port, chosen.self_signed) == (3, 2, False)


def test_relative_paths_start_at_the_folder_of_the_file(file):
    settings = read(file, "tls_cert = 'a.pem'\ntls_key = '/b.pem'\ndatabase = 'sqlite:///c/d.sqlite3'\n")
    assert settings.given_certificate == (file.parent / "a.pem", Path("/b.pem"))
    assert settings.database == f"sqlite:///{file.parent}/c/d.sqlite3"
    assert read(file, "[backup]\nfolder = 'saved'\n").backup.folder == f"{file.parent}/saved"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:////a/b", "sqlite:///:memory:", "postgresql://a/b"])
def test_a_url_without_a_relative_path_is_unchanged(file, url):
    assert read(file, f"database = '{url}'\n").database == url


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("in_port = 80.5", "`in_port` can't be 80.5."),
        ("host = 8", "`host` can't be 8. It must be a name or an address of this machine"),
        ("in_port = 'x'", '`in_port` can\'t be "x". It must be a port from 0 to 65535'),
        ("out_port = 65536", "`out_port` can't be 65536."),
        ("in_port = 2026-11-21", "`in_port` can't be 2026-11-21."),
        ("in_port = inf", "`in_port` can't be inf."),
        ("database = ''", '`database` can\'t be "". It must be a URL'),
        ("tls_cert = true", "`tls_cert` can't be true. It must be the name of a file in PEM form"),
        ("self_signed = 'yes'", '`self_signed` can\'t be "yes". It must be true or false.'),
        ("port = 8080", "There is no setting `port`. The settings are: host, in_port, out_port, "),
        ("limits = 3", "`limits` is a table. Write its settings below a line `[limits]`."),
        ("rules = true", "`rules` is a table. Write its settings below a line `[rules]`."),
        (
            "[rules]\nlongest_session_days = 31",
            "`rules.longest_session_days` can't be 31. It must be a whole number from 0 to 30.",
        ),
        ("[rules]\nstop_in_the_past = 1", "`rules.stop_in_the_past` can't be 1. It must be true or false."),
        (
            "[storage]\ndurability = 'fast'",
            '`storage.durability` can\'t be "fast". It must be full or normal.',
        ),
        ("[storage]\ndurability = true", "`storage.durability` can't be true. It must be full or normal."),
        ("[limits]\nconnections = 0", "`limits.connections` can't be 0. It must be a whole number from 1 to"),
        ("[limits]\nloopback_is_exempt = 1", "`limits.loopback_is_exempt` can't be 1. It must be true or"),
        (
            "[backup]\nevery = '1 day'",
            '`backup.every` can\'t be "1 day". It must be an interval such as 30m,',
        ),
        ("[backup]\nkeep = 0", "`backup.keep` can't be 0. It must be a whole number from 1 to"),
        ("[limits]\nguests = 1", "There is no setting `limits.guests`. The settings are: connections, "),
        ("host = \n", "are not TOML: no value (at line 1, column 8). Correct that line."),
    ],
)
def test_an_invalid_setting_is_explained_with_the_valid_values(file, written, message):
    with pytest.raises(SettingsError, match=re.escape(message)) as refused:
        read(file, written)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "written", ["x = " + "[" * 100_000, f"in_port = {'9' * 5_000}", f"in_port = 0x{'f' * 5_000}"], ids=len
)
def test_a_value_beyond_its_maximum_is_explained(file, written):
    with pytest.raises(SettingsError, match="too long or too deeply nested"):
        read(file, written)


def test_a_byte_order_mark_is_ignored(file):
    file.write_text("in_port = 1\n", encoding="utf-8-sig")
    assert Settings.read(file).in_port == 1


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.org", "a\0b", "a b"], ids=repr)
def test_an_invalid_host_is_explained(host):
    with pytest.raises(SettingsError, match=r"`host` can't be .* It must be a name or an address"):
        Settings().with_options({"host": host, "insecure": True})


def test_a_file_that_is_not_text_is_explained(file):
    file.write_bytes(b"host = '\xff'")
    with pytest.raises(SettingsError, match="not text in UTF-8"):
        Settings.read(file)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_a_loopback_server_may_be_without_tls(host):
    assert not Settings().with_options({"host": host}).is_tls


def test_the_http_port_needs_a_tls_setting_too_if_other_machines_reach_it(file):
    settings = read(file, '[http]\nhost = "0.0.0.0"\n')
    with pytest.raises(SettingsError, match="without TLS"):
        settings.with_options({"http_port": 8090})
    assert settings.with_options({"http_port": 8090, "self_signed": True}).http.port == 8090
    assert settings.with_options({}).http.port is None


def test_http_has_a_port_of_its_own():
    with pytest.raises(SettingsError, match="port of its own"):
        Settings().with_options({"http_port": 8080})
    assert Settings().with_options({"in_port": 0, "out_port": 0, "http_port": 0}).http.port == 0


@pytest.mark.parametrize(
    "how", [{"self_signed": True}, {"tls_cert": "a", "tls_key": "b"}, {"insecure": True}], ids=str
)
def test_a_network_server_needs_a_tls_setting(how):
    assert Settings().with_options({"host": "0.0.0.0", **how}).host == "0.0.0.0"
    with pytest.raises(SettingsError, match="without TLS"):
        Settings().with_options({"host": "0.0.0.0"})


def test_every_setting_is_an_option():
    of_command = {option.name for option in serve_command.params}
    assert of_command == {"data_dir", "config", "http_port", *NAMES} - TABLES.keys()


# The docs


def test_the_example_in_the_docs_has_the_defaults(file):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert read(file, example) == Settings()
    lines = [line.lstrip("# ") for line in example.splitlines()]
    options = {line.partition(" = ")[0] for line in lines if " = " in line}
    assert options == {*NAMES, *IN_TABLES} - TABLES.keys()


# The systemd unit


def test_the_settings_of_the_unit_are_valid():
    assert Settings.read(UNIT_SETTINGS).with_options({}).is_tls


def test_the_command_of_the_unit_has_valid_options():
    ((command, *words),) = (
        shlex.split(line.removeprefix("ExecStart="))
        for line in UNIT.read_text().splitlines()
        if line.startswith("ExecStart=")
    )
    assert (command, words[0]) == (DEPLOYED, "serve")
    assert serve_command.make_context("serve", words[1:]).params["config"] == Path(
        "/etc/ewallet/ewallet.toml"
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_accepts_the_unit(tmp_path):
    installed = str(Path(sys.executable).with_name("ewallet"))
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(DEPLOYED, installed))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
