"""The settings: typed, with a default each, and named by their variable where they cannot be used."""

import pytest

from commands import Shell
from timeline.settings import BadSettings, read_settings

BAD = [
    *(("TIMELINE_PORT", value) for value in ("http", "-1", "65536", "", "80.5", "\u0668x")),
    *(("TIMELINE_THREADS", value) for value in ("0", "99999", "many")),
    *(("TIMELINE_WORKERS", value) for value in ("0", "65", "")),
    *(("TIMELINE_WORKER", value) for value in ("", "asyncio", "gevent")),  # The database is SQLite, if none is named.
    *(("TIMELINE_PROXIES", value) for value in ("-1", "10", "")),
    ("TIMELINE_HOST", ""),
    *(("TIMELINE_DATABASE_URL", value) for value in ("", "nonsense", "postgresql://h:port/d")),
    ("TIMELINE_OIDC_CLIENT_ID", ""),
    ("TIMELINE_OIDC_CLIENT_SECRET", ""),
]
PROVIDER = {
    "TIMELINE_OIDC_ISSUER": "https://login.example.org/realm",
    "TIMELINE_OIDC_CLIENT_ID": "the desk",
    "TIMELINE_OIDC_CLIENT_SECRET": "hunter2",
}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away whatever settings this machine has."""
    for name in (
        "DATABASE_URL",
        "HOST",
        "PORT",
        "THREADS",
        "WORKERS",
        "WORKER",
        "PROXIES",
        "OIDC_ISSUER",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
    ):
        monkeypatch.delenv(f"TIMELINE_{name}", raising=False)


def test_without_any_setting_there_is_an_embedded_database_in_a_folder_of_its_own() -> None:
    settings = read_settings()

    assert settings.database_url == "sqlite:///.timeline/timeline.sqlite"
    assert (settings.host, settings.port, settings.workers, settings.proxies) == ("127.0.0.1", 8000, 1, 0)


def test_settings_come_from_the_environment_with_their_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMELINE_PORT", "0")
    monkeypatch.setenv("TIMELINE_HOST", "::1")
    monkeypatch.setenv("PORT", "7")

    assert (read_settings().port, read_settings().host) == (0, "::1")


def test_a_process_holds_as_many_streams_as_threads_or_ten_thousand_by_greenlets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIMELINE_DATABASE_URL", "postgresql://host/name")
    monkeypatch.setenv("TIMELINE_THREADS", "7")
    assert read_settings().streams == 7

    monkeypatch.setenv("TIMELINE_WORKER", "gevent")
    assert read_settings().streams == 10_000


def test_greenlets_are_for_postgresql_since_on_sqlite_they_would_wait_for_each_other_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIMELINE_WORKER", "gevent")
    with pytest.raises(BadSettings, match=r"TIMELINE_WORKER: .*gevent needs PostgreSQL"):
        read_settings()

    monkeypatch.setenv("TIMELINE_DATABASE_URL", "postgresql://host/name")
    assert read_settings().worker == "gevent"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_address_needs_no_driver_s_name(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("TIMELINE_DATABASE_URL", f"{scheme}://ana:p%40ss@host:5432/name?sslmode=require")

    assert read_settings().database_url == "postgresql+psycopg://ana:p%40ss@host:5432/name?sslmode=require"


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(BadSettings, match=f"{name}: "):
        read_settings()


def test_all_bad_settings_are_named_at_once(sqlite_url: str) -> None:
    told = Shell(sqlite_url).type("stories", TIMELINE_PORT="http", TIMELINE_WORKERS="0")

    assert (told.code, told.out) == (1, "")
    first, *rest = told.err.splitlines()
    assert first == "Error: the settings cannot be used:"
    assert sorted(line.split(":")[0].strip() for line in rest) == ["TIMELINE_PORT", "TIMELINE_WORKERS"]


def test_a_setting_s_value_is_not_repeated_since_it_may_hold_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMELINE_PORT", "hunter2")

    with pytest.raises(BadSettings) as caught:
        read_settings()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("missing", PROVIDER)
def test_a_provider_of_sign_ons_is_set_up_wholly_or_not_at_all(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    assert read_settings().oidc_issuer is None
    for name in PROVIDER.keys() - {missing}:
        monkeypatch.setenv(name, PROVIDER[name])

    with pytest.raises(BadSettings, match="all, or none"):
        read_settings()


@pytest.mark.parametrize(
    "issuer", [PROVIDER["TIMELINE_OIDC_ISSUER"], "http://127.0.0.1:8080", "http://[::1]/", "http://localhost/a"]
)
def test_a_provider_is_asked_over_tls_or_on_this_machine(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    for name, value in (PROVIDER | {"TIMELINE_OIDC_ISSUER": issuer}).items():
        monkeypatch.setenv(name, value)

    assert read_settings().oidc_issuer == issuer
    assert "hunter2" not in repr(read_settings())


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "login.example.org",
        "http://login.example.org",
        "http://127.0.0.1.example.org",
        "http://localhost@login.example.org",
        "https://",
        "https://login.example.org?tenant=1",
        "https://login.example.org/#",
        "https://login.example.org:port",
        "https://login.example.org/ realm",
        "javascript:alert(1)",
    ],
)
def test_an_issuer_that_others_could_answer_for_is_refused(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    for name, value in (PROVIDER | {"TIMELINE_OIDC_ISSUER": issuer}).items():
        monkeypatch.setenv(name, value)

    with pytest.raises(BadSettings, match="TIMELINE_OIDC_ISSUER: ") as caught:
        read_settings()

    assert "hunter2" not in str(caught.value)
