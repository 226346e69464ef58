"""An MCP server that takes orders, slowly, and can be killed while it does.

usage: orders.py CALL_LOG [PORT]      without a port: over stdio

Each call leaves lines in CALL_LOG, "began NAME" before anything else happens and "ended NAME" or "failed NAME" after it,
so that the log knows of calls whose reply nobody ever saw. Before all of them it leaves "serves PROCESS".
"""

import os
import sys
from importlib.metadata import version
from pathlib import Path

import anyio
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations

CALL_LOG = Path(sys.argv[1])
server = MCPServer("orders", version=version("mcp"), log_level="CRITICAL")
failures: dict[str, int] = {}


def note(line: str) -> None:
    # One write to a file that stays when this process is killed.
    log = os.open(CALL_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(log, f"{line}\n".encode())
    os.close(log)


def placed() -> int:
    if not CALL_LOG.exists():
        return 0
    return CALL_LOG.read_text().splitlines().count("began place_order")


@server.tool(annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False))
async def place_order(item: str, seconds: float = 0) -> str:
    """Places an order, which happens at once, and answers after some seconds."""
    note("began place_order")
    number = placed()
    await anyio.sleep(seconds)
    note("ended place_order")
    return f"order {number}: {item}"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
async def orders() -> int:
    """How many orders have been placed, by former processes as well."""
    return placed()


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
async def flaky(times: int, name: str = "") -> str:
    """Fails so many times for each name, then answers."""
    note("began flaky")
    if failures.get(name, 0) < times:
        failures[name] = failures.get(name, 0) + 1
        note("failed flaky")
        raise RuntimeError("not this time")
    note("ended flaky")
    return "at last"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
async def slow(seconds: float) -> str:
    """Answers after some seconds."""
    note("began slow")
    await anyio.sleep(seconds)
    note("ended slow")
    return "done"


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
async def hang_once() -> str:
    """Hangs for ever the first time, also for later processes; then answers."""
    first = "began hang_once" not in CALL_LOG.read_text().splitlines()
    note("began hang_once")
    if first:
        await anyio.sleep_forever()
    note("ended hang_once")
    return "done"


note(f"serves {os.getpid()}")
if len(sys.argv) > 2:
    server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
else:
    server.run()
