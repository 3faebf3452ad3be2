module github.com/reeve-authz/reeve/compat/workos-go

go 1.26

require (
	github.com/getkin/kin-openapi v0.152.0 // indirect
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/workos/workos-go/v9 v9.6.0 // indirect
)
