package decisions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// How the ids of an organization's subjects begin.
const (
	membershipPrefix        = "om_"
	organizationGroupPrefix = "group_"
)

// membership reads "om_ana: ana in org_x" and "om_ana (inactive): ana in org_x".
func (p *parser) membership(text string) error {
	id, who, notes := cutHead(text)
	user, org, ok := strings.Cut(who, " in ")
	if !ok || !strings.HasPrefix(id, membershipPrefix) {
		return fmt.Errorf("a membership begins with %s and says who is in which organization", membershipPrefix)
	}
	m := &access.Membership{ID: access.MembershipID(id), User: user, Organization: access.OrganizationID(org), Status: access.MembershipActive}
	for _, note := range notes {
		m.Status = access.MembershipStatus(note)
		if m.Status != access.MembershipInactive && m.Status != access.MembershipPending {
			return fmt.Errorf("no note (%s): (inactive) or (pending)", note)
		}
	}
	c := p.current()
	c.Memberships = append(c.Memberships, m)
	return nil
}

// organizationGroup reads the rest of "group_x in org_x: om_ana om_ben".
func (p *parser) organizationGroup(id, org, members string) error {
	if !strings.HasPrefix(id, organizationGroupPrefix) {
		return fmt.Errorf("a group in an organization begins with %s", organizationGroupPrefix)
	}
	c := p.current()
	g := &access.Group{ID: access.GroupID(id), Name: id, Organization: access.OrganizationID(org)}
	c.Groups = append(c.Groups, g)
	for _, m := range strings.Fields(members) {
		if !strings.HasPrefix(m, membershipPrefix) {
			return fmt.Errorf("%s is no membership, and only those are in a group of an organization", m)
		}
		c.Members = append(c.Members, &access.GroupMember{Group: g.ID, Membership: access.MembershipID(m)})
	}
	return nil
}

// resource reads "acme: root of org_acme" and "plan: document under acme".
func (p *parser) resource(text string) error {
	id, what, _ := cutHead(text)
	c := p.current()
	r := &access.Resource{ID: access.ResourceID(id), ExternalID: id, Name: id}
	if org, ok := strings.CutPrefix(what, "root of "); ok {
		r.ExternalID, r.Name = "", ""
		r.Type, r.Organization = access.OrganizationType, access.OrganizationID(org)
		c.Resources = append(c.Resources, r)
		return nil
	}
	typ, under, ok := strings.Cut(what, " under ")
	if !ok {
		return errors.New("a resource is the root of an organization, or of a type and under another")
	}
	parent := c.resource(under)
	if parent == nil {
		return fmt.Errorf("no resource %q stands before this line", under)
	}
	r.Type, r.Parent, r.Organization = access.ResourceTypeID(typ), parent.ID, parent.Organization
	c.Resources = append(c.Resources, r)
	return r.Validate()
}

// move reads "plan under home".
func (p *parser) move(text string) error {
	id, under, _ := strings.Cut(text, " under ")
	c := p.current()
	r, parent := c.resource(id), c.resource(under)
	if r == nil || parent == nil {
		return errors.New("move one resource that stands before this line under another")
	}
	moved := *r
	moved.Parent = parent.ID
	c.Resources = append(c.Resources, &moved)
	return nil
}

// resource returns the registered resource as it stands now, or nil.
func (c *Case) resource(id string) *access.Resource {
	for _, r := range slices.Backward(c.Resources) {
		if string(r.ID) == id {
			return r
		}
	}
	return nil
}

// assignment reads "a1: om_ana is editor on plan".
func (p *parser) assignment(text string) error {
	id, what, _ := cutHead(text)
	who, what, is := strings.Cut(what, " is ")
	role, on, ok := strings.Cut(what, " on ")
	sub, err := parseSubject(who)
	c := p.current()
	res := c.resource(on)
	if err != nil || !is || !ok || sub.Kind != access.MembershipKind && sub.Kind != access.GroupKind || res == nil {
		return errors.New("an assignment says which membership or group is which role on which resource that stands before this line")
	}
	c.Assignments = append(c.Assignments, &access.Assignment{
		ID: access.AssignmentID(id), Subject: sub, Role: access.RoleID(role), Resource: res.ID, Organization: res.Organization,
	})
	return nil
}
