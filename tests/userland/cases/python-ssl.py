#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3 openssl
import hashlib, hmac, http.server, socket, ssl, subprocess, sys, threading, urllib.request, zlib
subprocess.run('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 2 -addext subjectAltName=DNS:localhost,IP:127.0.0.1', shell=True, check=True, capture_output=True)
s = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); s.load_cert_chain('cert.pem', 'key.pem'); body = bytes(range(256)) * 2000
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self): self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_POST(self): d = self.rfile.read(int(self.headers['Content-Length'])); self.send_response(201); self.send_header('Content-Length', '64'); self.end_headers(); self.wfile.write(hashlib.sha256(d).hexdigest().encode())
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H); server.socket = s.wrap_socket(server.socket, server_side=True); threading.Thread(target=server.serve_forever, daemon=True).start(); url = 'https://localhost:%d/' % server.server_port
for v in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    c = ssl.create_default_context(cafile='cert.pem'); c.minimum_version = c.maximum_version = v
    with urllib.request.urlopen(url, context=c) as r: print(v.name, r.status, hashlib.md5(r.read()).hexdigest())
    with urllib.request.urlopen(urllib.request.Request(url, data=body), context=c) as r: print(r.status, r.read().decode() == hashlib.sha256(body).hexdigest())
    with socket.create_connection(('127.0.0.1', server.server_port)) as k, c.wrap_socket(k, server_hostname='localhost') as t: print(t.version(), t.cipher()[0], t.getpeercert()['subject'])
try: urllib.request.urlopen(url)
except urllib.error.URLError as e: print(type(e.reason).__name__)
try:
    with socket.create_connection(('127.0.0.1', server.server_port)) as k, c.wrap_socket(k, server_hostname='other.example') as t: pass
except ssl.SSLCertVerificationError as e: print(e.verify_code)
got = []
def one():
    with urllib.request.urlopen(url, context=c) as r: got.append(len(r.read()))
ts = [threading.Thread(target=one) for _ in range(6)]; [t.start() for t in ts]; [t.join() for t in ts]; print(got)
for n in ('md5', 'sha1', 'sha3_256', 'blake2b', 'sha512'): print(n, hashlib.new(n, body).hexdigest()[:32])
print(hmac.new(b'k', body, 'sha256').hexdigest(), hashlib.pbkdf2_hmac('sha256', b'p', b's', 2000).hex(), hashlib.scrypt(b'p', salt=b's', n=1024, r=8, p=1).hex()[:32], zlib.crc32(body)); sys.stdout.flush(); server.shutdown(); sys.exit(2)
