package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) userRoutes() []api.Route { return nil }
