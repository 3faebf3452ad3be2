package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) eventRoutes() []api.Route { return nil }
