package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) groupRoutes() []api.Route { return nil }
