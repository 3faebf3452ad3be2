package sqlite

// checkpointEvery is how many documents are written until what stands in the log
// is put into its place in the database. The disk does that and commits in turns:
// with eight times as many, the slowest of 64 writers at once waited three times as
// long; with half as many, all of them wait longer.
const checkpointEvery = 500

// checkpoint puts what the log has into its place, beside the writer: every update
// would wait for it, some tens of milliseconds. As long as there is always more in
// the log, it cannot begin anew. That is left to the writer, when the log is as long
// as wal_autocheckpoint says, and hardly anything is left to do; and so is what
// fails here.
//
// Versions of SQLite before 3.51.3 could lose commits where one connection
// checkpoints while another begins the log anew. Source: sqlite.org/wal.html.
func (s *Store) checkpoint(due <-chan struct{}) {
	for range due {
		c := <-s.checkpointer
		_, _ = c.exec("PRAGMA wal_checkpoint(PASSIVE)")
		s.checkpointer <- c
	}
}
