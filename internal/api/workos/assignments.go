package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) assignmentRoutes() []api.Route { return nil }
