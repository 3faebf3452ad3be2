package packed

import (
	"fmt"
	"testing"
)

type tagged struct {
	tag  uint32
	text string
}

// TestNames adds names whose texts are equal or empty, some at a time, and holds
// after each time that all have their numbers, that the numbers have them, and
// that the names before are as they were.
func TestNames(t *testing.T) {
	var all []tagged // by number, from 1 on
	now := noNames()
	for round, more := range []int{0, 1, 3, 10, 100, 1000, 5} {
		before, known := now, len(all)
		into := now.extend(more / 2) // more come than were said
		for i := range more {
			for tag := range uint32(3) {
				for _, text := range []string{"", "a", fmt.Sprint(i), fmt.Sprint("n", round, ".", i)} {
					n := into.add(tag, text)
					if int(n) == len(all)+1 {
						all = append(all, tagged{tag, text})
					}
					if n == 0 || int(n) > len(all) || all[n-1] != (tagged{tag, text}) {
						t.Fatalf("round %d: (%d, %q) has the number %d of %v", round, tag, text, n, all)
					}
				}
			}
		}
		now = into.done()
		checkNames(t, "now", &now, all)
		checkNames(t, "before", &before, all[:known])
	}
	if free := len(now.slots) - len(all); free < len(now.slots)/3 {
		t.Errorf("%d of %d slots are free; want a third", free, len(now.slots))
	}
}

func checkNames(t *testing.T, which string, names *names, all []tagged) {
	t.Helper()
	if int(names.last()) != len(all) {
		t.Fatalf("%s: %d names; want %d", which, names.last(), len(all))
	}
	wrong := 0 // guesses
	for i, want := range all {
		n := uint32(i + 1) //nolint:gosec // few
		if names.guess(want.tag, want.text) != n {
			wrong++
		}
		if got := (tagged{names.entries[n].tag, names.at(n)}); got != want || names.find(want.tag, want.text) != n {
			t.Fatalf("%s: the number %d is %v, and is found as %d; want %v", which, n, got, names.find(want.tag, want.text), want)
		}
		for _, other := range []tagged{{want.tag + 3, want.text}, {want.tag, want.text + "?"}} {
			if n := names.find(other.tag, other.text); n != 0 {
				t.Fatalf("%s: %v, which was not added, has the number %d", which, other, n)
			}
			if n := names.guess(other.tag, other.text); n > names.last() {
				t.Fatalf("%s: %v is guessed to have the number %d, which nobody has", which, other, n)
			}
		}
	}
	if wrong > len(all)/100 {
		t.Errorf("%s: of %d names %d are guessed wrong", which, len(all), wrong)
	}
}

// TestKeep drops names, under tags that are numbers of others.
func TestKeep(t *testing.T) {
	none := noNames()
	into := none.extend(0)
	up := uint32(0)
	var all []tagged
	for i := range 50 {
		up = into.add(up, fmt.Sprint(i%7))
		all = append(all, tagged{up, fmt.Sprint(i % 7)})
	}
	names := into.done()
	used := make([]bool, names.last()+1)
	for n := range used {
		used[n] = n < 20 // what is above those, too
	}
	kept, to := names.keep(used, func(tag uint32, to []uint32) uint32 { return to[tag] })
	if kept.last() != 19 || to[19] != 19 || to[20] != 0 {
		t.Errorf("%d names, with 19 → %d and 20 → %d; want 19, 19 and 0", kept.last(), to[19], to[20])
	}
	for i, n := range to[1:20] {
		if got := kept.at(n); got != all[i].text {
			t.Errorf("the name %d is %q; want %q", n, got, all[i].text)
		}
	}
}

// TestManyNames looks for names that are not there among so many that some share
// all bits of the hash that the table keeps.
func TestManyNames(t *testing.T) {
	const n = 100_000
	none := noNames()
	into := none.extend(n)
	for i := range uint32(n) {
		into.add(i%5, fmt.Sprint("n", i))
	}
	names := into.done()
	for i := range uint32(4 * n) {
		want := i + 1
		if i >= n {
			want = 0
		}
		if got := names.find(i%5, fmt.Sprint("n", i)); got != want {
			t.Fatalf("n%d is found as %d; want %d", i, got, want)
		}
	}
}
