package native

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) modelRoutes() []api.Route { return nil }
