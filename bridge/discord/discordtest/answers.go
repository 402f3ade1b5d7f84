package discordtest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// obj is a JSON object on its way out.
type obj = map[string]any

// reply is the answer to one request, before faults touch it.
type reply struct {
	status int
	body   any
	schema string // component to check body against instead of the route's own
	// problem says why the request was malformed; empty for errors that a
	// correct client can meet.
	problem string
	header  http.Header
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func created(body any) reply { return reply{status: http.StatusCreated, body: body} }

func noContent() reply { return reply{status: http.StatusNoContent} }

func fail(status, code int, message string) reply {
	return reply{status: status, body: obj{"message": message, "code": code}}
}

// The errors that a correct client can meet.
func unauthorized() reply       { return fail(401, 0, "401: Unauthorized") }
func unknownChannel() reply     { return fail(404, 10003, "Unknown Channel") }
func unknownGuild() reply       { return fail(404, 10004, "Unknown Guild") }
func unknownMember() reply      { return fail(404, 10007, "Unknown Member") }
func unknownMessage() reply     { return fail(404, 10008, "Unknown Message") }
func unknownRole() reply        { return fail(404, 10011, "Unknown Role") }
func unknownEmoji() reply       { return fail(400, 10014, "Unknown Emoji") }
func unknownWebhook() reply     { return fail(404, 10015, "Unknown Webhook") }
func unknownInteraction() reply { return fail(404, 10062, "Unknown interaction") }
func unknownTag() reply         { return fail(400, 10087, "Unknown tag") }
func missingAccess() reply      { return fail(403, 50001, "Missing Access") }
func missingPermission() reply  { return fail(403, 50013, "Missing Permissions") }
func threadArchived() reply     { return fail(400, 50083, "Thread is archived") }
func threadLocked() reply       { return fail(403, 160005, "Thread is locked") }
func tooLarge() reply           { return fail(413, 40005, "Request entity too large") }

// invalid is Discord's "Invalid Form Body" for one field, named by a dotted
// path; it is always a problem.
func invalid(field, code, message string) reply {
	inner := obj{"_errors": []any{obj{"code": code, "message": message}}}
	parts := strings.Split(field, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		inner = obj{parts[i]: inner}
	}
	return reply{
		status:  400,
		body:    obj{"message": "Invalid Form Body", "code": 50035, "errors": inner},
		problem: field + ": " + message,
	}
}

// malformed marks an error as the client's fault.
func malformed(r reply, why string) reply {
	r.problem = why
	return r
}

// code is Discord's error code in the body, 0 when there is none.
func (r reply) code() int {
	if body, isObj := r.body.(obj); isObj && r.status >= 400 {
		if code, isInt := body["code"].(int); isInt {
			return code
		}
	}
	return 0
}

func (r reply) encode() []byte {
	if html, isPage := r.body.(page); isPage {
		return []byte(html)
	}
	if r.status == http.StatusNoContent {
		return nil
	}
	data, err := json.Marshal(r.body)
	if err != nil {
		return []byte(`{"message":"500: Internal Server Error","code":0}`)
	}
	return data
}
