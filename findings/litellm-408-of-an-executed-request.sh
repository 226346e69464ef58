#!/usr/bin/env bash
# litellm 1.110.2: a request that the provider got and bills comes back as 408, which says that it was never complete.
# Documented: RFC 9110 has 408 for a request that did not arrive whole in time, and clients such as OpenAI's repeat it. Seen: litellm
# answers 408 `invalid_request_error` when the provider is slower than the model's `timeout`, after the whole request was sent; with
# `num_retries: 2` after three of them, and without a header that says so. A provider that refuses the connection and one that read
# the request and died are the same 500.
# Here: 408 is outcome-unknown and a failure (verdict/codes/http.rs).
set -euo pipefail
folder=$(mktemp -d); cd "$folder"
trap 'rm -rf "$folder"' EXIT
python3 -m venv venv
# Its extra "proxy" names packages that the index does not have: these are those of the others without which it does not start.
venv/bin/pip install --quiet --disable-pip-version-check litellm==1.110.2 apscheduler==3.11.3 backoff==2.2.1 cryptography==50.0.2 \
    expression==5.8.0 fastapi==0.165.0 fastapi-sso==0.23.0 httpx2==2.16.2 mcp==2.3.0 orjson==3.13.0 pyjwt==2.15.1 pynacl==1.6.2 \
    python-multipart==0.0.34 restrictedpython==9.0 rich==15.0.0 rq==3.0.0 semver==3.1.2 soundfile==0.14.0 tomlkit==0.15.2 uvicorn==0.54.0 \
    uvloop==0.23.0 websockets==15.0.1
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep '^litellm '
cat >finding.py <<'PYTHON'
import json, os, socket, subprocess, threading, time, urllib.error, urllib.request

executed = 0

def answer(client):
    global executed
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    if not lengths:
        return client.close()  # It asks for the list of models when it starts.
    length = lengths[0]
    while len(body) < length:
        body += client.recv(65536)
    executed += 1
    if b"/dies/" in head:
        client.close()
    else:
        client.recv(1)  # It takes for ever: whoever asked gives up.

def serve(server):
    while True:
        threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

def free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]

server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(server,), daemon=True).start()
port, nobody, upstream = free(), free(), server.getsockname()[1]
key = "sk-0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978"
models = [("slow", upstream, {"max_retries": 0}), ("slow-thrice", upstream, {"num_retries": 2}),
          ("dies", upstream, {"max_retries": 0}), ("refuses", nobody, {"max_retries": 0})]
json.dump({"model_list": [
    {"model_name": name, "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "sk-none", "timeout": 1,
                                            "api_base": f"http://127.0.0.1:{there}/{name}", **more}}
    for name, there, more in models],
    "router_settings": {"num_retries": 0, "disable_cooldowns": True}, "general_settings": {"master_key": key}}, open("config.yaml", "w"))
litellm = subprocess.Popen(
    ["venv/bin/litellm", "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"],
    env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def ask(model):
    before = executed
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(900):
        try:
            opener.open(request)
        except urllib.error.HTTPError as error:
            kind = json.load(error)["error"]["type"]
            return f"{model}: {error.code} {kind}, retries {error.headers['x-litellm-attempted-retries']}, executed {executed - before}"
        except OSError:
            time.sleep(0.2)  # It is starting.

try:
    print(*(ask(name) for name, _, _ in models), sep="\n")
finally:
    litellm.terminate()
    litellm.wait()
PYTHON
seen=$(venv/bin/python finding.py); echo "$seen"
[ "$seen" = "slow: 408 invalid_request_error, retries None, executed 1
slow-thrice: 408 invalid_request_error, retries None, executed 3
dies: 500 internal_server_error, retries None, executed 1
refuses: 500 internal_server_error, retries None, executed 0" ] || { echo "the behaviour has changed" >&2; exit 1; }
