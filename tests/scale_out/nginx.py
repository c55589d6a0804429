"""Debian's nginx with the files of deploy/nginx; only names, ports and the certificate are of the tests."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.settings import ROOT

SHIPPED = ROOT / "deploy" / "nginx"
HOST = "127.0.0.1"
STARTS_WITHIN = 10
"""Seconds."""

HOW_TO = "The scale-out tests need nginx, and none was found. Install your system's package: `apt install nginx`."

MAIN = """
{user}
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 1024; }}
http {{
    log_format tests '$status $request_method $request_uri $upstream_addr';
    access_log access.log tests;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include conf.d/*.conf;
}}
"""
"""What the distribution's nginx.conf does, with all files in one folder."""


class Nginx:
    """nginx in a folder of its own, in front of `workers` ("host:port"); in front of the shipped ones without them."""

    def __init__(self, folder: Path, workers: Sequence[str] = ()) -> None:
        self._program = find_nginx()
        self._folder = folder
        self.port, plain = free_port(), free_port()
        self.address = f"https://{HOST}:{self.port}"
        self.plain_address = f"http://{HOST}:{plain}"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "conf.d").mkdir()
        user = "user root;" if os.geteuid() == 0 else ""  # else it can't read its own folder
        (folder / "nginx.conf").write_text(MAIN.format(user=user))
        shutil.copytree(SHIPPED / "snippets", folder / "snippets")
        if workers:
            file = folder / "snippets" / "klantkompas-workers.conf"
            limits = re.search(r"max_fails=.*;", file.read_text())
            assert limits is not None
            file.write_text("".join(f"server {worker} {limits[0]}\n" for worker in workers))
        shipped = (SHIPPED / "klantkompas.conf").read_text()
        (folder / "conf.d" / "klantkompas.conf").write_text(self._at_home(shipped, plain))
        certify(folder)

    def _at_home(self, shipped: str, plain: int) -> str:
        replacements = {
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen {HOST}:{plain};",
            "listen 443 ssl": f"listen {HOST}:{self.port} ssl",
            "/etc/letsencrypt/live/advisor.example": str(self._folder),
            "server_name advisor.example;": f"server_name {HOST};",
        }
        for old, new in replacements.items():
            assert old in shipped, f"klantkompas.conf no longer says {old!r}"
            shipped = shipped.replace(old, new)
        return shipped

    @property
    def command(self) -> list[str]:
        """How it is called; -e for what it says before it has read where its log is."""
        folder = f"{self._folder}/"
        return [self._program, "-p", folder, "-c", f"{folder}nginx.conf", "-e", f"{folder}error.log"]

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=self._folder / "fullchain.pem")

    async def logged(self, path: str, number: int = 1) -> list[str]:
        """What became of requests to a path, once there are so many: "STATUS METHOD WORKERS", "-" if none was asked."""
        for _ in range(100):  # it is written after the answer has been sent
            lines = [line.split(" ", 3) for line in (self._folder / "access.log").read_text().splitlines()]
            found = [f"{status} {method} {workers}" for status, method, asked, workers in lines if asked == path]
            if len(found) >= number:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"nginx logged {found}")

    @property
    def errors(self) -> str:
        """What went wrong."""
        return (self._folder / "error.log").read_text()

    def check(self) -> str:
        """What `nginx -t` says; fails if it is not content."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self) -> None:
        """Returns when it takes connections."""
        self.check()
        self._process = subprocess.Popen(self.command)
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            assert self._process.poll() is None, self.errors
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=10)


def find_nginx() -> str:
    """The path of nginx; where apt-get may, it is installed. Fails where none can be had."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # where users don't look for it
    if found := shutil.which("nginx", path=path):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "--yes", "--no-install-recommends", "nginx"]
        for command in (["apt-get", "update"], install):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.fail(f"{HOW_TO}\n`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
        if found := shutil.which("nginx", path=path):
            return found
    pytest.fail(HOW_TO)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def certify(folder: Path) -> None:
    """Writes a certificate for HOST and its key, under the names that certbot gives them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)
