#!/usr/bin/env bash
# HAProxy 2.6.12 (Debian 12): to an HTTP/2 client it refuses a stream (RST_STREAM with REFUSED_STREAM) whose request the server
# behind it has read, if that server hangs up without an answer; to an HTTP/1.1 client it answers 502.
# Documented: RFC 9113, section 8.7: REFUSED_STREAM says that "the stream is being closed prior to any processing", and that the
# request can be sent again, whatever its method. HAProxy means it so for a reused connection to the server (its issue 3414); it
# does the same on a fresh one.
# Seen: one POST, executed by the server, refused by HAProxy. curl 7.88.1 then sends it 6 times, and the server executes all 6;
# reqwest's default policy would send it 3 times.
# Here: a refused stream is transient (resilience-runtime/src/verdict/clients/not_processed.rs). The guide (errors.md) says to
# speak HTTP/1.1 to HAProxy where a function is not idempotent.
# Needs haproxy, curl with HTTP/2 and python3 of Debian.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
haproxy -v | sed -n 1p
cat > server.py <<'PYTHON'
"""Executes each POST, which it counts in a file, and hangs up without an answer."""
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    request = b""
    while not request.endswith(b"\r\n\r\nx=1") and not request.startswith(b"GET"):
        piece = connection.recv(65536)
        if not piece:
            break
        request += piece
    else:
        with open("executed", "a") as executed:
            executed.write("x")
    connection.close()
PYTHON
cat > client.py <<'PYTHON'
"""Sends one POST over HTTP/2 and says with which code its stream is reset."""
import socket, struct, sys
def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
def read(count):
    got = b""
    while len(got) < count:
        piece = connection.recv(count - len(got))
        if not piece:
            sys.exit("the end of the connection")
        got += piece
    return got
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
# :method POST, :scheme http, :path /, :authority x, content-length 3
head = b"\x83\x86\x84" + b"\x41\x01x" + b"\x5c\x013"
connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, head) + frame(0, 1, 1, b"x=1"))
while True:
    header = read(9)
    payload = read(int.from_bytes(header[:3], "big"))
    if header[3] == 3:
        print("reset with code", int.from_bytes(payload, "big"))
        break
    if header[3] == 1:
        print("an answer")
        break
PYTHON
python3 server.py > port & while [ ! -s port ]; do sleep 0.1; done
free() { python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'; }
two=$(free) one=$(free)
cat > haproxy.cfg <<CFG
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend two
  bind 127.0.0.1:$two proto h2
  default_backend servers
frontend one
  bind 127.0.0.1:$one
  default_backend servers
backend servers
  server only 127.0.0.1:$(cat port)
CFG
haproxy -db -f haproxy.cfg > haproxy.log 2>&1 &
until curl -s -o /dev/null -m 1 "http://127.0.0.1:$one/"; do sleep 0.2; done
rm -f executed
count() { wc -c < executed | tr -d ' '; }
seen="HTTP/2: $(python3 client.py "$two"), executed $(count)"
rm -f executed
seen="$seen; HTTP/1.1: $(curl -s -o /dev/null -w '%{http_code}' -d x=1 "http://127.0.0.1:$one/"), executed $(count)"
rm -f executed
curl -s -o /dev/null --http2-prior-knowledge -d x=1 "http://127.0.0.1:$two/" || true
seen="$seen; curl over HTTP/2: executed $(count)"
echo "$seen"
expected="HTTP/2: reset with code 7, executed 1; HTTP/1.1: 502, executed 1; curl over HTTP/2: executed 6"
[ "$seen" = "$expected" ] || { echo "the behaviour has changed" >&2; exit 1; }
