package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) domainRoutes() []api.Route { return nil }
