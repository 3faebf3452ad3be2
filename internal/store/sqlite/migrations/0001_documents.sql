-- The newest revision of a realm, and the oldest that can still be read.
CREATE TABLE realms (
	id       TEXT    NOT NULL PRIMARY KEY,
	revision INTEGER NOT NULL,
	pruned   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Every version of every document. A reader of revision r sees the version
-- with revision <= r < until. The newest version of a document has the largest
-- integer as until. body is NULL when the version is a deletion.
--
-- It has row ids: bodies are large, and SQLite keeps a large row better in a
-- table of its own than among the keys.
CREATE TABLE documents (
	row      INTEGER PRIMARY KEY,
	realm    TEXT    NOT NULL,
	kind     TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	until    INTEGER NOT NULL DEFAULT 9223372036854775807,
	body     BLOB
) STRICT;

CREATE UNIQUE INDEX documents_version ON documents (realm, kind, id, revision);
CREATE UNIQUE INDEX documents_change ON documents (realm, revision, kind, id);
CREATE UNIQUE INDEX documents_newest ON documents (realm, kind, id)
	WHERE until = 9223372036854775807 AND body IS NOT NULL;
CREATE INDEX documents_superseded ON documents (realm, until)
	WHERE until < 9223372036854775807;

-- Where an index holds a document, from one revision until another as above.
-- An entry outlives the version that brought it when the next one keeps it.
CREATE TABLE entries (
	realm    TEXT    NOT NULL,
	kind     TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	value    TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	until    INTEGER NOT NULL DEFAULT 9223372036854775807,
	PRIMARY KEY (realm, kind, name, value, id, revision)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX entries_newest ON entries (realm, kind, name, value, id)
	WHERE until = 9223372036854775807;
CREATE INDEX entries_document ON entries (realm, kind, id)
	WHERE until = 9223372036854775807;
CREATE INDEX entries_superseded ON entries (realm, until)
	WHERE until < 9223372036854775807;
