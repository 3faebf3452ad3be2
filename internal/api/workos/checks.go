package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) checkRoutes() []api.Route { return nil }
