// Package durable replaces files so that a power cut leaves the old one or the
// whole new one.
package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace makes write's output the content of the file, which is on disk when it
// returns, readable by its owner only. It writes beside the file, to a name that
// ends in ".tmp"; a process that is killed leaves that behind, until the next
// Replace. Only one may run for a file at a time.
func Replace(path string, write func(io.Writer) error) (err error) {
	tmp := path + ".tmp"
	if err := os.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp)
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(tmp, path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder puts on disk which files a folder has.
func SyncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
