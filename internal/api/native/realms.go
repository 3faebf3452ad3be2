package native

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) realmRoutes() []api.Route { return nil }
