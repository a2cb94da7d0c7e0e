// tests/sandbox/everyday/checks.cpp: Small things that tools do at their start, and that a sandbox breaks unseen.
#include "tests/sandbox/everyday/work.h"

namespace heddle::test {

std::vector<Work> small_checks() {
    return {
        {"a script in /tmp", "sh", "printf '#!/bin/sh\\necho ran\\n' > /tmp/s; chmod +x /tmp/s; /tmp/s", "ran\n"},
        {"node starts git", "node git",
         "git init -q .; git -c user.name=a -c user.email=a@b commit -qm one --allow-empty; node -e 'const r = "
         "require(\"child_process\").spawnSync(\"git\", [\"log\", \"--format=%s\"]); if (r.error) throw r.error; "
         "process.stdout.write(r.stdout)'",
         "one\n"},
        {"node serves at a path", "node",
         "node -e 'const net = require(\"net\"); const s = net.createServer(c => c.end(\"path\")).listen(\"/tmp/n\", "
         "() => net.connect(\"/tmp/n\").on(\"data\", d => console.log(d.toString())).on(\"close\", () => s.close()))'",
         "path\n"},
        {"node serves on the loopback", "node",
         "node -e 'const net = require(\"net\"); const s = net.createServer(c => c.end(\"port\")).listen(0, "
         "\"127.0.0.1\", () => net.connect(s.address().port).on(\"data\", d => console.log(d.toString())).on(\"close\","
         " () => s.close()))'",
         "port\n"},
        {"node counts processors", "node",
         "node -e 'const os = require(\"os\"); console.log(os.cpus().length > 0, os.totalmem() > 0, "
         "os.networkInterfaces().lo.length > 0)'",
         "true true true\n"},
        {"node watches a folder", "node",
         "node -e 'const fs = require(\"fs\"); const w = fs.watch(\".\", (kind, name) => { console.log(name); "
         "w.close() }); fs.writeFileSync(\"seen\", \"\")'",
         "seen\n"},
        {"npm", "npm", "npm --version | grep -c '^[0-9]'", "1\n"},
        {"a database in a temporary folder", "python3",
         "python3 -c 'import sqlite3, tempfile\nwith tempfile.TemporaryDirectory() as d:\n  c = sqlite3.connect(d + "
         "\"/x\"); print(c.execute(\"pragma journal_mode=wal\").fetchone()[0]); c.execute(\"create table t(a)\"); "
         "c.close()'",
         "wal\n"},
        {"a venv with pip", "python3 module:ensurepip",
         "python3 -m venv /tmp/v; /tmp/v/bin/pip --version | grep -c /tmp/v", "1\n"},
        {"pip list", "python3 module:pip", "python3 -m pip list 2>/dev/null | grep -c '^pip '", "1\n"},
        {"free, nproc, df", "free nproc df",
         "free | grep -c Mem:; [ $(nproc) -gt 0 ]; df --output=target \"$PWD\" | tail -1 | grep -c /", "1\n1\n"},
        {"users by number", "getent", "getent passwd 0 | cut -d: -f1; whoami", "root\nguest\n"},
        {"the name of the loopback", "getent", "getent hosts localhost | grep -c localhost", "1\n"},
        {"versions of ssh and openssl", "ssh openssl", "ssh -V 2>&1 | grep -c OpenSSH; openssl version | grep -c SSL",
         "1\n1\n"},
        {"date and locale", "date locale", "date +%Z -u; locale | grep -c ^LANG=", "UTC\n1\n"},
        // The one that may be refused: a tracer sees into others. It has to say so in words that are known.
        {"strace is refused", "strace", "strace -f true 2>&1 | grep -qi 'operation not permitted'; echo in words",
         "in words\n"},
        {"find from the root", "find", "find / -maxdepth 2 2>/dev/null | grep -cx /usr/bin", "1\n"},
        {"fifos and links", "mkfifo", "mkfifo p; echo through > p & cat p; touch a; ln a b; ln -s a c; stat -c %h b",
         "through\n2\n"},
        {"install", "install", "echo a > m; install -m 755 m /tmp/m; install -Dm 640 m sub/m; stat -c %a /tmp/m sub/m",
         "755\n640\n"},
        {"tar and cp to another file system", "tar cp",
         "mkdir d; seq 99 > d/f; ln -s f d/l; tar cf /tmp/t.tar .; mkdir /tmp/t; tar xf /tmp/t.tar -C /tmp/t; cp -a . "
         "/tmp/c; diff -r d /tmp/t/d; diff -r d /tmp/c/d; readlink /tmp/c/d/l",
         "f\n"},
        {"make runs two at a time", "make",
         "printf 'all: a b\\na b:\\n\\t@sleep 0.1; echo made\\n' > M; make -sj2 -f M", "made\nmade\n"},
        {"cmake configures", "cmake cc make",
         "printf 'cmake_minimum_required(VERSION 3.10)\\nproject(x C)\\n' > CMakeLists.txt; cmake -B /tmp/b "
         ">/dev/null; "
         "[ -s /tmp/b/CMakeCache.txt ] && echo configured",
         "configured\n"},
        {"nobody at a local port", "curl",
         "SECONDS=0; curl -sS --max-time 3 http://127.0.0.1:9/ 2>/dev/null || [ $SECONDS -lt 2 ] && echo quickly",
         "quickly\n"},
        {"time", "bash", "( time true ) 2>&1 | grep -c real", "1\n"},
        {"setsid and nohup", "setsid nohup", "setsid -w echo apart; nohup echo on 2>/dev/null", "apart\non\n"},
        {"chown to oneself", "chown", "touch m; chown \"$(id -un)\" m; chown \"$(id -u):$(id -g)\" m; stat -c %U m",
         "guest\n"},
    };
}

}  // namespace heddle::test
