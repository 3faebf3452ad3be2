package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) groupAssignmentRoutes() []api.Route { return nil }
