package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) organizationRoutes() []api.Route { return nil }
