"""A daemon that does nothing: it says OK, reads what comes and throws it away, and says BYE. discard.py SOCKET

What a client reaches with it, it cannot exceed with any daemon. It sleeps between reads: who sends to a sleeping
process that waits for data has the work of waking it, and this one never waits for data.
"""

import socket, sys, time

listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listening.bind(sys.argv[1])
listening.listen()
while True:
    client, _ = listening.accept()
    if not client.recv(5000):
        continue
    client.sendall(b'OK\0')
    while client.recv(1 << 20):
        time.sleep(50e-6)
    client.sendall(b'BYE\0')
    client.close()
