"""A little server that shows the newest entries to whoever connects."""
import asyncore
import os
import socket

from guestbook import storage


class Listener(asyncore.dispatcher):
    def __init__(self, port):
        asyncore.dispatcher.__init__(self)
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind(("", port))
        self.listen(5)

    def handle_accepted(self, connection, address):
        for entry in storage.entries():
            connection.send(("%s: %s\r\n" % entry).encode("utf-8"))
        connection.close()


def main(port=8025):
    if os.environ.get("GUESTBOOK_DEBUG"):
        __import__("cgitb").enable(format="text")
    Listener(port)
    asyncore.loop()
