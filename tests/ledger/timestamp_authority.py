"""A timestamp authority on loopback: `openssl ts` behind a small HTTP server, with a chain of its own; it can be told to misbehave.

Its answers carry the signer's certificate alone: a longer list openssl writes in an order that is not DER, and the reading library
refuses it.
"""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Twist = Callable[[bytes], tuple[int, str, bytes]]  #: request → status, media type, body

_SETTINGS = """
[ tsa ]
default_tsa = here
[ here ]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.13762.3
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
_ISSUING = """
[ ca ]
default_ca = here
[ here ]
database = {folder}/index
rand_serial = yes
new_certs_dir = {folder}
policy = names
default_md = sha256
[ names ]
commonName = supplied
"""
_ROLE = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"


class Authority:
    """A folder with a root, a signing certificate and its key."""

    def __init__(self, folder: Path, *, dates: tuple[str, str] = ("20200101000000Z", "20991231000000Z")) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(_SETTINGS.format(folder=folder))
        (folder / "role.cnf").write_text(_ROLE)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._run("req", "-x509", *key, "-days", "3650", "-subj", "/CN=Root of a test", "-keyout", "root.key", "-out", "root.pem")
        self._run("req", "-new", *key, "-subj", "/CN=Time of a test", "-keyout", "tsa.key", "-out", "tsa.csr")
        (folder / "index").write_text("")
        (folder / "ca.cnf").write_text(_ISSUING.format(folder=folder))
        first, last = dates
        issuer = ["-cert", "root.pem", "-keyfile", "root.key", "-extfile", "role.cnf", "-startdate", first, "-enddate", last]
        self._run("ca", "-batch", "-config", "ca.cnf", "-in", "tsa.csr", *issuer, "-out", "tsa.pem")

    @property
    def root(self) -> bytes:
        """The certificate that an auditor trusts, PEM."""
        return (self.folder / "root.pem").read_bytes()

    def stamp(self, request: bytes) -> bytes:
        """Answer a request of RFC 3161."""
        (self.folder / "request.der").write_bytes(request)
        self._run("ts", "-reply", "-config", "ts.cnf", "-queryfile", "request.der", "-out", "reply.der")
        return (self.folder / "reply.der").read_bytes()

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)


@contextmanager
def serve_answers(answer: Twist) -> Iterator[str]:
    """Serve POST requests on loopback by a function; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_authority(authority: Authority) -> Iterator[str]:
    """Serve an authority that does its duty."""
    with serve_answers(lambda request: (200, "application/timestamp-reply", authority.stamp(request))) as url:
        yield url
