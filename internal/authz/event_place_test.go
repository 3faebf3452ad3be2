package authz

import (
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestEventIDsSpellTheirPlace(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	for _, p := range []eventPlace{
		{time: at}, {time: at, revision: 1, write: 2, part: 3},
		{time: at, revision: 255, write: 256, part: 4094},
		endOf(maxEventRevision, at), endOf(7, at),
	} {
		got, ok := parseEventID(p.id())
		if !ok || got != p {
			t.Errorf("%s: got %+v, %v; want %+v", p.id(), got, ok, p)
		}
	}
	ordered := []eventPlace{
		{time: at, revision: 1}, {time: at, revision: 1, part: 1}, {time: at, revision: 1, write: 1},
		{time: at, revision: 1, write: 4096}, endOf(1, at), {time: at, revision: 2}, {time: at.Add(time.Millisecond), revision: 3},
	}
	for i, p := range ordered {
		for j, q := range ordered {
			byPlace, byID := p.compare(q), strings.Compare(string(p.id()), string(q.id()))
			if want := max(-1, min(1, i-j)); byPlace != want || byID != want {
				t.Errorf("%+v and %+v: the places compare as %d and the ids as %d, want %d", p, q, byPlace, byID, want)
			}
		}
	}
	good := string(endOf(7, at).id())
	for _, bad := range []string{"", "event_", good[:len(good)-1], good + "0", strings.ToLower(good), "evt_" + good[6:], good[6:], "event_" + strings.Repeat("Z", 26), "event_" + strings.Repeat("!", 26)} {
		if p, ok := parseEventID(access.EventID(bad)); ok {
			t.Errorf("%q is the place %+v, want none", bad, p)
		}
	}
}
