package access

// ResourceSettings act for every user of the realm, on one resource.
type ResourceSettings struct {
	// Resource is the one that the settings are about. "documents/*" and
	// "documents" are the same collection here.
	Resource ResourceURI `json:"resource"`
	// Claim lets any caller take ownership of a resource directly below, once.
	Claim bool `json:"claim,omitzero"`
	// Public gives every user the realm's public permissions on the resource
	// and below.
	Public bool `json:"public,omitzero"`
}

// Everyone is the subject that every user and client is, besides itself. No
// document can name it.
var Everyone = Subject{Kind: "everyone", ID: "*"}

// PublicPermission is what public resources give everyone, beside what the
// realm adds: an action of that very name. Source: the Authress documentation
// says that a public resource acts for all users and not what it gives them;
// giving them every action is the one reading that could do harm, so the
// setting is read like a role's entry of that name.
const PublicPermission Permission = "public"
