package native

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) resourceTypeRoutes() []api.Route { return nil }
