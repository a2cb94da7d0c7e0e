-- The store, version 1. Times are microseconds since 1970, UTC. Ids are never reused; rows are only ever added, and
-- only a session's title is ever filled in later.

create table session(
    number     integer primary key autoincrement,           -- also the session's byte in the file of writer locks
    id         text    not null unique check (length(id) = 36),
    created_us integer not null,
    cwd        text    not null,
    model      text    not null,
    model_hash text    not null,
    retention  text    not null,
    title      text    not null default ''                  -- the first words of the first prompt
) strict;

-- A message of the conversation. Root to leaf, the runs of a path are exactly the tokens that the model saw.
create table node(
    id          integer primary key autoincrement,
    session     integer not null references session(number),
    parent      integer,                                    -- null: a root
    role        text    not null check (role in ('system', 'developer', 'user', 'assistant', 'tool')),
    created_us  integer not null,
    copied_from integer,                                    -- the node that this one repeats on a new branch
    message     text,                                       -- JSON; null: the node's reply event has it
    unique (session, id),
    foreign key (session, parent) references node(session, id),
    foreign key (session, copied_from) references node(session, id)
) strict;

-- A stretch of a node's token ids. One row for what was rendered at once, one row for each sampled token.
create table run(
    node     integer not null references node(id),
    place    integer not null,                              -- 0, 1, 2, ... within the node
    sampled  integer not null check (sampled in (0, 1)),
    content  integer check (content in (0, 1)),             -- the message's own text; null: not known
    ids      blob    not null check (length(ids) % 4 = 0),  -- int32, little endian
    logprobs blob    check (logprobs is null or length(logprobs) = length(ids)),   -- float32, little endian
    text     blob    not null,                              -- bytes: one token may cut a UTF-8 character
    primary key (node, place)
) strict, without rowid;

create table event(
    seq     integer primary key autoincrement,
    session integer not null references session(number),
    node    integer,                                        -- what the event is about, if it is about a message
    kind    text    not null,
    at_us   integer not null,
    body    text    not null,                               -- JSON
    foreign key (session, node) references node(session, id)
) strict;
create index event_of_session on event(session);

create trigger node_is_append_only before update on node begin select raise(abort, 'nodes are never changed'); end;
create trigger node_stays before delete on node begin select raise(abort, 'nodes are never deleted'); end;
create trigger run_is_append_only before update on run begin select raise(abort, 'runs are never changed'); end;
create trigger run_stays before delete on run begin select raise(abort, 'runs are never deleted'); end;
create trigger event_is_append_only before update on event begin select raise(abort, 'events are never changed'); end;
create trigger event_stays before delete on event begin select raise(abort, 'events are never deleted'); end;
