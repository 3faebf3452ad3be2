package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Machine is what the numbers were measured on.
type Machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory int64   `json:"memory"` // bytes
	Kernel string  `json:"kernel"`
	Disk   string  `json:"disk"`  // file system, and device
	Fsync  float64 `json:"fsync"` // microseconds, median
	Go     string  `json:"go"`
	Busy   string  `json:"busy,omitempty"` // load average of the minute before the run
}

// describeMachine says of the disk what holds for the folder. What the system
// does not tell is empty.
func describeMachine(dir string) (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	m.CPU = field("/proc/cpuinfo", "model name")
	if kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.Memory = kib << 10
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = "Linux " + strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Busy, _, _ = strings.Cut(string(text), " ")
	}
	if out, err := exec.Command("df", "--output=fstype,source", dir).Output(); err == nil {
		m.Disk = strings.Join(strings.Fields(string(out[bytes.IndexByte(out, '\n')+1:])), " on ")
	}
	var err error
	m.Fsync, err = measureFsync(dir)
	return m, err
}

// field is the first value of the name in a file of lines "name: value".
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Result is what a run of this program measured.
type Result struct {
	Date    time.Time `json:"date"`
	Version string    `json:"version"` // of the server
	Machine Machine   `json:"machine"`
	Sizes   []Size    `json:"sizes"` // smallest first
}

// versionOf asks the program what it is.
func versionOf(program string) (string, error) {
	out, err := exec.Command(program, "version").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", program, err)
	}
	return strings.TrimSpace(string(out)), nil
}
