-- What indexes hold takes one row each, and not one in each of three trees:
-- entries have what they hold now, entries_past what they held once, and the
-- newest version of a document says itself where it is held.

-- JSON: an array of pairs of an index and a value, each once, in their order.
ALTER TABLE documents ADD COLUMN entries TEXT;

UPDATE documents
SET entries = (
	SELECT json_group_array(json_array(name, value))
	FROM (
		SELECT name, value
		FROM entries INDEXED BY entries_document
		WHERE realm = documents.realm AND kind = documents.kind AND id = documents.id AND until = 9223372036854775807
		ORDER BY name, value))
WHERE until = 9223372036854775807 AND body IS NOT NULL;

-- A list is a realm, a kind and an index, with slashes between: the last two
-- have none.
CREATE TABLE entries_now (
	list     TEXT    NOT NULL,
	value    TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	PRIMARY KEY (list, value, id)
) STRICT, WITHOUT ROWID;

INSERT INTO entries_now (list, value, id, revision)
SELECT realm || '/' || kind || '/' || name, value, id, revision
FROM entries
WHERE until = 9223372036854775807;

-- A reader of revision r sees what has revision <= r < until.
CREATE TABLE entries_past (
	list     TEXT    NOT NULL,
	value    TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	revision INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	realm    TEXT    NOT NULL,
	PRIMARY KEY (list, value, id, revision)
) STRICT, WITHOUT ROWID;

INSERT INTO entries_past (list, value, id, revision, until, realm)
SELECT realm || '/' || kind || '/' || name, value, id, revision, until, realm
FROM entries
WHERE until < 9223372036854775807;

CREATE INDEX entries_past_until ON entries_past (realm, until);

DROP TABLE entries;
ALTER TABLE entries_now RENAME TO entries;
