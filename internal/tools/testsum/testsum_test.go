package main

import (
	"io"
	"strings"
	"testing"
)

func TestReadGo(t *testing.T) {
	const stream = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Elapsed":0.1}
{"Action":"skip","Package":"no/tests"}
{"ImportPath":"broken","Action":"build-output","Output":"undefined: x\n"}
{"ImportPath":"broken","Action":"build-fail"}
{"Action":"fail","Package":"broken"}
{"Action":"output","Package":"q","Test":"TestC","Output":"wrong\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"fail","Package":"q"}
`
	var out strings.Builder
	got, want := readGo(strings.NewReader(stream), &out, false), sum{passed: 2, failed: 2, skipped: 1}
	if got != want {
		t.Errorf("readGo = %+v, want %+v", got, want)
	}
	for _, text := range []string{"undefined: x", "wrong", "FAIL  q", "ok    p"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the output lacks %q:\n%s", text, out.String())
		}
	}
}

// A stream that ends in the middle, as after a crash, still counts what it has.
func TestReadGoCutShort(t *testing.T) {
	const stream = `{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}
{"Action":"run","Package":"q","Te`
	got, want := readGo(strings.NewReader(stream), io.Discard, false), sum{failed: 1}
	if got != want {
		t.Errorf("readGo = %+v, want %+v", got, want)
	}
}

func TestReadTAP(t *testing.T) {
	const report = `TAP version 13
# Subtest: a
ok 1 - a
# tests 9
# suites 0
# pass 4
# fail 1
# cancelled 1
# skipped 2
# todo 1
# duration_ms 12.5
`
	got, want := readTAP([]byte(report)), sum{passed: 4, failed: 2, skipped: 3}
	if got != want {
		t.Errorf("readTAP = %+v, want %+v", got, want)
	}
}
