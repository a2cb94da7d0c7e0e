#!/usr/bin/env python3
"""A small web on this machine's loopback: awkward pages of nginx, and a searx whose one engine is an index of them.

    tests/web_servers/serve.py FOLDER

Writes what the servers need into FOLDER, starts them, and prints their ports as JSON once they answer. They end when
standard input does. Needs the Debian packages searx, nginx-light and openssl; nothing of it leaves the machine.
"""

import gzip
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import threading
import time

NGINX, SEARX = "/usr/sbin/nginx", "/usr/bin/searx-run"

NGINX_SETTINGS = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {}
http {
    access_log access.log;
    types { text/html html; image/png png; application/pdf pdf; }
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
    charset utf-8;
    server {
        listen 127.0.0.1:%(pages)d;
        root pages;
        location = /inside { return 302 http://127.0.0.1:%(secret)d/secret; }
        location = /metadata { return 302 http://169.254.169.254/latest; }
        location = /file { return 302 file:///etc/passwd; }
        location = /circle { return 302 /circle2; }
        location = /circle2 { return 302 /circle; }
        location = /moved { return 301 /looms.html; }
        location = /bomb { default_type text/html; add_header Content-Encoding gzip; alias pages/bomb.gz; }
        location = /endless { proxy_pass http://127.0.0.1:%(endless)d/; proxy_buffering off; }
    }
    server {
        listen 127.0.0.1:%(own_word)d ssl;
        ssl_certificate certificate.pem; ssl_certificate_key key.pem;
        location / { return 200 "trust me"; }
    }
    server { listen 127.0.0.1:%(secret)d; location / { return 200 "the secret"; } }
}
"""

SEARX_SETTINGS = """
general: {debug: False, instance_name: test, contact_url: False, enable_stats: False}
brand: {git_url: "", git_branch: "", issue_url: "", docs_url: "", public_instances: "", wiki_url: "", twitter_url: ""}
search: {safe_search: 0, autocomplete: "", default_lang: "", ban_time_on_fail: 5, max_ban_time_on_fail: 120,
         prefer_configured_language: False}
server: {port: %(searx)d, bind_address: 127.0.0.1, secret_key: of a test, base_url: False, image_proxy: False,
         http_protocol_version: "1.0", method: GET, default_http_headers: {}}
ui: {autofocus: True, archive_today: False, static_path: /usr/share/python3-searx/static,
     templates_path: /usr/share/python3-searx/templates, default_theme: oscar, default_locale: "",
     theme_args: {oscar_style: logicodev}}
outgoing: {request_timeout: 2.0, useragent_suffix: "", pool_connections: 1, pool_maxsize: 1}
engines:
  - {name: corpus, engine: sqlite, shortcut: co, categories: general, database: %(folder)s/corpus.db, timeout: 5.0,
     query_str: "SELECT title, url, content FROM page WHERE page MATCH :query"}
locales: {en: English}
doi_resolvers: {none: "http://127.0.0.1:1/"}
default_doi_resolver: none
"""

PAGES = {
    "looms.html": b"<title>Looms</title><h1>Looms</h1><p>The heddle lifts the threads that the next row needs. "
                  b"See <a href=threads.html>threads</a>.</p>",
    "threads.html": b"<title>Threads</title><p>A thread is spun of fibres.</p>",
    "latin.html": b"<p>caf\xe9 au lait</p>",  # and nginx says that it is UTF-8
    "links.html": b" ".join(b"<a href=/%d>link %d</a>" % (i, i) for i in range(10_000)),
    "unclosed.html": b"<div><b>unclosed " * 50_000,
    "large.html": b"a" * (50 << 20),
    "bomb.gz": gzip.compress(b"a" * (100 << 20)),
    "picture.png": bytes(2_000),
    "paper.pdf": b"%PDF-1.7 and so on",
}


def listening():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def free_port():
    with listening() as server:
        return server.getsockname()[1]


def answer_without_end(server):
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
                while True:
                    connection.sendall(b"a" * 65536)
            except OSError:
                pass  # they have had enough


def write_files(folder, ports):
    (folder / "pages").mkdir(parents=True)
    for name, content in PAGES.items():
        (folder / "pages" / name).write_bytes(content)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                   check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "nginx.conf").write_text(NGINX_SETTINGS % ports)
    (folder / "settings.yml").write_text(SEARX_SETTINGS % {**ports, "folder": folder})
    with sqlite3.connect(folder / "corpus.db") as corpus:
        corpus.execute("create virtual table page using fts5(title, url, content)")
        for title, name, content in (("Looms", "looms.html", "how the heddle lifts threads"),
                                     ("Threads", "threads.html", "of fibres and threads")):
            url = "http://127.0.0.1:%d/%s" % (ports["pages"], name)
            corpus.execute("insert into page values (?, ?, ?)", (title, url, content))
    corpus.close()


def await_port(port, process):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"{process.args[0]} does not answer; see log in the folder")


def main():
    programs = (("searx", SEARX), ("nginx-light", NGINX), ("openssl", "/usr/bin/openssl"))
    missing = [name for name, program in programs if not os.access(program, os.X_OK)]
    if missing:
        raise SystemExit("these packages are missing: " + " ".join(missing))
    folder = pathlib.Path(sys.argv[1]).resolve()
    endless = listening()
    threading.Thread(target=answer_without_end, args=(endless,), daemon=True).start()
    ports = {name: free_port() for name in ("pages", "secret", "own_word", "searx")}
    ports["endless"] = endless.getsockname()[1]
    write_files(folder, ports)
    servers = []
    try:
        with open(folder / "log", "wb") as log:
            start = lambda words, **more: subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
            servers.append(start([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]))
            servers.append(start([SEARX], env={**os.environ, "SEARX_SETTINGS_PATH": str(folder / "settings.yml")}))
        await_port(ports["pages"], servers[0])
        await_port(ports["searx"], servers[1])
        print(json.dumps(ports), flush=True)
        sys.stdin.read()
    finally:
        for server in servers:
            server.terminate()
            server.wait()


main()
