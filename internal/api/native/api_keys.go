package native

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) apiKeyRoutes() []api.Route { return nil }
