// tests/sandbox/everyday/tools.cpp: Git, compilers, Python, shells and servers, each with what it has to print.
//
// Most of these broke at least one of the sandboxes of other agents: a lock of git's index, a socket pair, /dev/shm.
#include <algorithm>
#include <iterator>

#include "tests/sandbox/everyday/work.h"

namespace heddle::test {

namespace {

constexpr Work with_git[] = {
    {"git init, commit, status", "git",
     "git init -q . 2>/dev/null; git config user.name me; git config user.email me@here; echo a > f; git add f; git "
     "commit -qm one; git status --short; git log HEAD --format=%s",
     "one\n"},
    {"git branch, merge, stash", "git",
     "git init -q -b main .; git config user.name me; git config user.email me@here; echo a > f; git add .; git commit "
     "-qm one; git switch -qc b; echo b > f; git commit -qam two; git switch -q main; git merge -q b; echo c > f; git "
     "stash -q; cat f; git stash pop -q; cat f; git gc -q",
     "b\nc\n"},
    {"git worktree", "git",
     "git init -q -b main m; cd m; git -c user.name=a -c user.email=a@b commit -qm one --allow-empty; git worktree add "
     "-q ../w; cd ../w; echo x > f; git add f; git -c user.name=a -c user.email=a@b commit -qm two; git log "
     "--format=%s",
     "two\none\n"},
    {"git clone, hook, apply", "git",
     "git init -q -b main m; cd m; echo a > f; git add f; printf '#!/bin/sh\\necho hook >&2\\n' > "
     ".git/hooks/pre-commit; "
     "chmod +x .git/hooks/pre-commit; git -c user.name=a -c user.email=a@b commit -qm one 2>&1; cd ..; git clone -q m "
     "c "
     "2>/dev/null; cd c; echo b > f; git diff > d; git checkout -q f; git apply d; cat f",
     "hook\nb\n"},
    {"patch and diff", "patch diff",
     "seq 5 > a; sed 's/3/three/' a > b; diff -u a b > p || true; patch -s a p; cmp a b; diff -r . . && echo same",
     "same\n"},
};

constexpr Work with_compilers[] = {
    {"gcc compiles and runs", "gcc",
     "printf '#include <stdio.h>\\nint main(void) { puts(\"hello\"); return 0; }\\n' > h.c; gcc -O1 -g h.c -o h; ./h",
     "hello\n"},
    {"g++ with threads", "g++",
     "printf '#include <thread>\\n#include <iostream>\\nint main() { std::thread t([] { std::cout << 1 << std::endl; "
     "}); "
     "t.join(); }\\n' > h.cpp; g++ -pthread h.cpp -o h; ./h",
     "1\n"},
    {"clang compiles and runs", "clang-19",
     "printf 'int main(void) { return 3; }\\n' > h.c; clang-19 h.c -o h; ./h || echo $?", "3\n"},
    {"make -j", "make gcc",
     "for i in 1 2 3 4; do echo \"int f$i(void) { return $i; }\" > f$i.c; done; echo 'int main(void) { return 0; }' > "
     "main.c; printf 'p: main.o f1.o f2.o f3.o f4.o\\n\\t$(CC) -o $@ $^\\n' > Makefile; make -s -j4 && ./p && echo "
     "made",
     "made\n"},
    {"a shared library", "gcc",
     "echo 'int f(void) { return 7; }' > l.c; gcc -shared -fPIC l.c -o libl.so; printf 'int f(void);int main(void) { "
     "return f(); }' > m.c; gcc m.c -L. -ll -Wl,-rpath,. -o m; ./m || echo $?",
     "7\n"},
};

constexpr Work with_python[] = {
    {"python venv", "python3",
     "python3 -m venv --without-pip v; v/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'", "True\n"},
    {"python multiprocessing", "python3",
     "python3 -c 'import multiprocessing as m\nif __name__ == \"__main__\":\n  with m.Pool(3) as p: print(p.map(abs, "
     "[-1, "
     "-2]))\n  q = m.Queue(); q.put(4); print(q.get()); m.Semaphore(); m.Lock()'",
     "[1, 2]\n4\n"},
    {"python shared memory", "python3",
     "python3 -c 'from multiprocessing import shared_memory as s\nm = s.SharedMemory(create=True, size=100); m.buf[0] "
     "= 5; "
     "n = s.SharedMemory(m.name); print(n.buf[0]); n.close(); m.close(); m.unlink()' 2>/dev/null",
     "5\n"},
    {"python asyncio", "python3",
     "python3 -c 'import asyncio\nasync def main():\n  p = await asyncio.create_subprocess_exec(\"echo\", \"sub\", "
     "stdout=-1)\n  print((await p.communicate())[0].decode().strip())\n  s = await asyncio.start_unix_server(lambda "
     "r, w: "
     "w.close(), \"s\")\n  r, w = await asyncio.open_unix_connection(\"s\"); print(await "
     "r.read())\nasyncio.run(main())'",
     "sub\nb''\n"},
    {"python sqlite3", "python3",
     "python3 -c 'import sqlite3\nd = sqlite3.connect(\"db\"); d.execute(\"pragma journal_mode=wal\"); "
     "d.execute(\"create "
     "table t(x)\"); d.execute(\"insert into t values (1)\"); d.commit(); print(d.execute(\"select x from "
     "t\").fetchone()[0])'",
     "1\n"},
    {"python tempfile, flock, mmap", "python3",
     "python3 -c 'import tempfile, fcntl, mmap\nwith tempfile.NamedTemporaryFile() as f, tempfile.TemporaryDirectory() "
     "as "
     "d:\n  f.write(b\"abc\"); f.flush(); fcntl.flock(f, fcntl.LOCK_EX); print(mmap.mmap(f.fileno(), 0)[:2].decode())'",
     "ab\n"},
    {"python subprocess and pty", "python3",
     "python3 -c 'import subprocess, pty, os\nprint(subprocess.run([\"sh\", \"-c\", \"echo out\"], "
     "capture_output=True, "
     "text=True).stdout.strip())\na, b = pty.openpty(); os.write(b, b\"x\"); print(os.read(a, 1).decode())'",
     "out\nx\n"},
    {"python unittest, json, ssl", "python3",
     "printf 'import unittest\\nclass T(unittest.TestCase):\\n  def test(self): self.assertTrue(True)\\n' > test_a.py; "
     "python3 -m unittest -q 2>&1 | grep -c OK; python3 -c 'import json, ssl; ssl.create_default_context(); "
     "print(json.dumps([1]))'",
     "1\n[1]\n"},
    {"node and its children", "node",
     "node -e 'const c = require(\"child_process\"); console.log(c.spawnSync(\"echo\", "
     "[\"sync\"]).stdout.toString().trim()); "
     "new (require(\"worker_threads\").Worker)(\"console.log(\\\"worker\\\")\", {eval: true})'",
     "sync\nworker\n"},
    {"perl", "perl",
     "perl -e 'use POSIX; my $p = fork(); exit 0 unless $p; wait; print \"forked\\n\"; print `echo sub`'",
     "forked\nsub\n"},
};

constexpr Work with_shells[] = {
    {"job control", "bash",
     "set -m; sleep 0.1 & jobs | grep -c Running; fg >/dev/null; sleep 9 & kill %2 || kill %1; wait || true; echo done",
     "1\ndone\n"},
    {"heredocs and substitution", "bash",
     "cat <<A\n$((1 + 2))\nA\ncat <<< word; diff <(echo a) <(echo a) && echo same; mapfile -t x < <(seq 3); echo "
     "${x[2]}",
     "3\nword\nsame\n3\n"},
    {"mktemp", "mktemp", "f=$(mktemp); d=$(mktemp -d); echo x > $d/y; cat $d/y; rm -r $f $d; mktemp -p . | wc -l",
     "x\n1\n"},
    {"sort of a big file", "sort", "seq 300000 | shuf > f; sort -n -S 2M f | tail -1; sort -n --parallel=2 f | head -1",
     "300000\n1\n"},
    {"tar, gzip, xz", "tar gzip xz",
     "mkdir d; seq 1000 > d/f; chmod 640 d/f; tar czf a.tgz d; tar cJf a.txz d; mkdir e; tar xzf a.tgz -C e; tar xJf "
     "a.txz "
     "-C e; cmp d/f e/d/f; stat -c %a e/d/f",
     "640\n"},
    {"zip", "zip unzip", "echo a > f; zip -q z f; rm f; unzip -q z; cat f", "a\n"},
    {"find, xargs, parallel", "find xargs",
     "seq 50 | xargs touch; find . -name '*5' -print0 | xargs -0 -n 1 -P 4 echo | wc -l; find . -type f -delete; ls | "
     "wc -l",
     "5\n0\n"},
    {"sed -i, awk, cut, tr", "sed awk",
     "echo a b > f; sed -i 's/a/c/' f; awk '{ print $2, $1 }' f | tr b d | cut -c1-3", "d c\n"},
    {"cp -a, links, times, modes", "cp",
     "mkdir d; echo a > d/f; ln -s f d/l; ln d/f d/h; touch -d 2001-01-01Z d/f; chmod 600 d/f; cp -a d e; stat -c '%a "
     "%Y %h' e/f; readlink e/l",
     "600 978307200 2\nf\n"},
    {"pipes that end early", "head", "yes | head -2; seq 100000 | grep -m1 77; set -o pipefail; echo a | cat | wc -l",
     "y\ny\n77\n1\n"},
    {"flock", "flock", "flock l -c 'echo held'; exec 9> l; flock -n 9 && echo again", "held\nagain\n"},
    {"signals and traps", "bash",
     "trap 'echo int' INT; kill -INT $$; timeout 0.1 sleep 9 || echo $?; (trap 'echo bye' EXIT)", "int\n124\nbye\n"},
    {"locale and time", "locale", "locale charmap; TZ=Europe/Berlin date -d @0 +%H; printf '%s' ä | wc -m",
     "UTF-8\n01\n1\n"},
    {"whoami, home, terminal names", "id",
     "id -un; cd ~; pwd; [ -w . ] && [ -w /tmp ] && [ -w $TMPDIR ] && echo writable; getent passwd $(id -u) | cut -d: "
     "-f1; hostname | wc -l",
     "guest\n/home/guest\nwritable\nguest\n1\n"},
};

constexpr Work with_systems[] = {
    {"ps, top, pgrep", "ps top",
     "sleep 9 & until [ $(ps -o comm= -p $!) = sleep ]; do :; done; ps -o comm= -p $!; top -bn1 -p $! | tail -n +8 | "
     "grep -c .; pgrep -c sleep; pkill sleep; free "
     ">/dev/null; uptime "
     ">/dev/null; df . >/dev/null; echo ok",
     "sleep\n1\n1\nok\n"},
    {"/dev/shm, /dev/fd, /dev/tty names", "bash",
     "echo a > /dev/shm/f; cat /dev/shm/f; echo b | cat /dev/stdin; echo c > /dev/stdout; cat /dev/fd/3 3<<< d; echo e "
     "> /dev/null",
     "a\nb\nc\nd\n"},
    {"an HTTP server and curl", "python3 curl",
     "echo hello > f; python3 -m http.server 8080 --bind 127.0.0.1 >/dev/null 2>&1 & for i in $(seq 100); do curl -sf "
     "http://localhost:8080/f && break; sleep 0.1; done",
     "hello\n"},
    {"a unix server and curl", "python3 curl",
     "python3 -c 'import socket\ns = socket.socket(socket.AF_UNIX); s.bind(\"s\"); s.listen(); print(\"up\", "
     "flush=True)\nc, "
     "_ = s.accept(); c.recv(999); c.send(b\"HTTP/1.0 200 OK\\r\\n\\r\\nunix\\n\")' > up & while [ ! -s up ]; do sleep "
     "0.05; "
     "done; curl -s --unix-socket s http://x/",
     "unix\n"},
    {"a UDP echo, both families", "python3",
     "python3 -c 'import socket\nfor f, a in ((socket.AF_INET, \"127.0.0.1\"), (socket.AF_INET6, \"::1\")):\n  s = "
     "socket.socket(f, socket.SOCK_DGRAM); s.bind((a, 0)); c = socket.socket(f, socket.SOCK_DGRAM); c.sendto(b\"x\", "
     "s.getsockname()); print(s.recv(9).decode())'",
     "x\nx\n"},
    {"ssh-keygen", "ssh-keygen",
     "ssh-keygen -q -t ed25519 -N '' -f k; ssh-keygen -lf k.pub | grep -c ED25519; stat -c %a k", "1\n600\n"},
    {"openssl", "openssl",
     "openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 1 -subj /CN=x 2>/dev/null; openssl x509 -in c "
     "-noout "
     "-subject; echo a | openssl dgst -sha256 -r | cut -c1-8",
     "subject=CN = x\n87428fc5\n"},
    {"tmux", "tmux",
     "export TERM=xterm; tmux new-session -d -s s 'echo in tmux > f; sleep 5'; for i in $(seq 100); do [ -s f ] && "
     "break; sleep 0.05; done; cat "
     "f; tmux kill-server",
     "in tmux\n"},
    {"screen", "screen",
     "screen -dmS s bash -c 'echo in screen > f; sleep 5'; for i in $(seq 100); do [ -s f ] && break; sleep 0.05; "
     "done; cat f",
     "in screen\n"},
    {"script, a terminal", "script", "script -qec 'test -t 0 && echo terminal' /dev/null | tr -d '\\r'", "terminal\n"},
    {"jq, bc, file, sqlite3", "jq bc file sqlite3",
     "echo '{\"a\": [1, 2]}' | jq '.a[1]'; echo '2 ^ 70' | bc; file /bin/sh | grep -c link; sqlite3 d 'create table "
     "t(x); select 3'",
     "2\n1180591620717411303424\n1\n3\n"},
    {"ripgrep", "rg", "echo needle > f; rg -l needle; rg needle | wc -l", "f\n1\n"},
    {"nice, taskset, ulimit", "nice taskset", "nice -n 3 nice; taskset 1 echo pinned; ulimit -n 100; ulimit -n",
     "3\npinned\n100\n"},
};

}  // namespace

std::vector<Work> work_with_tools() {
    std::vector<Work> all;
    const auto add = [&](const auto& works) { std::copy(std::begin(works), std::end(works), std::back_inserter(all)); };
    add(with_git);
    add(with_compilers);
    add(with_python);
    add(with_shells);
    add(with_systems);
    return all;
}

}  // namespace heddle::test
