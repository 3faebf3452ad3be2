-- The newest revision of a realm, and the oldest that can still be read.
CREATE TABLE realms (
	id       TEXT    NOT NULL PRIMARY KEY,
	revision INTEGER NOT NULL,
	pruned   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What stands in many rows as a number: a realm; a realm and a kind with a slash
-- between, which are a list of documents; the same and an index, which are a list
-- of entries. Kinds and indexes have no slash.
CREATE TABLE names (
	number INTEGER PRIMARY KEY,
	name   TEXT NOT NULL UNIQUE
) STRICT;

-- Every version of every document, in the order of writing. A reader of revision
-- r sees the version with revision <= r that has no until, or one behind r. body
-- is NULL when the version is a deletion.
--
-- entries is what indexes hold of the newest version, encoded as entries.go says.
--
-- It has row ids: bodies are large, and SQLite keeps a large row better in a
-- table of its own than among the keys.
CREATE TABLE documents (
	row      INTEGER PRIMARY KEY,
	realm    INTEGER NOT NULL,
	list     INTEGER NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	until    INTEGER,
	body     BLOB,
	entries  BLOB
) STRICT;

-- A version that is new takes one place in documents_newest and one in
-- documents_change, where it comes last. The others have what only the past needs.
CREATE UNIQUE INDEX documents_newest ON documents (list, id)
	WHERE until IS NULL AND body IS NOT NULL;
CREATE UNIQUE INDEX documents_past ON documents (list, id, revision)
	WHERE until IS NOT NULL OR body IS NULL;
CREATE INDEX documents_change ON documents (realm, revision);
CREATE INDEX documents_superseded ON documents (realm, until)
	WHERE until IS NOT NULL;

-- Where an index holds a document now, and since which revision.
CREATE TABLE entries (
	list     INTEGER NOT NULL,
	value    TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	PRIMARY KEY (list, value, id)
) STRICT, WITHOUT ROWID;

-- Where it held one once: a reader of revision r sees what has revision <= r < until.
-- An entry outlives the version that brought it when the next one keeps it.
CREATE TABLE entries_past (
	list     INTEGER NOT NULL,
	value    TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	realm    INTEGER NOT NULL,
	PRIMARY KEY (list, value, id, revision)
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_past_until ON entries_past (realm, until);
