package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// accountAnswer is the realm of the caller.
type accountAnswer struct {
	AccountID   string   `json:"accountId"`
	CreatedTime string   `json:"createdTime"`
	Name        string   `json:"name"`
	Company     struct{} `json:"company"` // the SDKs require it; nothing is known
	Links       links    `json:"links"`
}

type accountCollection struct {
	Accounts   any        `json:"accounts"`
	Pagination pagination `json:"pagination"`
	Links      links      `json:"links"`
}

// maxAccountName is the longest name of an account, in characters, that the
// SDKs accept.
const maxAccountName = 32

func (h *handler) writeAccount(r *api.Request, realm access.Realm) accountAnswer {
	name := []rune(realm.Name)
	return accountAnswer{
		AccountID:   realm.AccountID,
		CreatedTime: instant(realm.Created),
		Name:        string(name[:min(len(name), maxAccountName)]),
		Links:       h.self(r, "accounts", realm.AccountID),
	}
}

// listAccounts answers with the one account that the caller's credential
// belongs to: in a list, and as it is to the SDKs whose model has no list there
// and which fail over one.
func (h *handler) listAccounts(w http.ResponseWriter, r *api.Request) error {
	realm, err := h.authz.Account(r.Caller)
	if err != nil {
		return err
	}
	own := h.writeAccount(r, realm)
	out := accountCollection{Accounts: []accountAnswer{own}, Links: h.self(r, "accounts")}
	switch sdk(r) {
	case "go", "python", "c#", "csharp", "dotnet", ".net":
		out.Accounts = own
	}
	return writeLinks(w, http.StatusOK, out)
}

// getAccount knows no account but the caller's.
func (h *handler) getAccount(w http.ResponseWriter, r *api.Request) error {
	realm, err := h.authz.Account(r.Caller)
	if err != nil {
		return err
	}
	if r.Param("account") != realm.AccountID {
		return access.Errorf(access.NotFound, "no account %q", r.Param("account"))
	}
	return writeLinks(w, http.StatusOK, h.writeAccount(r, realm))
}
