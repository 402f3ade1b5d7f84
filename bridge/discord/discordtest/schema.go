package discordtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// specification is the official API description, loaded at first use and shared
// by all servers of the process; only the schemas asked for are compiled.
type specification struct {
	path     string
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	err      error
	schemas  map[string]*jsonschema.Schema // nil value: the description has none
}

var (
	specifications       sync.Map // path -> *specification
	missingSpecification sync.Once
)

// loadSpecification finds the description; its absence is said once. It is nil
// when absent or not wanted.
func (o Options) loadSpecification() (*specification, error) {
	if o.NoSpec {
		return nil, nil
	}
	path := o.Spec
	if path == "" {
		path = findSpecification()
	} else if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("find API description: %w", err)
	}
	if path == "" {
		missingSpecification.Do(func() {
			if o.Log != nil {
				o.Log("discord-openapi.json is not beside the module (../shared/reference): requests and answers are NOT checked against the API description")
			}
		})
		return nil, nil
	}
	spec, _ := specifications.LoadOrStore(path, &specification{path: path, schemas: map[string]*jsonschema.Schema{}})
	return spec.(*specification), nil
}

// findSpecification walks up from this package's source, then from the working
// directory.
func findSpecification() string {
	var starts []string
	if _, file, _, found := runtime.Caller(0); found && filepath.IsAbs(file) {
		starts = append(starts, filepath.Dir(file))
	}
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	for _, dir := range starts {
		for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
				continue
			}
			path := filepath.Join(dir, "..", "shared", "reference", "discord-openapi.json")
			if _, err := os.Stat(path); err == nil {
				return path
			}
			break
		}
	}
	return ""
}

// schema compiles the schema at a JSON pointer; nil when the description has
// none there.
func (d *specification) schema(pointer string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.compiler == nil && d.err == nil {
		d.compiler, d.err = openSpecification(d.path)
	}
	if d.err != nil {
		return nil, d.err
	}
	if known, found := d.schemas[pointer]; found {
		return known, nil
	}
	compiled, err := d.compiler.Compile("discord.json#" + pointer)
	if err != nil && !strings.Contains(err.Error(), "not found") {
		return nil, fmt.Errorf("compile schema %s: %w", pointer, err)
	}
	d.schemas[pointer] = compiled
	return compiled, nil
}

func openSpecification(path string) (*jsonschema.Compiler, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read API description: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("parse API description %s: %w", path, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("discord.json", doc); err != nil {
		return nil, fmt.Errorf("load API description %s: %w", path, err)
	}
	return compiler, nil
}

// problemLength bounds the text of a failed check, in bytes; the first lines
// name the field.
const problemLength = 3000

// check validates a JSON document; nil when it fits or there is no such schema.
func (d *specification) check(pointer string, data []byte, request bool) error {
	schema, err := d.schema(pointer)
	if err != nil || schema == nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("parse body: %w", err)
	}
	if request {
		stringsToNumbers(doc)
	}
	if err := schema.Validate(doc); err != nil {
		text := err.Error()
		return fmt.Errorf("%s: %s", pointer, text[:min(len(text), problemLength)])
	}
	return nil
}

// stringsToNumbers turns bit sets written as strings into numbers in requests:
// Discord takes both, its description of requests names only the number.
func stringsToNumbers(doc any) {
	switch v := doc.(type) {
	case map[string]any:
		_, isOverwrite := v["allow"]
		for key, inner := range v {
			text, isText := inner.(string)
			bits := key == "permissions" || key == "default_member_permissions" || isOverwrite && (key == "allow" || key == "deny")
			if isText && bits && text != "" {
				v[key] = json.Number(text)
				continue
			}
			stringsToNumbers(inner)
		}
	case []any:
		for _, inner := range v {
			stringsToNumbers(inner)
		}
	}
}

// innerCode is the code of one field's error, as Discord and its documentation
// write it: a word. Its description has a number there.
var innerCode = regexp.MustCompile(`"code":"[A-Z0-9_]+"`)

// numberedCodes is an error answer in the form of the description.
func numberedCodes(data []byte) []byte { return innerCode.ReplaceAll(data, []byte(`"code":0`)) }

// forwardType is the reference of a forwarded message: the description knows answers
// only.
var forwardType = regexp.MustCompile(`("message_reference":\{[^{}]*"type":)1\}`)

// knownReferences is an answer in the form of the description.
func knownReferences(data []byte) []byte { return forwardType.ReplaceAll(data, []byte("${1}0}")) }

// pathPointer is where the description keeps a route's request schema, or that
// of its answer when status is set.
func pathPointer(rt *route, status int) string {
	path := strings.NewReplacer("~", "~0", "/", "~1").Replace(rt.path)
	base := "/paths/" + path + "/" + strings.ToLower(rt.method)
	if status == 0 {
		return base + "/requestBody/content/application~1json/schema"
	}
	return fmt.Sprintf("%s/responses/%d/content/application~1json/schema", base, status)
}

func componentPointer(name string) string { return "/components/schemas/" + name }
