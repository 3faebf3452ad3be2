package main

import "time"

// Route is what requests of one sort cost. Times are in microseconds.
type Route struct {
	CPU       float64 `json:"cpu"` // of the server's process, user and system, for a request
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	PerSecond float64 `json:"perSecond"`
	Generator float64 `json:"generator"` // processor time of this program for a request
}

// measureRoute runs a round and the server's clock beside it.
func measureRoute(l *load, pid int, b bounds) (Route, error) {
	before, err := cpuTime(pid)
	if err != nil {
		return Route{}, err
	}
	own := ownTime()
	r, err := l.run(b)
	if err != nil {
		return Route{}, err
	}
	own = ownTime() - own
	after, err := cpuTime(pid)
	n := float64(r.requests)
	return Route{
		CPU: micros(after-before) / n, P50: micros(r.quantile(0.5)), P99: micros(r.quantile(0.99)),
		PerSecond: n / r.took.Seconds(), Generator: micros(own) / n,
	}, err
}

// medianRoute takes the median of each number.
func medianRoute(rounds []Route) Route {
	of := func(number func(Route) float64) float64 {
		all := make([]float64, len(rounds))
		for i, r := range rounds {
			all[i] = number(r)
		}
		return median(all)
	}
	return Route{
		CPU: of(func(r Route) float64 { return r.CPU }), P50: of(func(r Route) float64 { return r.P50 }),
		P99: of(func(r Route) float64 { return r.P99 }), PerSecond: of(func(r Route) float64 { return r.PerSecond }),
		Generator: of(func(r Route) float64 { return r.Generator }),
	}
}

// Pair is a route beside another one in the same minutes: rounds of both in
// turn. A ratio is the median of those of neighbouring rounds, so that what
// slows the machine for a while slows both.
type Pair struct {
	Route Route `json:"route"`
	Base  Route `json:"base"`
	Ratio Route `json:"ratio"` // of Route to Base
}

// measurePair runs as many rounds of either, in turn.
func measurePair(rounds int, route, base func() (Route, error)) (Pair, error) {
	var of, to, ratios []Route
	for range rounds {
		b, err := base()
		if err != nil {
			return Pair{}, err
		}
		r, err := route()
		if err != nil {
			return Pair{}, err
		}
		of, to = append(of, r), append(to, b)
		ratios = append(ratios, Route{r.CPU / b.CPU, r.P50 / b.P50, r.P99 / b.P99, r.PerSecond / b.PerSecond, r.Generator / b.Generator})
	}
	return Pair{medianRoute(of), medianRoute(to), medianRoute(ratios)}, nil
}

// plan says how long a benchmark measures.
type plan struct {
	round  time.Duration // of load
	rounds int           // of each sort
	pace   int           // writes a second beside checks
}
