package native

import "github.com/reeve-authz/reeve/internal/api"

func (h *handler) settingsRoutes() []api.Route { return nil }
