"""An MCP server of fastmcp that takes orders, and refuses some in its own ways.

usage: fast_orders.py CALL_LOG PORT [MIDDLEWARE...]

It leaves the lines of orders.py in CALL_LOG. A MIDDLEWARE is "errors" (it makes errors of failed tools), "client-limit",
"sliding-limit" or "global-limit" (of one call, ever) or "nobody" (who may do nothing).
"""

import os
import sys
from pathlib import Path

import anyio
from fastmcp import FastMCP
from fastmcp.server.middleware.authorization import AuthMiddleware
from fastmcp.server.middleware.error_handling import ErrorHandlingMiddleware
from fastmcp.server.middleware.rate_limiting import RateLimitingMiddleware, SlidingWindowRateLimitingMiddleware

CALL_LOG = Path(sys.argv[1])
READS = {"readOnlyHint": True}
ORDERS = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False}
server = FastMCP("orders")


def note(line: str) -> None:
    # One write to a file that stays when this process is killed.
    log = os.open(CALL_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(log, f"{line}\n".encode())
    os.close(log)


def began(tool: str) -> int:
    return CALL_LOG.read_text().splitlines().count(f"began {tool}")


@server.tool(annotations=ORDERS)
async def place_order(item: str, seconds: float = 0) -> str:
    """Places an order, which happens at once, and answers after some seconds."""
    note("began place_order")
    number = began("place_order")
    await anyio.sleep(seconds)
    note("ended place_order")
    return f"order {number}: {item}"


@server.tool(annotations=READS)
async def orders() -> str:
    """How many orders have been placed, by former processes as well."""
    return str(began("place_order"))


@server.tool(annotations=READS)
async def hang_once() -> str:
    """Hangs for ever the first time, also for later processes; then answers."""
    note("began hang_once")
    if began("hang_once") == 1:
        await anyio.sleep_forever()
    note("ended hang_once")
    return "done"


@server.tool(annotations=ORDERS)
async def fail(how: str) -> str:
    """Fails after it has begun."""
    note("began fail")
    note("failed fail")
    raise {"permission": PermissionError, "key": KeyError, "timeout": TimeoutError}.get(how, RuntimeError)(how)


MIDDLEWARES = {
    "errors": ErrorHandlingMiddleware,
    "client-limit": lambda: RateLimitingMiddleware(max_requests_per_second=1e-9, burst_capacity=1),
    "global-limit": lambda: RateLimitingMiddleware(max_requests_per_second=1e-9, burst_capacity=1, global_limit=True),
    "sliding-limit": lambda: SlidingWindowRateLimitingMiddleware(max_requests=1),
    "nobody": lambda: AuthMiddleware(auth=lambda _: False),
}
for name in sys.argv[3:]:
    server.add_middleware(MIDDLEWARES[name]())

note(f"serves {os.getpid()}")
server.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False, log_level="CRITICAL")
