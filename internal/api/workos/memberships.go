package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) membershipRoutes() []api.Route { return nil }
