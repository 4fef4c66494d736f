#!/usr/bin/env python3
"""Takes mail on 127.0.0.1, at the port that is given, and writes each letter to standard output, until it is ended by
SIGTERM. Prints "taking mail" first. No more of SMTP (RFC 5321) than programs need to hand a letter over."""
import socketserver
import sys


class Letters(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mailbox")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 go on")
                while (text := self.rfile.readline()) not in (b".\r\n", b""):
                    print(text.decode("latin-1").rstrip("\r\n"), flush=True)
            self.say("221 bye" if verb == b"QUIT" else "250 mailbox" if verb in (b"EHLO", b"HELO") else "250 taken")
            if verb == b"QUIT":
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1])), Letters) as server:
    print("taking mail", flush=True)
    server.serve_forever()
