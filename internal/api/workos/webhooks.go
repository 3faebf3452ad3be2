package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) webhookRoutes() []api.Route { return nil }
