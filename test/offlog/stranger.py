"""A client of offlog made from docs/offlog-protocol.md alone: stranger.py SOCKET FILE appends its standard input."""

import os, select, socket, sys

WAIT = 5  # seconds without any progress


class Client:
    def __init__(self, sock_path, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(sock_path)
        self.sock.setblocking(False)
        self.received = b''
        self.send(os.fsencode(path) + b'\0')
        self.expect(b'OK')

    def message(self):
        while b'\0' not in self.received:
            if not select.select([self.sock], [], [], WAIT)[0]:
                raise TimeoutError('the daemon is silent')
            piece = self.sock.recv(4096)
            if not piece:
                raise EOFError('the connection ended without a message')
            self.received += piece
        message, _, self.received = self.received.partition(b'\0')
        return message

    def expect(self, due):
        while (message := self.message()) != due:
            if b': ' in message:  # anything else is to be skipped
                raise OSError(message.decode('utf8', 'replace'))

    def send(self, data):
        data = memoryview(data)
        while data:
            try:
                data = data[self.sock.send(data):]
            except BlockingIOError:
                if not select.select([], [self.sock], [], WAIT)[1]:
                    raise TimeoutError(f'{len(data)} bytes cannot be sent') from None
            except (BrokenPipeError, ConnectionResetError):
                self.expect(None)  # the reason is there to be read

    def close(self):
        self.sock.shutdown(socket.SHUT_WR)
        self.expect(b'BYE')
        self.sock.close()


try:
    client = Client(*sys.argv[1:])
    while data := sys.stdin.buffer.read1(65536):
        client.send(data)
    client.close()
except Exception as error:
    sys.exit(f'{type(error).__name__}: {error}')
