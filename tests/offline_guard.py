"""Refuses and records every connection beyond this machine; also for processes that a test starts."""

import ipaddress
import sys

attempts: list[str] = []


class OutsideConnectionError(OSError):
    """A test tried to reach the outside."""


def is_local(host: object) -> bool:
    """Loopback addresses, `localhost`, and the wildcard that servers bind and probe."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def install() -> None:
    """Watch this process until it ends. An audit hook sees all of Python's sockets, asyncio's too."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]  # a str or bytes for unix sockets, an int for netlink
        host = address[0] if isinstance(address, tuple) and isinstance(address[0], str) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not is_local(host):
        attempts.append(f"{event} {host}")
        raise OutsideConnectionError(f"the tests run offline, refused: {event} {host}")
