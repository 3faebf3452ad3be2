package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) resourceRoutes() []api.Route { return nil }
