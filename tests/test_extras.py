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
    """Return the settings of an interpreter that cannot import one of the packages of the extra."""
    missing = tmp_path / "missing"
    missing.mkdir()
    stub = f"raise ModuleNotFoundError('No module named {request.param}', name='{request.param}')\n"
    (missing / f"{request.param}.py").write_text(stub)
    return {"PYTHONPATH": str(missing)}


def test_single_sign_on_that_is_not_installed_is_told_before_anything_is_made(
    sqlite_url: str, without: dict[str, str], tmp_path: Path
) -> None:
    told = Shell(sqlite_url).run("serve", TIMELINE_PORT="0", **ISSUER, **without)

    assert (told.code, told.out) == (1, "")
    assert 'single sign-on is not installed: pip install "timeline[sso]"' in told.err
    assert SECRET not in told.err
    assert not (tmp_path / "timeline.sqlite").exists()


@pytest.mark.long
def test_without_single_sign_on_nothing_of_it_is_missed(without: dict[str, str], tmp_path: Path) -> None:
    with serving(tmp_path, **without) as site:
        site.post("/api/stories", {"slug": "a", "title": "A", "kind": "general", "timezone": "Europe/Berlin"})

    assert "authlib" not in (tmp_path / "stderr").read_text()
