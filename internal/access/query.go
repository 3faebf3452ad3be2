package access

// Query asks whether a subject holds a permission on a resource. A Resource
// with "*" inside asks for all of the resources that it names, and a Permission
// for all of the actions.
type Query struct {
	Subject    Subject
	Permission Permission
	Resource   ResourceURI
	// Literal says that the permission is a slug, in which a "*" is a letter like
	// others: so the WorkOS dialect asks. An exact entry of a role with a "*"
	// answers nobody else, to whom it would read as everything.
	Literal bool
}

// ResourceQuery asks on which resources below a collection a subject holds
// something.
type ResourceQuery struct {
	Subject Subject
	// Within is the collection. "documents" and "documents/*" are the same one,
	// a "*" inside stands for every name in its place, and "*" or "" is
	// everything.
	Within ResourceURI
	// Permission must be allowed on what is listed. If empty, any permission
	// with any flag counts.
	Permission Permission
	// Nested lists what is deeper than directly below the collection too, and
	// grants that end in a "*" or cover the collection, as patterns.
	Nested bool
}

// RegisteredQuery asks on which registered resources a subject has a
// permission, which is what Query asks of each of them.
type RegisteredQuery struct {
	Subject      Subject
	Permission   Permission
	Literal      bool           // as in Query
	Type         ResourceTypeID // of the resources; all if empty
	Organization OrganizationID // that registered them; all if empty
}

// HolderQuery asks who has a permission on a resource, which is what Query asks
// of each user and client.
type HolderQuery struct {
	Permission Permission
	Resource   ResourceURI
	Literal    bool // as in Query
}

// Holder is a subject with the roles that it has on one resource.
type Holder struct {
	Subject Subject
	Roles   []RoleID
}

// Decision is the answer to a Query, as of one revision of the realm.
type Decision struct {
	Allowed  bool
	Revision Revision
}

// Revision is a commit's place in the one order of its realm: 1, 2, 3 without
// a gap. Zero is before the first.
type Revision int64

// Change is one document that a commit wrote, in the core's words. ID is a
// RoleID, GroupID, GroupMemberID, MembershipID, RecordID, AssignmentID,
// ResourceID, ResourceURI (of its settings), ClientID, APIKeyID, IssuerID or
// RealmID; Document is the noun that it names, by pointer, and nil when the commit deleted it.
type Change struct {
	ID       any
	Document any
}

// Caller is who makes a request, as its credential proved.
type Caller struct {
	Realm      RealmID
	Subject    Subject
	Credential string // the id of the key or token, never the secret
	Request    string // the id of the request, for the audit trail

	// ChecksUsers is set for a client that may ask what any user may do.
	ChecksUsers bool

	// Committed is where the revision of what the caller's request committed is
	// noted, the last one if it made several; nil where nobody asks. Only the
	// goroutine that carries the request out touches it.
	Committed *Revision
}
