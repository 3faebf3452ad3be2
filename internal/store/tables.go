package store

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
)

// Every kind of document that there is, and what finds it besides its id.
var (
	Realms  = Table[access.Realm]{Kind: "realm"} // one a realm, under the realm's id
	Roles   = Table[access.Role]{Kind: "role"}
	Groups  = Table[access.Group]{Kind: "group"}
	Records = Table[access.Record]{Kind: "record"}
	Clients = Table[access.ServiceClient]{Kind: "client"}
	APIKeys = Table[access.APIKey]{Kind: "api_key"}
	Audit   = Table[audit.Entry]{Kind: "audit"} // under the revision of the commit, in 16 hexadecimal digits
)
