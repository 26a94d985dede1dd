"""Turns a folder of pages into replies of nginx: files, packed files, redirects, refusals, errors, and all of it under TLS."""

import subprocess
import sys

import files
import nginx
from agreement import listening

VERSION, PORT, SECURE, OTHER = nginx.version(), nginx.free_port(), nginx.free_port(), nginx.free_port()

HTTP = """
gzip_types text/plain; gzip_min_length 1; keepalive_requests 10; ssi_types *; etag on;
add_header x-id $http_x_id always; add_header x-connection $connection always;
map $content_length $length { '' '-'; default $content_length; }
map $http_authorization $secret { '' '-'; default $http_authorization; }
server {
  listen 127.0.0.1:%(PORT)d backlog=1024; listen 127.0.0.1:%(OTHER)d;
  listen 127.0.0.1:%(SECURE)d ssl; ssl_certificate {folder}/server; ssl_certificate_key {folder}/key;
  root {folder}; client_max_body_size 20m;
  error_page 404 412 500 502 /errors/$status;
  location /errors/ { internal; return 200 "the error page of $status\n"; }
  location /bytes/ { }
  location /packed/ { alias {folder}/bytes/; gzip on; }
  location /unframed/ { alias {folder}/bytes/; ssi on; chunked_transfer_encoding off; }
  location /failing { return 500; }
  location /nobody { proxy_pass http://127.0.0.1:1; }
  location /refused { client_max_body_size 1m; proxy_pass http://127.0.0.1:1; }
  location /idle { keepalive_timeout 20ms; return 200 "idle"; }
  location /landed { return 200 "$request_method $length $secret"; }
  location /round { return 302 /round; }
  %(REDIRECTS)s
  location /secure { return 200 "https://localhost:%(SECURE)d"; }
  location /authority { alias {folder}/authority; }
}
"""


def redirects():
    for code in (301, 302, 303, 307, 308):
        yield f"location /moved/{code} {{ return {code} ../landed; }}"
        yield f"location /elsewhere/{code} {{ return {code} http://127.0.0.1:{OTHER}/landed; }}"


def prepare(folder):
    """Pages, and a certificate that an authority of our own has signed."""
    files.write(folder)

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "authority.key", "-out", "authority", "-days", "2", "-subj", "/CN=authority")
    openssl("req", *key, "-keyout", "key", "-out", "request", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
    signed = ("-CA", "authority", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    openssl("x509", "-req", "-in", "request", *signed, "-out", "server")


with nginx.running(HTTP % {**globals(), "REDIRECTS": "\n  ".join(redirects())}, PORT, prepare):
    listening(PORT, f"nginx {VERSION}")
    sys.stdin.read()
