-- The index of the user's documents: collections are folders, a document is a file of one. All of it can be made again
-- from the files. A document's text stands where it is searched, in the row of `passage` with its id.
create table collection(
    id integer primary key,
    root blob not null unique,   -- the folder's canonical path
    name text not null unique    -- the host of its documents' URLs
) strict;

create table document(
    id integer primary key,
    collection integer not null references collection on delete cascade,
    path blob not null,          -- below the root
    size integer not null,       -- of the file, with its time what tells whether it has changed
    modified_ns integer not null,
    url text unique,             -- null: the file is no text, and is not read again until it changes
    links text,                  -- a JSON array of URLs, by id
    unique (collection, path)
) strict;

create virtual table passage using fts5(title, text, tokenize = 'words');
