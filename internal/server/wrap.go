package server

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
)

// compressFrom is the smallest answer worth compressing, in bytes: one packet is
// one packet.
const compressFrom = 1400

// compressor returns what compresses large answers for who accepts that.
func compressor() (func(http.Handler) http.Handler, error) {
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(compressFrom), gzhttp.ContentTypes([]string{
		"application/json", "application/links+json",
	}))
	if err != nil {
		return nil, fmt.Errorf("preparing compression: %w", err)
	}
	return func(h http.Handler) http.Handler { return compress(h) }, nil
}

// wrap adds what browsers need around the API.
func wrap(h http.Handler, cfg Config) http.Handler {
	if cfg.TLSCert != "" {
		h = strictTransport(h)
	}
	if len(cfg.CORSOrigins) == 0 {
		return h
	}
	return cors.New(cors.Options{
		AllowedOrigins: cfg.CORSOrigins, // compared whole: wildcards are refused with the settings
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "If-Unmodified-Since", "Reeve-Revision", "User-Agent", "X-Request-Id"},
		ExposedHeaders: []string{"Last-Modified", "Reeve-Revision", "Retry-After", "X-Request-Id"},
		MaxAge:         600, // seconds
	}).Handler(h)
}

// strictTransport tells browsers to come by TLS only, for a year.
func strictTransport(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		h.ServeHTTP(w, r)
	})
}
