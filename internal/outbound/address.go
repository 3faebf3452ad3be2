package outbound

import "net/netip"

// global is the space that IPv6 unicast addresses of the Internet come from;
// everything outside is loopback, private, link-local, multicast, unassigned,
// or an IPv4 address in disguise.
var global = netip.MustParsePrefix("2000::/3")

// special are the networks inside the unicast spaces that are not, or not only,
// the public Internet. Source: IANA's special-purpose address registries.
var special = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT; holds metadata services, too
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, with the clouds' metadata services
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast

	"168.63.129.16/32", // the host of a virtual machine in Azure

	"2001::/23",     // protocol assignments: Teredo, ORCHID
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4: an IPv4 address inside
	"3fff::/20",     // documentation
)

// public reports whether an unmapped address belongs to the public Internet.
func public(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" || addr.Is6() && !global.Contains(addr) {
		return false
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
