package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) organizationRoleRoutes() []api.Route { return nil }
