// tools/interpreter_scripts.h: What makes bash and Python take code from a socket, so that nothing typed or printed is
// mistaken for code, or for its end.
#pragma once

namespace heddle::tools {

// The first bash keeps the socket, which is its standard input, as descriptor 19, and its output as 18, and becomes an
// interactive one on the terminal: only such a one has job control, and comes back to its prompt when a loop of its own
// is interrupted. Without --norc the first one takes a socket for a remote shell, and reads the files of one.
inline constexpr const char* bash_start = "exec 18>&1 19<&0 0<>/dev/tty && exec bash --noprofile --norc --noediting -i";

// Before each prompt that bash runs this; it never comes to the prompt, but for an interrupt, after which it is run
// again. A command comes as "SIZE INPUT\n" and SIZE bytes; its end is told as "STATUS FOLDER" and a NUL. Commands do
// not have the two descriptors, and each begins with the shell's own streams. What they set with `set` (e, u, v, x)
// holds for them and not for this; and what they make of the words that this needs, as functions, aliases or by
// `enable`, is undone: in POSIX mode bash finds its own `unset` before any function. A shell that can no longer tell
// an end or take a command ends itself; `exit` does so the second time, where there are stopped jobs. A program that is
// stopped, and `break 99`, leave all loops: then it begins again.
inline constexpr const char* bash_loop = R"(
if [[ -n ${heddle_loop-} ]]; then
    heddle_end=${heddle_end:-130}
else
    heddle_loop=$PROMPT_COMMAND heddle_end=0 heddle_busy=
    export -n PROMPT_COMMAND PS1 PS2
    unset HISTFILE
    set +o history +o histexpand
    heddle_status_is() { return "$1"; }
    heddle_next() {
        heddle_status=$heddle_end heddle_set=$-
        POSIXLY_CORRECT=1
        unset -f builtin enable eval exit printf read return set unset
        set +euvx
        unset POSIXLY_CORRECT PROMPT_COMMAND PS0
        enable builtin eval exit printf read return set unset
        PROMPT_COMMAND=$heddle_loop PS1= PS2= heddle_end=
        heddle_set=${heddle_set//[^euvx]/}
        if [[ -n $heddle_busy ]]; then
            printf '%s %s\0' "$heddle_status" "$PWD" >&19 || exit || exit
        fi
        heddle_busy=
        IFS=' ' read -r -u 19 heddle_size heddle_input || exit || exit
        LC_ALL=C IFS= read -r -N "$heddle_size" -u 19 heddle_text || exit || exit
        heddle_busy=1 heddle_taken=1
        if [[ -n $heddle_set ]]; then
            heddle_text="set -$heddle_set; $heddle_text"
        elif [[ $heddle_status != 0 && $heddle_text == *[![:space:]]* ]]; then
            heddle_text="heddle_status_is $heddle_status; $heddle_text"
        fi
    }
fi
while { heddle_end=${heddle_end:-$?} heddle_taken=; heddle_next; } >/dev/null 2>&1; do
    for heddle_once in 1; do
        \eval "$heddle_text"
    done 1>&18 2>&18 18>&- 19>&- <"$heddle_input"
done
heddle_end=$?
if [[ -n $heddle_taken ]]; then
    heddle_taken=
    \eval "$heddle_loop"
fi
\exit "$heddle_end" || \exit "$heddle_end"
)";

// Pieces share one module, __main__. The value of a last expression is shown. A traceback begins where the code does,
// and of what lies below it only the last place is shown. Figures that are open at the end become files.
inline constexpr const char* python_loop = R"(
import ast, builtins, linecache, os, signal, socket, sys, traceback, types

class Restart(SystemExit):
    pass

def restart(code=None):
    raise Restart(code)

def trim(shown, pieces, seen):
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    frames = [frame for frame in shown.stack if frame.filename != '<string>']
    kept = [frame for frame in frames if frame.filename in pieces or frame is frames[-1]]
    shown.stack = traceback.StackSummary.from_list(kept)
    trim(shown.__cause__, pieces, seen)
    trim(shown.__context__, pieces, seen)

def save_figures():
    pyplot = sys.modules.get('matplotlib.pyplot')
    for number in pyplot.get_fignums() if pyplot else []:
        count = 1
        while os.path.lexists(f'plot-{count}.png'):
            count += 1
        pyplot.figure(number).savefig(f'plot-{count}.png')
        print(f'[plot saved as plot-{count}.png]')
    if pyplot:
        pyplot.close('all')

def run(code, name, scope):
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, 'exec'), scope)
    if last is not None:
        sys.displayhook(eval(compile(ast.Expression(last.value), name, 'eval'), scope))

def serve():
    talk = socket.socket(fileno=os.dup(0))
    orders = talk.makefile('rb')
    main = types.ModuleType('__main__', None)
    main.__builtins__ = builtins
    sys.modules['__main__'] = main
    sys.argv, sys.path[0:1] = [''], ['']
    builtins.exit = builtins.quit = restart
    pieces = set()
    while line := orders.readline():
        size, given = line.split()
        code = orders.read(int(size)).decode('utf-8', 'surrogateescape')
        file = os.open(given, os.O_RDWR)
        os.dup2(file, 0)
        os.close(file)
        sys.stdin = open(0, closefd=False)
        name = f'<input {len(pieces) + 1}>'
        pieces.add(name)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        status, goes_on = 0, True
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            run(code, name, main.__dict__)
            save_figures()
        except SystemExit as end:
            goes_on = not isinstance(end, Restart)
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            if status == 1 and end.code != 1:
                print(end.code, file=sys.stderr)
        except KeyboardInterrupt:
            status = 130
            print('KeyboardInterrupt', file=sys.stderr)
        except BaseException as error:
            status = 1
            trimmed = traceback.TracebackException.from_exception(error)
            trim(trimmed, pieces, set())
            print(''.join(trimmed.format()), end='', file=sys.stderr)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdout.flush()
        sys.stderr.flush()
        if not goes_on:
            sys.exit(status)
        try:
            folder = os.getcwd()
        except OSError:
            folder = ''
        talk.sendall(f'{status} {folder}\0'.encode('utf-8', 'surrogateescape'))

serve()
)";

}  // namespace heddle::tools
