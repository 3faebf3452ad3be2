package workload

import (
	"errors"
	"math/rand/v2"
)

// permissions that are asked for, each with how often in a hundred.
var (
	permissions      = []string{"read", "comment", "write", "delete", "share", "admin"}
	permissionShares = []int{60, 10, 15, 7, 6, 2}
)

// popularity draws places of a list as people ask for things: few often, most
// seldom. Which ones are popular has nothing to do with their order.
type popularity struct {
	ranks *rand.Zipf
	order []int
}

func (g *generator) popularity(n int) popularity {
	return popularity{rand.NewZipf(g.random, 1.1, 4, uint64(n-1)), g.random.Perm(n)}
}

func (p popularity) draw() int { return p.order[p.ranks.Uint64()] }

// audience draws whom and what questions are about.
type audience struct {
	*generator
	whichOrg, whichUser popularity
	whichResource       [levels]popularity
}

func (g *generator) audience() audience {
	a := audience{generator: g, whichOrg: g.popularity(g.Orgs), whichUser: g.popularity(g.Users)}
	for level := range a.whichResource {
		a.whichResource[level] = g.popularity(len(g.orgs[0].resources[level])) // all have as many
	}
	return a
}

// check draws a question. One in fifty is about a user of another organization.
func (a audience) check() Check {
	at := a.whichOrg.draw()
	from := at
	if a.random.IntN(50) == 0 {
		from = a.random.IntN(a.Orgs)
	}
	level := pick(a.random, []int{1, 4, 10, 85})
	c := Check{
		T: "check", User: a.orgs[from].users[a.whichUser.draw()],
		Permission: permissions[pick(a.random, permissionShares)],
		Resource:   a.orgs[at].resources[level][a.whichResource[level].draw()],
	}
	c.Allow = a.truth.Allowed(c.User, c.Permission, c.Resource)
	return c
}

// checks are drawn until seven in ten are allowed: a plain draw has denials in
// almost all places, and would say little of what an allow costs.
func (g *generator) checks(put put) (err error) {
	a := g.audience()
	left := map[bool]int{true: g.Checks * 7 / 10}
	left[false] = g.Checks - left[true]
	var kept []Check
	for tries := 0; len(kept) < g.Checks; tries++ {
		if tries > 1000*g.Checks {
			return errors.New("the shape has too few grants, or too many, for questions of either answer")
		}
		c := a.check()
		if left[c.Allow] == 0 {
			continue
		}
		left[c.Allow]--
		kept = append(kept, c)
	}
	// The answer that was full first stands nowhere near the end.
	g.random.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	for _, c := range kept {
		err = errors.Join(err, put(c))
	}
	return err
}

// lists are of documents. What they answer is in the organization that they
// were drawn from, as no grant leaves one.
func (g *generator) lists(put put) (err error) {
	const documents = levels - 1
	a := g.audience()
	for i := range 2 * g.Lists {
		o := g.orgs[a.whichOrg.draw()]
		l := List{T: ListResources, Permission: permissions[i%2*2]} // read and write
		var answer []string
		if i < g.Lists {
			l.User, l.Type = o.users[a.whichUser.draw()], resourceTypes[documents]
			answer = g.truth.Resources(l.User, l.Permission, o.resources[documents])
		} else {
			l.T, l.Resource = ListUsers, o.resources[documents][a.whichResource[documents].draw()]
			answer = g.truth.Users(l.Permission, l.Resource, o.users)
		}
		l.Count, l.SHA256 = len(answer), Digest(answer)
		err = errors.Join(err, put(l))
	}
	return err
}
