package workos_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api/workos"
	reeve "github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// receiver is an application that is told of events.
type receiver struct {
	*httptest.Server
	got         chan message
	connections atomic.Int32
}

type message struct {
	header http.Header
	body   string
}

func (m message) event() map[string]any {
	var e map[string]any
	_ = json.Unmarshal([]byte(m.body), &e)
	return e
}

func newReceiver(t *testing.T, status int, header ...string) *receiver {
	t.Helper()
	r := &receiver{got: make(chan message, 1000)}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		r.got <- message{in.Header, string(body)}
	}))
	r.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			r.connections.Add(1)
		}
	}
	r.Start()
	t.Cleanup(r.Close)
	return r
}

// next is the next message, which comes soon.
func (r *receiver) next(t *testing.T) message {
	t.Helper()
	select {
	case m := <-r.got:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
		return message{}
	}
}

// none demands that nothing has come. What would come is behind another event to
// another receiver that has come.
func (r *receiver) none(t *testing.T) {
	t.Helper()
	select {
	case m := <-r.got:
		t.Errorf("got %s, want nothing", m.body)
	default:
	}
}

// subscribe makes an endpoint at the receiver and returns its id and secret.
func (s server) subscribe(t *testing.T, url string, events ...string) (string, string) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"endpoint_url": url, "events": events})
	made := s.want(t, 201, "POST", "/webhook_endpoints", string(body))
	return id(made), made["secret"].(string)
}

// newOpenServer may call receivers on this host, or anybody by the name of the
// host.
func newOpenServer(t *testing.T) server {
	t.Helper()
	return openServer(t, t.TempDir())
}

func openServer(t *testing.T, data string) server {
	t.Helper()
	return server{servertest.StartWith(t, reeve.Config{Data: data, OutboundAllow: []string{"127.0.0.1"}})}
}

// TestWebhooksDeliver: what comes is signed, and is what the list of events has.
func TestWebhooksDeliver(t *testing.T) {
	s := newOpenServer(t)
	r := newReceiver(t, 200)
	_, secret := s.subscribe(t, r.URL+"/hook?token=x", "organization.created", "permission.created", "authorization_resource.created")
	s.resourceType(t, "project")
	s.role(t, "editor", "organization") // not asked for
	org := id(s.want(t, 201, "POST", "/organizations", `{"name":"A <b> & \u2028 ☃ \"q\"","metadata":{"10":"x","2":"y","b":"z","a":"<&>","01":"n"}}`))
	s.permission(t, "docs:read", "organization")
	s.resource(t, org, "project", "p1", "")
	var listed struct {
		Data []json.RawMessage `json:"data"`
	}
	s.As(t, s.APIKey, "GET", "/events?limit=100&events=organization.created,permission.created,authorization_resource.created", "").JSON(t, &listed)
	for _, want := range listed.Data {
		m := r.next(t)
		if got := m.event(); fmt.Sprint(got) != fmt.Sprint(message{body: string(want)}.event()) {
			t.Errorf("got %s, want what the list has: %s", m.body, want)
		}
		verify(t, m, secret)
		if m.header.Get("Content-Type") != "application/json" || m.header.Get("User-Agent") != "reeve" || m.header.Get("Authorization") != "" {
			t.Errorf("the header is %v", m.header)
		}
	}
	if len(listed.Data) != 3 {
		t.Errorf("%d events, want 3", len(listed.Data))
	}
	r.none(t)
	if log := s.Log.String(); strings.Contains(log, secret) || strings.Contains(log, "token=x") {
		t.Errorf("the log has the secret or the URL: %s", log)
	}
}

// verify is what the official SDKs do with a delivery.
func verify(t *testing.T, m message, secret string) {
	t.Helper()
	first, second, _ := strings.Cut(m.header.Get("WorkOS-Signature"), ",")
	at, ok := strings.CutPrefix(first, "t=")
	signature, signed := strings.CutPrefix(strings.TrimSpace(second), "v1=")
	ms, err := strconv.ParseInt(at, 10, 64)
	if !ok || !signed || err != nil || time.Since(time.UnixMilli(ms)).Abs() > 3*time.Minute {
		t.Errorf("the signature is %q", m.header.Get("WorkOS-Signature"))
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "." + m.body))
	if want := hex.EncodeToString(mac.Sum(nil)); signature != want {
		t.Errorf("the signature is %s, want %s", signature, want)
	}
}

