"""A service manager's side of sd_notify(3): prints each message on a line. Argument: the socket's path."""

import array
import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("bound", flush=True)
while True:
    message, ancillary, _, _ = listener.recvmsg(4096, socket.CMSG_SPACE(64))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            # BARRIER=1: the sender waits until its descriptor is closed here.
            for descriptor in array.array("i", data[: len(data) - len(data) % 4]):
                os.close(descriptor)
    print(message.decode().replace("\n", " "), flush=True)
