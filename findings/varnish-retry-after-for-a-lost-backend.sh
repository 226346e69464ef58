#!/usr/bin/env bash
# Varnish 7.1.1 (Debian 12): 503 with `Retry-After: 5` for a request that the backend has executed.
# Documented: Retry-After says how long the service is expected to be unavailable. Seen: with the built-in VCL a backend that read
# the POST and died, one that is too slow, and one that refuses are all answered by 503 "Backend fetch failed" and `Retry-After: 5`:
# whoever obeys sends an executed POST again.
# Here: a 503 with a Retry-After stays outcome-unknown; the wait cools the service down (verdict/codes/http.rs).
set -euo pipefail
folder=$(mktemp -d); cd "$folder"
trap 'rm -rf "$folder"' EXIT
# Unpacked, not installed; it compiles its configuration with the C compiler.
apt-get -o APT::Sandbox::User=root download --quiet varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1 >/dev/null
for package in *.deb; do dpkg-deb --extract "$package" .; done
export PATH="$folder/usr/sbin:$PATH"
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -type d | paste -sd:); export LD_LIBRARY_PATH
varnishd -V 2>&1 | head -1
cat >finding.py <<'PYTHON'
import socket, subprocess, threading, time, urllib.error, urllib.request, os

executed = 0

def serve(server):
    global executed
    while True:
        client, _ = server.accept()
        data = b""
        while not data.endswith(b"\r\n\r\none"):
            data += client.recv(65536)
        executed += 1
        client.close()

def free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]

server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(server,), daemon=True).start()
port, nobody, upstream = free(), free(), server.getsockname()[1]
open("default.vcl", "w").write(f"""vcl 4.1;
backend dies {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
backend nobody {{ .host = "127.0.0.1"; .port = "{nobody}"; }}
sub vcl_recv {{ if (req.url == "/nobody") {{ set req.backend_hint = nobody; }} }}
""")
modules = next((folder for folder, _, files in os.walk("usr/lib") if "libvmod_std.so" in files), "")
varnish = subprocess.Popen(
    ["varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{port}", "-f", os.path.abspath("default.vcl"), "-n", os.path.abspath("work"),
     "-s", "malloc,16m", "-p", f"vmod_path={os.path.abspath(modules)}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def ask(path):
    before = executed
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        try:
            opener.open(f"http://127.0.0.1:{port}{path}", b"one")
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.reason}, Retry-After: {error.headers['Retry-After']}, executed {executed - before}"
        except OSError:
            time.sleep(0.1)  # It is starting.

try:
    print(ask("/nobody"), ask("/"), sep="\n")
finally:
    varnish.terminate()
    varnish.wait()
PYTHON
seen=$(python3 finding.py); echo "$seen"
[ "$seen" = "503 Backend fetch failed, Retry-After: 5, executed 0
503 Backend fetch failed, Retry-After: 5, executed 1" ] || { echo "the behaviour has changed" >&2; exit 1; }