// TestWebhookBodySurvivesJavaScript: a receiver may sign again what it has parsed
// and written. The names of the metadata are in the order in which JavaScript has
// them, and nothing is escaped that JSON.stringify does not escape.
func TestWebhookBodySurvivesJavaScript(t *testing.T) {
	body, err := workos.EventBody(access.Event{ID: "event_1", Name: access.OrganizationCreated, Object: &access.Organization{
		ID: "org_1", Name: "<&>\u2028☃\u0007\u001f\"\\/\b\n", Metadata: map[string]string{"b": "", "10": "", "2": "", "01": "", "4294967295": "", "4294967294": "", "-1": "", "é": ""},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"name":"<&>` + "\u2028☃" + `\u0007\u001f\"\\/\b\n",`,
		`"metadata":{"2":"","10":"","4294967294":"","-1":"","01":"","4294967295":"","b":"","é":""},`,
		`{"object":"event","id":"event_1","event":"organization.created","data":{"object":"organization",`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("got %s, want it to contain %s", body, want)
		}
	}
}

// TestEventsKeepToTheirRealm: neither a list nor an endpoint tells what happened
// in another.
func TestEventsKeepToTheirRealm(t *testing.T) {
	s := newOpenServer(t)
	var made struct {
		Credentials struct {
			APIKey string `json:"api_key"`
		} `json:"credentials"`
	}
	s.Want(t, 201, "POST", "/api/v1/realms", `{"name":"other"}`).JSON(t, &made)
	other := server{&servertest.Server{URL: s.URL, APIKey: made.Credentials.APIKey, Log: s.Log}}
	here, there := newReceiver(t, 200), newReceiver(t, 200)
	s.subscribe(t, here.URL, "permission.created")
	other.subscribe(t, there.URL, "permission.created")
	s.permission(t, "p:here", "organization")
	other.permission(t, "p:there", "organization")
	for _, tt := range []struct {
		s    server
		r    *receiver
		slug string
	}{{s, here, "p:here"}, {other, there, "p:there"}} {
		if got := tt.r.next(t).event()["data"].(map[string]any)["slug"]; got != tt.slug {
			t.Errorf("the endpoint was told of %v, want %s", got, tt.slug)
		}
		tt.r.none(t)
		all, _ := tt.s.events(t, "", "&events=permission.created")
		if len(all) != 1 || all[0]["data"].(map[string]any)["slug"] != tt.slug {
			t.Errorf("the list has %v, want %s alone", all, tt.slug)
		}
	}
}

// TestWebhooksKeepToTheirOrder also when writers compete.
func TestWebhooksKeepToTheirOrder(t *testing.T) {
	s := newOpenServer(t)
	r := newReceiver(t, 204)
	s.subscribe(t, r.URL, "permission.created")
	var working sync.WaitGroup
	for i := range 4 {
		working.Go(func() {
			for j := range 25 {
				s.As(t, s.APIKey, "POST", "/authorization/permissions", fmt.Sprintf(`{"slug":"p:%d:%d","name":"x"}`, i, j))
			}
		})
	}
	working.Wait()
	want := column(s.want(t, 200, "GET", "/events?limit=100&events=permission.created", ""), "id")
	for i := range want {
		if got := id(r.next(t).event()); got != want[i] {
			t.Fatalf("event %d is %s, want %s", i, got, want[i])
		}
	}
	if len(want) != 100 {
		t.Errorf("%d events, want 100", len(want))
	}
	r.none(t)
}

// TestWebhooksFollowTheirEndpoint: what is switched off or deleted is told
// nothing more once the answer is there, and nothing of the time between.
func TestWebhooksFollowTheirEndpoint(t *testing.T) {
	s := newOpenServer(t)
	r, witness := newReceiver(t, 200), newReceiver(t, 200)
	hook, _ := s.subscribe(t, r.URL, "permission.created")
	s.subscribe(t, witness.URL, "permission.created")
	n := 0
	happens := func() string {
		t.Helper()
		n++
		s.permission(t, fmt.Sprintf("p:%d", n), "organization")
		return id(witness.next(t).event())
	}
	gets := func(want string) {
		t.Helper()
		if got := id(r.next(t).event()); got != want {
			t.Errorf("got the event %s, want %s", got, want)
		}
	}
	gets(happens())
	s.want(t, 200, "PATCH", "/webhook_endpoints/"+hook, `{"status":"disabled"}`)
	happens()
	r.none(t)
	s.want(t, 200, "PATCH", "/webhook_endpoints/"+hook, `{"status":"enabled"}`)
	gets(happens())
	s.want(t, 200, "PATCH", "/webhook_endpoints/"+hook, `{"events":["role.created"]}`)
	happens()
	r.none(t)
	s.want(t, 200, "PATCH", "/webhook_endpoints/"+hook, `{"events":["permission.created"]}`)
	gets(happens())
	moved := newReceiver(t, 200)
	s.want(t, 200, "PATCH", "/webhook_endpoints/"+hook, fmt.Sprintf(`{"endpoint_url":%q}`, moved.URL))
	want := happens()
	if got := id(moved.next(t).event()); got != want {
		t.Errorf("after the move: got the event %s, want %s", got, want)
	}
	s.want(t, 204, "DELETE", "/webhook_endpoints/"+hook, "")
	happens()
	r.none(t)
	moved.none(t)
}

// TestWebhooksGoWhereTheyMay: not by redirects, nor by names, to what only this
// host can reach.
func TestWebhooksGoWhereTheyMay(t *testing.T) {
	s := newOpenServer(t)
	trap, witness := newReceiver(t, 200), newReceiver(t, 200)
	port := trap.URL[strings.LastIndexByte(trap.URL, ':'):]
	from := newReceiver(t, 307, "Location", trap.URL)
	s.subscribe(t, from.URL, "permission.created")
	s.subscribe(t, "https://localhost"+port, "permission.created") // resolves to an address that only the operator may name
	strict := newServer(t)
	strict.refused(t, 422, "invalid_url", "POST", "/webhook_endpoints", fmt.Sprintf(`{"endpoint_url":%q,"events":[]}`, trap.URL))
	strict.subscribe(t, "https://localhost"+port, "permission.created")
	s.subscribe(t, witness.URL, "permission.created")
	for _, s := range []server{s, strict} {
		s.permission(t, "p:1", "organization")
	}
	from.next(t)
	witness.next(t)
	failures := func(s server) int { return strings.Count(s.Log.String(), "was not taken") }
	for begun := time.Now(); failures(s) < 2 || failures(strict) < 1; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("the log is\n%s\n%s", s.Log, strict.Log)
		}
	}
	if !strings.Contains(s.Log.String(), "the answer is 307") || !strings.Contains(strict.Log.String(), "not a public address") {
		t.Errorf("the log is\n%s\n%s", s.Log, strict.Log)
	}
	trap.none(t)
	if n := trap.connections.Load(); n != 1 { // s allows 127.0.0.1, and found no TLS there
		t.Errorf("the trap counted %d connections, want 1", n)
	}
}

// TestWebhooksGoOnAfterARestart: nothing is left out, and what was told before a
// shutdown is not told again.
func TestWebhooksGoOnAfterARestart(t *testing.T) {
	data, r := t.TempDir(), newReceiver(t, 200)
	var key, secret string
	var want []string
	for run := range 3 {
		t.Run(strconv.Itoa(run), func(t *testing.T) {
			s := openServer(t, data)
			if run == 0 {
				key = s.APIKey
				_, secret = s.subscribe(t, r.URL, "permission.created")
			}
			s.APIKey = key
			for i := range 10 { // and stops, before all were told
				s.permission(t, fmt.Sprintf("p:%d:%d", run, i), "organization")
			}
			want = column(s.want(t, 200, "GET", "/events?limit=100&events=permission.created", ""), "id")
		})
	}
	t.Run("last", func(t *testing.T) {
		openServer(t, data)
		for i := range want {
			m := r.next(t)
			if got := id(m.event()); got != want[i] {
				t.Fatalf("event %d is %s, want %s", i, got, want[i])
			}
			verify(t, m, secret)
		}
	})
	r.none(t)
}
