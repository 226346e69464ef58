"""The same orders as orders.py, by fastmcp.

usage: fast_orders.py CALL_LOG PORT

Each call leaves lines in CALL_LOG, "began NAME" before anything else happens and "ended NAME" after it.
"""

import os
import sys
from pathlib import Path

import anyio
import fastmcp
from fastmcp import FastMCP

CALL_LOG = Path(sys.argv[1])
fastmcp.settings.check_for_updates = "off"
server = FastMCP("orders", version=fastmcp.__version__)


def note(line: str) -> None:
    # One write to a file that stays when this process is killed.
    log = os.open(CALL_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(log, f"{line}\n".encode())
    os.close(log)


def placed() -> int:
    if not CALL_LOG.exists():
        return 0
    return CALL_LOG.read_text().splitlines().count("began place_order")


@server.tool(annotations={"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False})
async def place_order(item: str, seconds: float = 0) -> str:
    """Places an order, which happens at once, and answers after some seconds."""
    note("began place_order")
    number = placed()
    await anyio.sleep(seconds)
    note("ended place_order")
    return f"order {number}: {item}"


@server.tool(annotations={"readOnlyHint": True})
async def orders() -> int:
    """How many orders have been placed, by former processes as well."""
    return placed()


server.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False, log_level="CRITICAL")
