package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// signatureHeader is what the official SDKs verify a delivery by.
const signatureHeader = "WorkOS-Signature"

// sign returns the value of the header: the time in milliseconds, and the HMAC
// with which whoever knows the secret signs that time and the body. Source: the
// verifiers in the official SDKs, which refuse times three minutes away.
func sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ", v1=" + hex.EncodeToString(mac.Sum(nil))
}

// send tries an event once. It returns why the endpoint did not take it, empty
// if it did; sent is false when the endpoint changed meanwhile, and the try does
// not count.
func (d *delivery) send(e access.Event) (reason string, sent bool) {
	body, err := d.cfg.Body(e)
	if err != nil {
		return "the event could not be written: " + err.Error(), true
	}
	header := http.Header{
		"Content-Type":  {"application/json"},
		signatureHeader: {sign(d.endpoint.Secret, time.Now(), body)},
	}
	status, err := d.cfg.Post(d.valid, d.endpoint.URL, header, body)
	switch {
	case d.valid.Err() != nil:
		return "", false
	case err != nil:
		return err.Error(), true
	case status < 200 || status > 299:
		return fmt.Sprintf("the answer is %d", status), true
	}
	return "", true
}
