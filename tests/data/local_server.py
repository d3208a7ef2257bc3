"""A web server on loopback that behaves and misbehaves as its paths say.

Usage: local_server.py FOLDER LOG. Prints its port. Writes a line "PATH RANGE" for each request to LOG.
/good/F      the file F of FOLDER, ranges honoured
/plain/F     the same, but ranges are ignored
/cut/F       ranges honoured, but the connection closes after a quarter of the file
/dead/F      announces the file and closes without a byte
/wrong/F     as many bytes as F has, all 'x'
/hang/F      announces the file, sends a little, then nothing
/moved/F     a redirect to /good/F
anything else: 404
"""
import http.server
import os
import sys
import threading

folder, log = sys.argv[1:]
lock = threading.Lock()
stop = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        wanted = self.headers.get("Range", "")
        with lock, open(log, "a") as out:
            out.write(f"{self.path} {wanted}\n")
        mode, _, name = self.path[1:].partition("/")
        path = os.path.join(folder, os.path.basename(name))
        if mode not in ("good", "plain", "cut", "dead", "wrong", "hang", "moved") or not os.path.isfile(path):
            self.send_error(404)
            return
        if mode == "moved":
            self.send_response(302)
            self.send_header("Location", f"/good/{name}")
            self.end_headers()
            return
        with open(path, "rb") as file:
            content = file.read()
        size = len(content)
        if mode == "wrong":
            content = b"x" * size
        first = 0
        if wanted.startswith("bytes=") and mode != "plain":
            first = int(wanted[6:].split("-")[0])
            if first >= size:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(size - first))
        self.end_headers()
        if mode == "cut":
            self.wfile.write(content[first : first + size // 4 + 1])
        elif mode == "hang":
            self.wfile.write(content[first : first + 10])
            self.wfile.flush()
            stop.wait()
        elif mode != "dead":
            self.wfile.write(content[first:])
        self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
