"""Turns a server block into an nginx that runs in a folder of its own, for as long as a program needs it."""

import contextlib
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from agreement import skipped

MAIN = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 2048; }}
http {{
  access_log off; default_type text/plain;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {http}
}}
"""


def version():
    """What nginx calls itself; without it the program ends here."""
    if not shutil.which("nginx"):
        skipped("no nginx")
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
    return re.search(r"nginx/(\S+)", told)[1]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def running(http, port, prepare=lambda folder: None):
    """nginx with these directives, `{folder}` in them being its own, as soon as it listens."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(pathlib.Path(folder))
        configuration = pathlib.Path(folder, "configuration")
        configuration.write_text(MAIN.format(folder=folder, http=http.replace("{folder}", folder)))
        command = ["nginx", "-p", folder, "-c", str(configuration), "-e", f"{folder}/errors"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                if process.poll() is not None:
                    raise SystemExit(pathlib.Path(folder, "errors").read_text())
                time.sleep(0.01)
            yield
        finally:
            process.terminate()
            process.wait()
