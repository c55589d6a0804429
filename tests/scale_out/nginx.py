"""Debian's nginx with the files of deploy/nginx; only names, ports and the certificate are of the tests."""

from __future__ import annotations

import ipaddress
import itertools
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.settings import ROOT
from tests.support.processes import HOST, Process, free_port
from tests.support.programs import apt_install, find_program
from tests.support.visitor import Visitor
from tests.support.waiting import wait_until

SHIPPED = ROOT / "deploy" / "nginx"
START_TIMEOUT = 10
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


addresses = (f"127.1.{number // 250}.{number % 250 + 1}" for number in itertools.count())
"""Each visitor comes from an address of its own, so that rate limits of one test do not affect another."""


class Nginx(Process):
    """nginx in a folder of its own, in front of `workers` ("host:port"); in front of the shipped ones without them."""

    def __init__(self, folder: Path, workers: Sequence[str] = ()) -> None:
        # -e is the log before it has read where its log is.
        command = [find_nginx(), "-p", f"{folder}/", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
        super().__init__(command, folder / "error.log")
        self._folder = folder
        self.port, plain = free_port(), free_port()
        self.address = f"https://{HOST}:{self.port}"
        self.plain_address = f"http://{HOST}:{plain}"
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
    def tls(self) -> ssl.SSLContext:
        """Trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=self._folder / "fullchain.pem")

    @asynccontextmanager
    async def visitor(self) -> AsyncIterator[Visitor]:
        """A visitor who comes through the proxy."""
        transport = httpx.AsyncHTTPTransport(local_address=next(addresses), verify=self.tls)
        async with httpx.AsyncClient(transport=transport, base_url=self.address, timeout=20) as client:
            yield Visitor(client, self.address)

    async def logged(self, path: str, number: int = 1) -> list[str]:
        """Requests of a path, once there are so many: "STATUS METHOD WORKERS", with "-" if no worker was asked."""

        def found() -> list[str]:
            lines = [line.split(" ", 3) for line in (self._folder / "access.log").read_text().splitlines()]
            return [f"{status} {method} {workers}" for status, method, asked, workers in lines if asked == path]

        await wait_until(lambda: len(found()) >= number, explain=found)  # it is written after the response
        return found()

    def check_configuration(self) -> str:
        """What `nginx -t` says; fails if it finds an error."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self) -> None:
        """Returns when it takes connections."""
        self.check_configuration()
        self.launch()
        self.wait_ready(self._takes_connections, START_TIMEOUT)

    def _takes_connections(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


def find_nginx() -> str:
    """The path of nginx; where apt-get may, it is installed. Fails where there is none."""
    if not (found := find_program("nginx")):
        apt_install("nginx", HOW_TO)
        found = find_program("nginx")
    return found or pytest.fail(HOW_TO)


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
