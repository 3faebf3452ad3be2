package workos

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) auditLogRoutes() []api.Route { return nil }
