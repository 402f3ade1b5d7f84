package discordtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// route is one operation of the REST interface; path is written as in the
// official description, which is also where its schemas are found.
type route struct {
	method, path string
	do           func(*Server, *call) reply // called with s.mu held
	bucket       bucket
	open         bool                        // needs no bot token
	schema       func(*Server, *call) string // component for the request, instead of the path's own
}

func (rt *route) name() string { return rt.method + " " + rt.path }

// upload is one file of a multipart request.
type upload struct {
	index                    int
	field, name, contentType string
	data                     []byte
}

// call is one request, read completely.
type call struct {
	route *route
	r     *http.Request
	body  []byte // JSON; payload_json of a multipart request
	files []upload
}

func (c *call) path(name string) string { return c.r.PathValue(name) }

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// number reads a query parameter, or the default when absent or out of 1..most.
func (c *call) number(name string, byDefault, most int) int {
	n, err := strconv.Atoi(c.query(name))
	if err != nil || n < 1 || n > most {
		return byDefault
	}
	return n
}

// decode reads the body; an absent one leaves v alone.
func (c *call) decode(v any) *reply {
	if len(c.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return new(malformed(fail(400, 50109, "The request body contains invalid JSON."), err.Error()))
	}
	return nil
}

var apiPrefix = regexp.MustCompile(`^/api(/v(9|10))?(/.*)$`)

// apiPath strips the version; only 9, 10 and none are known.
func apiPath(escaped string) (string, bool) {
	if escaped == "/gateway" || escaped == "/gateway/bot" {
		return escaped, true
	}
	m := apiPrefix.FindStringSubmatch(escaped)
	if m == nil || m[1] == "" && strings.HasPrefix(m[3], "/v") {
		return "", false
	}
	return m[3], true
}

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

func (s *Server) apiMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, table := range [][]route{guildRoutes, channelRoutes, threadRoutes, messageRoutes, reactionRoutes, commandRoutes, interactionRoutes} {
		for i := range table {
			rt := &table[i]
			mux.HandleFunc(rt.name(), func(w http.ResponseWriter, r *http.Request) { s.serveRoute(w, r, rt) })
		}
	}
	mux.HandleFunc("/", s.unexpected)
	return mux
}

// unexpected answers what nobody taught this Discord.
func (s *Server) unexpected(w http.ResponseWriter, r *http.Request) {
	s.report(fmt.Sprintf("unexpected request %s %s", r.Method, r.URL.Path))
	write(w, fail(404, 0, "404: Not Found"))
}

// serveRoute takes one request through faults, authorisation, limits and rules.
func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, rt *route) {
	s.mu.Lock()
	s.inFlight++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.touch(Change{})
		s.mu.Unlock()
	}()
	c, refusal := s.readCall(r, rt)
	if !s.pause(r) {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	s.stats.Requests[rt.name()]++
	answer := s.standing()
	var end fate
	if answer == nil {
		end = s.fateOf(rt)
	}
	s.mu.Unlock()
	switch {
	case answer != nil:
	case refusal != nil:
		answer = refusal
	case end.applied:
		answer = new(s.apply(c))
	default:
		answer = new(end.reply())
	}
	s.account(c, *answer)
	if end.lost {
		panic(http.ErrAbortHandler)
	}
	if end.status != 0 {
		answer = new(end.reply())
	}
	write(w, *answer)
}

// apply does what the request asks and checks both ends against the API
// description.
func (s *Server) apply(c *call) reply {
	if refusal := s.checkRequest(c); refusal != nil {
		s.checkAnswer(c, *refusal)
		return *refusal
	}
	s.mu.Lock()
	answer, allowed := s.admit(c)
	if allowed {
		done := c.route.do(s, c)
		for key, values := range answer.header {
			if done.header == nil {
				done.header = http.Header{}
			}
			done.header[key] = values
		}
		answer = done
	}
	s.mu.Unlock()
	s.checkAnswer(c, answer)
	return answer
}

// admit checks the token and the limits; when allowed, the reply carries the
// headers for the answer.
func (s *Server) admit(c *call) (reply, bool) {
	if !c.route.open {
		auth := c.r.Header.Get("Authorization")
		if auth != "Bot "+s.token {
			if !strings.HasPrefix(auth, "Bot ") {
				return malformed(unauthorized(), "the Authorization header is not \"Bot TOKEN\""), false
			}
			return unauthorized(), false
		}
	}
	header, refusal := s.throttle(c)
	if refusal != nil {
		return *refusal, false
	}
	return reply{header: header}, true
}

