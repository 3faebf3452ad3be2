package native

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) roleRoutes() []api.Route { return nil }
