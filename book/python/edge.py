"""What epoll tells of bytes that are left: again and again, or once. Linux only.

`python3 book/python/edge.py` takes no time.
"""

import select
import socket


def told(flags):
    """How many events: when 8 bytes have come, again, and when 4 are read."""
    near, far = socket.socketpair()
    epoll = select.epoll()
    epoll.register(near, select.EPOLLIN | flags)
    far.send(b"12345678")
    events = [len(epoll.poll(0)), len(epoll.poll(0))]
    near.recv(4)
    return events + [len(epoll.poll(0))]


if hasattr(select, "epoll"):
    print("level-triggered:", told(0))
    print("edge-triggered: ", told(select.EPOLLET))
    assert (told(0), told(select.EPOLLET)) == ([1, 1, 1], [1, 0, 0])
