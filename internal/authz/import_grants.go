package authz

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// assignment gives a membership or a group a role on a registered resource of
// its organization.
func (m *importing) assignment(a access.Assignment) error {
	org, err := m.holder(a.Subject)
	if err != nil {
		return err
	}
	role, err := m.roleNamed(a.Role)
	if err != nil {
		return err
	}
	res, err := resourceByID(m.w, a.Resource)
	if err != nil {
		return err
	}
	if res.Organization != org {
		return access.Errorf(access.Invalid, "resource: %q is in another organization than %s", a.Resource, a.Subject)
	}
	if err := suits(&role, &res); err != nil {
		return err
	}
	if _, has, err := assignment(m.w, a.Subject, a.Role, a.Resource); err != nil {
		return err
	} else if has {
		return access.Errorf(access.Conflict, "%s has the role %q there already", a.Subject, a.Role)
	}
	if res.Root() && a.Subject.Kind == access.MembershipKind {
		if err := m.allowAnother(a.Subject, &res); err != nil {
			return err
		}
	}
	_, err = m.s.putAssignment(m.w, a.Subject, a.Role, &res)
	return err
}

// holder is the organization of a membership or a group.
func (m *importing) holder(sub access.Subject) (access.OrganizationID, error) {
	switch {
	case sub.Kind == access.MembershipKind:
		om, err := membershipByID(m.w, access.MembershipID(sub.ID))
		return om.Organization, err
	case isOrganizationGroup(sub):
		g, err := m.groupNamed(access.GroupID(sub.ID))
		if err != nil {
			return "", err
		}
		return g.Organization, nil
	}
	return "", access.Errorf(access.Invalid, "subject: %s is neither a membership nor a group of an organization; use assign", sub)
}

// allowAnother refuses a second role on an organization where the realm allows
// one.
func (m *importing) allowAnother(sub access.Subject, root *access.Resource) error {
	realm, err := realmByID(m.w, m.c.Realm)
	if err != nil || realm.MultipleRoles {
		return err
	}
	has, err := rolesOnOrganization(m.w, root.ID, sub)
	if err == nil && len(has) > 0 {
		err = access.Errorf(access.Conflict, "%s has the role %q on its organization, and the realm allows one", sub, has[0])
	}
	return err
}

// record makes a record, with whatever subjects, roles and groups it names.
func (m *importing) record(rec access.Record) error {
	if rec.Status == "" {
		rec.Status = access.RecordActive
	}
	if rec.Status != access.RecordActive {
		return access.Errorf(access.Invalid, "status must be %s: a record that grants nothing is not imported", access.RecordActive)
	}
	rec.ID = access.RecordID(m.idOr(string(rec.ID), "rec_"))
	if err := rec.Validate(); err != nil {
		return err
	}
	for i := range rec.Statements {
		for _, list := range [][]access.Subject{rec.Subjects, rec.Admins, rec.Statements[i].Subjects} {
			if err := inRecord(list); err != nil {
				return err
			}
		}
	}
	if !fits(&rec) {
		return access.Errorf(access.TooLarge, "the record takes more than %d bytes; spread it over several", access.MaxRecordBytes)
	}
	if err := fresh(m.w, store.Records, string(rec.ID)); err != nil {
		return err
	}
	rec.Updated = m.now
	return put(m.w, store.Records, string(rec.ID), &rec)
}

// inRecord refuses subjects that hold roles by assignments alone.
func inRecord(list []access.Subject) error {
	for _, sub := range list {
		if sub.Kind == access.MembershipKind || isOrganizationGroup(sub) {
			return access.Errorf(access.Invalid, "subject: %s holds roles by assignment lines", sub)
		}
	}
	return nil
}

// importedName is what a record is called that came as an assign line.
const importedName = "Imported"

// assign makes a record of its own for the line, so that it can be taken away
// alone.
func (m *importing) assign(a *access.Assign) error {
	if _, err := m.roleNamed(a.Role); err != nil {
		return err
	}
	if err := inRecord([]access.Subject{a.Subject}); err != nil {
		return err
	}
	if a.Subject.Kind == access.GroupKind {
		if _, err := m.groupNamed(access.GroupID(a.Subject.ID)); err != nil {
			return err
		}
	}
	rec := access.Record{
		ID: access.RecordID(m.s.newID("rec_")), Name: importedName, Status: access.RecordActive, Updated: m.now,
		Subjects:   []access.Subject{a.Subject},
		Statements: []access.Statement{{Roles: []access.RoleID{a.Role}, Resources: []string{a.Resource}}},
	}
	if err := rec.Statements[0].Validate(); err != nil {
		return err
	}
	return put(m.w, store.Records, string(rec.ID), &rec)
}
