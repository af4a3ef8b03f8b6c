-- Version 1 of the store. A change to it needs a new number in database.py and a migration from this one.

CREATE TABLE versions (
    newest INTEGER NOT NULL,     -- the resource version that was given out last
    forgotten INTEGER NOT NULL   -- changes up to this one are no longer in the history
);
INSERT INTO versions VALUES (1, 1);  -- 0 means "any" in Kubernetes, so no list may ever have it

CREATE TABLE objects (
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,          -- JSON
    applied TEXT NOT NULL,       -- JSON: the labels and annotations that the last manifest had, by name
    PRIMARY KEY (kind, namespace, name)
);
CREATE INDEX events_by_subject ON objects (json_extract(body, '$.regarding.uid')) WHERE kind = 'Event';

CREATE TABLE owners (
    owner TEXT NOT NULL,         -- UID; the owner itself may be gone
    dependent TEXT NOT NULL REFERENCES objects (uid) ON DELETE CASCADE,
    PRIMARY KEY (owner, dependent)
) WITHOUT ROWID;
CREATE INDEX owners_by_dependent ON owners (dependent);

CREATE TABLE changes (
    version INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    labels_before TEXT,          -- JSON; NULL where there was no object before
    deleted INTEGER NOT NULL,
    body TEXT NOT NULL           -- JSON: as it was after the change, or last before it was deleted
);
CREATE INDEX changes_by_kind ON changes (kind, version);