// checkRequest validates the body against the API description.
func (s *Server) checkRequest(c *call) *reply {
	if len(c.body) > 0 && !json.Valid(c.body) {
		return new(malformed(fail(400, 50109, "The request body contains invalid JSON."), "body is no JSON"))
	}
	if s.spec == nil || len(c.body) == 0 {
		return nil
	}
	pointer := pathPointer(c.route, 0)
	if c.route.schema != nil {
		s.mu.Lock()
		if name := c.route.schema(s, c); name != "" {
			pointer = componentPointer(name)
		}
		s.mu.Unlock()
	}
	if err := s.spec.check(pointer, c.body, true); err != nil {
		return new(invalid("_schema", "INVALID", err.Error()))
	}
	return nil
}

// checkAnswer reports answers of this Discord that Discord would not give.
func (s *Server) checkAnswer(c *call, answer reply) {
	if s.spec == nil || answer.status == http.StatusNoContent {
		return
	}
	if _, isPage := answer.body.(page); isPage {
		return
	}
	pointer, data := pathPointer(c.route, answer.status), knownReferences(answer.encode())
	switch {
	case answer.schema != "":
		pointer = componentPointer(answer.schema)
	case answer.status >= 400:
		pointer, data = componentPointer("ErrorResponse"), numberedCodes(data)
	}
	if err := s.spec.check(pointer, data, false); err != nil {
		s.report(fmt.Sprintf("own answer to %s: %v", c.route.name(), err))
	}
}

// account counts an answer and reports a malformed request.
func (s *Server) account(c *call, answer reply) {
	s.mu.Lock()
	if code := answer.code(); code != 0 {
		s.stats.Errors[code]++
	}
	shared := answer.header.Get("X-RateLimit-Scope") == "shared"
	if answer.status == 401 || answer.status == 403 || answer.status == 429 && !shared {
		s.stats.Invalid++
	}
	s.mu.Unlock()
	if answer.problem != "" {
		s.report(fmt.Sprintf("%s %s: %s", c.r.Method, c.r.URL.Path, answer.problem))
	}
}

func write(w http.ResponseWriter, r reply) {
	maps.Copy(w.Header(), r.header)
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(r.status)
	w.Write(r.encode()) //nolint:errcheck // the client may be gone
}

// readCall reads the whole request; the reply is not nil when that is refused.
func (s *Server) readCall(r *http.Request, rt *route) (*call, *reply) {
	c := &call{route: rt, r: r}
	limits := s.Limits()
	if r.ContentLength < 0 {
		s.report(r.Method + " " + r.URL.Path + ": a request whose length is not told")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limits.RequestBytes+64<<10+1))
	if err != nil {
		return c, new(fail(400, 0, "400: Bad Request"))
	}
	if int64(len(body)) > limits.RequestBytes+64<<10 {
		// The rest is read so that the client gets to see the answer.
		io.Copy(io.Discard, r.Body) //nolint:errcheck
		return c, new(tooLarge())
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0:
	case err == nil && kind == "application/json":
		c.body = body
	case err == nil && kind == "multipart/form-data":
		if err := c.readParts(body, params["boundary"]); err != nil {
			return c, new(malformed(fail(400, 50109, "The request body contains invalid form data."), err.Error()))
		}
		for _, f := range c.files {
			if int64(len(f.data)) > limits.AttachmentBytes {
				return c, new(tooLarge())
			}
		}
	default:
		return c, new(malformed(fail(400, 50035, "Invalid Form Body"), "content type "+strconv.Quote(r.Header.Get("Content-Type"))))
	}
	return c, nil
}

var filesField = regexp.MustCompile(`^files\[(\d+)\]$`)

func (c *call) readParts(body []byte, boundary string) error {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read multipart: %w", err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("read part %s: %w", part.FormName(), err)
		}
		if part.FormName() == "payload_json" {
			c.body = data
			continue
		}
		m := filesField.FindStringSubmatch(part.FormName())
		if m == nil {
			return fmt.Errorf("read multipart: unknown field %q", part.FormName())
		}
		index, err := strconv.Atoi(m[1])
		if err != nil {
			return fmt.Errorf("read multipart: field %q: %w", part.FormName(), err)
		}
		c.files = append(c.files, upload{index: index, field: part.FormName(),
			name: part.FileName(), contentType: part.Header.Get("Content-Type"), data: data})
	}
}
