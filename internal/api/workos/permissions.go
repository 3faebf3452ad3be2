package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) permissionRoutes() []api.Route { return nil }
