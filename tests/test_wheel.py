"""What a newsroom installs is the wheel, so the wheel is what is tried here."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

CHECKOUT = Path(__file__).parent.parent
HERE = Path(sys.executable).parent


@pytest.mark.long
def test_the_installed_wheel_serves_the_stories_outside_the_checkout(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    _install(_build(tmp_path / "wheel"), environment)
    newsroom = tmp_path / "newsroom"
    newsroom.mkdir()

    with _serving(environment / "bin" / "timeline", newsroom) as (address, server):
        page = _await(f"{address}/stories/97th-academy-awards", server, newsroom / "log")

    assert "Academy Awards" in page


def _build(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=CHECKOUT, check=True
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def _install(wheel: Path, environment: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    uv = shutil.which("uv", path=HERE)
    pip = (uv, "pip", "install", "--python", python) if uv else (python, "-m", "pip", "install")
    subprocess.run([*pip, "--require-hashes", "-r", CHECKOUT / "requirements" / "run.txt"], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)


@contextmanager
def _serving(timeline: Path, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run `timeline serve` in the folder, on an empty database and a free port; lend its address and process."""
    port = _free_port()
    settings = {
        "TIMELINE_HOST": "127.0.0.1",
        "TIMELINE_PORT": str(port),
        "TIMELINE_DATABASE_URL": f"sqlite:///{folder / 'timeline.sqlite'}",
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TIMELINE_"))}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [timeline, "serve"], cwd=folder, env=ours | settings, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            raise


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(url, timeout=10) as answer:
                return str(answer.read(), "utf-8")
        except URLError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{url}: {error}\n{log.read_text(errors='replace')}")
            time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
