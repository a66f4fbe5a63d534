"""What is optional is no more than that: everything else works without it, and its lack is told at the start."""

from pathlib import Path

import pytest

from commands import Shell
from provider import CLIENT, SECRET
from sites import serving

ISSUER = {
    "TIMELINE_OIDC_ISSUER": "https://login.example.org",
    "TIMELINE_OIDC_CLIENT_ID": CLIENT,
    "TIMELINE_OIDC_CLIENT_SECRET": SECRET,
}


@pytest.fixture(params=["authlib", "joserfc", "requests"])
def without(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return the settings of an interpreter that cannot import one of the packages of single sign-on."""
    return _lacking(request.param, tmp_path)


def test_single_sign_on_that_is_not_installed_is_told_before_anything_is_made(
    sqlite_url: str, without: dict[str, str], tmp_path: Path
) -> None:
    told = Shell(sqlite_url).run("serve", TIMELINE_PORT="0", **ISSUER, **without)

    assert (told.code, told.out) == (1, "")
    assert 'single sign-on is not installed: pip install "timeline[sso]"' in told.err
    assert SECRET not in told.err
    assert not (tmp_path / "timeline.sqlite").exists()


def test_greenlets_that_are_not_installed_are_told(postgres_url: str, tmp_path: Path) -> None:
    settings = _lacking("gevent", tmp_path)

    told = Shell(postgres_url).run("serve", TIMELINE_PORT="0", TIMELINE_WORKER="gevent", **settings)

    assert (told.code, told.out) == (1, "")
    assert 'TIMELINE_WORKER: gevent is not installed: pip install "timeline[gevent]"' in told.err


@pytest.mark.long
def test_without_single_sign_on_nothing_of_it_is_missed(without: dict[str, str], sqlite_url: str) -> None:
    with serving(Shell(sqlite_url), **without) as site:
        site.post("/api/stories", {"slug": "a", "title": "A", "kind": "general", "timezone": "Europe/Berlin"})


def _lacking(package: str, folder: Path) -> dict[str, str]:
    """Return the settings of an interpreter that cannot import a package."""
    missing = folder / "missing"
    missing.mkdir()
    stub = f"raise ModuleNotFoundError('No module named {package}', name='{package}')\n"
    (missing / f"{package}.py").write_text(stub)
    return {"PYTHONPATH": str(missing)}
