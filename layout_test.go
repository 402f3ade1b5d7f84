// Package halo_test holds the rules that no single folder can keep for itself:
// who may import whom, and what no file may say.
package halo_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const module = "github.com/haloerzap/halo"

// folders are all folders with Go code, and which others of this module each may
// import. Test files are free.
var folders = map[string][]string{
	// Pure: values in, values out.
	"calendar":   {},
	"ledger":     {},
	"ticket":     {"calendar", "ledger"},
	"escalation": {"calendar", "ledger"},
	"customer":   {"calendar", "ledger"},
	// Tables as people keep them: CSV and XLSX, read row by row.
	"sheet":  {},
	"report": {"calendar", "ledger", "ticket", "escalation", "customer"},

	// One part of the outside world each.
	"store":          {"ledger"},
	"bridge":         {"calendar", "customer", "escalation", "ledger", "ticket"},
	"bridge/media":   {},
	"bridge/discord": {"bridge", "bot"},
	// Never bot: WhatsApp knows nothing of staff.
	"bridge/whatsapp": {"bridge"},
	"bot":             {"bridge", "calendar", "customer", "escalation", "ledger", "ticket"},
	"scheduler":       {"calendar", "ledger"},
	"web":             {"calendar", "ledger", "ticket"},

	// The wiring. Only desk may import the store.
	"desk": {
		"bot", "bridge", "bridge/discord", "bridge/media", "bridge/whatsapp", "calendar", "customer", "escalation",
		"ledger", "report", "scheduler", "sheet", "store", "ticket", "web",
	},
	"cmd/halo": {"desk"},

	// Simulators know the wire and nothing of the product: a shared mistake
	// would pass. The judge knows neither.
	"bridge/discord/discordtest":   {},
	"bridge/whatsapp/whatsapptest": {},
	"bridge/bridgetest":            {},
	"customer/customertest":        {"customer"},
	"store/storetest":              {"ledger", "store"},
	"cmd/sandbox": {
		"bot", "bridge/discord/discordtest", "bridge/whatsapp/whatsapptest", "customer", "customer/customertest", "desk", "ledger", "store/storetest", "ticket",
	},
}

// pure are the folders without time of day, input, output and libraries.
var pure = []string{"calendar", "ledger", "ticket", "escalation", "customer", "report"}

// simulators are the folders that never reach production; their libraries are
// free.
var simulators = []string{"bridge/discord/discordtest", "bridge/whatsapp/whatsapptest", "bridge/bridgetest", "customer/customertest", "store/storetest", "cmd/sandbox"}

// libraries are the third-party libraries and the one folder that may import
// each. zap and golang.org/x are free outside the pure folders.
var libraries = map[string]string{
	"github.com/bwmarrin/discordgo":   "bridge/discord",
	"github.com/goccy/go-yaml":        "desk",
	"github.com/joho/godotenv":        "desk",
	"github.com/mdp/qrterminal/v3":    "cmd/halo",
	"github.com/redis/go-redis/v9":    "store",
	"github.com/rivo/uniseg":          "bridge",
	"github.com/spf13/cobra":          "cmd/halo",
	"go.mau.fi/libsignal":             "bridge/whatsapp",
	"go.mau.fi/whatsmeow":             "bridge/whatsapp",
	"google.golang.org/protobuf":      "bridge/whatsapp",
	"modernc.org/sqlite":              "bridge/whatsapp",
	"github.com/gorilla/websocket":    "bridge/discord",
	"rsc.io/qr":                       "bot",
	"github.com/robfig/cron/v3":       "scheduler",
	"github.com/xuri/excelize/v2":     "sheet",
	"github.com/nyaruka/phonenumbers": "customer",
}

// impure are the packages of the standard library that no pure folder needs.
var impure = []string{"context", "crypto/rand", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "sync", "syscall", "unsafe"}

type goPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func (p goPackage) folder() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func TestImports(t *testing.T) {
	for _, p := range goPackages(t, "./...") {
		if len(p.GoFiles) == 0 || p.folder() == "" {
			continue
		}
		allowed, ok := folders[p.folder()]
		if !ok {
			t.Errorf("%s is not in the table of folders", p.folder())
			continue
		}
		for _, path := range p.Imports {
			checkImport(t, p.folder(), allowed, path)
		}
	}
}

func checkImport(t *testing.T, folder string, allowed []string, path string) {
	t.Helper()
	first, _, _ := strings.Cut(path, "/")
	inside, ours := strings.CutPrefix(path, module+"/")
	isPure := slices.Contains(pure, folder)
	switch {
	case ours:
		if !slices.Contains(allowed, inside) {
			t.Errorf("%s imports %s; it may import %v of this module", folder, inside, allowed)
		}
	case !strings.Contains(first, "."):
		if isPure && slices.Contains(impure, path) {
			t.Errorf("%s is pure and imports %s", folder, path)
		}
	case slices.Contains(simulators, folder):
	case strings.HasPrefix(path, "go.uber.org/zap") || strings.HasPrefix(path, "golang.org/x/"):
		if isPure {
			t.Errorf("%s is pure and imports %s", folder, path)
		}
	default:
		home, known := libraryHome(path)
		if !known {
			t.Errorf("%s imports %s, which has no folder in the table of libraries", folder, path)
		} else if home != folder {
			t.Errorf("%s imports %s, which only %s may", folder, path, home)
		}
	}
}

func libraryHome(path string) (string, bool) {
	for library, home := range libraries {
		if path == library || strings.HasPrefix(path, library+"/") {
			return home, true
		}
	}
	return "", false
}

// A pure function is told the time.
func TestPureFoldersHaveNoClock(t *testing.T) {
	clock := regexp.MustCompile(`\btime\.(Now|Since|Until|Sleep|After|AfterFunc|Tick|NewTimer|NewTicker)\(`)
	for _, folder := range pure {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for number, line := range lines(t, name) {
				if clock.MatchString(line) {
					t.Errorf("%s:%d: %s", name, number+1, strings.TrimSpace(line))
				}
			}
		}
	}
}

// What runs in production holds no simulator, no in-process store and no test
// library.
func TestProgramHoldsNoSimulator(t *testing.T) {
	held := goPackages(t, "-deps", "./cmd/halo")
	if !slices.ContainsFunc(held, func(p goPackage) bool { return p.folder() == "desk" }) {
		t.Error("cmd/halo holds no desk, so this test looks at nothing")
	}
	for _, p := range held {
		path := p.ImportPath
		if slices.Contains(simulators, p.folder()) || path == "testing" || strings.HasPrefix(path, "testing/") ||
			strings.HasPrefix(path, "net/http/httptest") || strings.Contains(path, "miniredis") || strings.Contains(path, "pgregory.net/rapid") {
			t.Errorf("cmd/halo holds %s", path)
		}
	}
}

func goPackages(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json=ImportPath,Dir,GoFiles,Imports"}, args...)...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v\n%s", err, said.String())
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// A link from one page to another leads somewhere.
func TestDocsLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(<?([^)\s>]+)>?[^)]*\)`)
	for _, name := range textFiles(t) {
		if filepath.Ext(name) != ".md" {
			continue
		}
		for number, line := range lines(t, name) {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				target, _, _ := strings.Cut(m[1], "#")
				if u, err := url.Parse(m[1]); err == nil && u.Scheme != "" || target == "" {
					continue
				}
				if _, err := os.Stat(filepath.Join(filepath.Dir(name), filepath.FromSlash(target))); err != nil {
					t.Errorf("%s:%d: %s leads nowhere", name, number+1, m[1])
				}
			}
		}
	}
}

// A clone works on any machine, so no file knows one: no folder of a person, no
// address modules or images come from.
func TestNoMachineInFiles(t *testing.T) {
	// In pieces, so that this file does not hold them.
	machine := regexp.MustCompile(strings.Join([]string{
		`(^|[^\w.)])/(wo` + `rk|ro` + `ot|ho` + `me|Us` + `ers)/`,
		`pro` + `xy\.golang\.org`, `su` + `m\.golang\.org`, `GOPRO` + `XY=`, `GONOSUM` + `DB=`,
		`regis` + `try\.npmjs`, `py` + `pi\.org`, `(docker|ghcr|quay|gcr)` + `\.io/`, `deb\.deb` + `ian\.org`,
	}, "|"))
	// Tests name such addresses to see them refused.
	private := regexp.MustCompile(`//(10|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d`)
	for _, name := range textFiles(t) {
		for number, line := range lines(t, name) {
			found := machine.FindString(line)
			if found == "" && !strings.HasSuffix(name, "_test.go") {
				found = private.FindString(line)
			}
			if found != "" {
				t.Errorf("%s:%d: holds %q", name, number+1, found)
			}
		}
	}
}

// textFiles returns the files that belong to the project and hold text.
func textFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "halo-data"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if name == ".env" || name == ".git" || name == "go.sum" || !d.Type().IsRegular() {
			return nil
		}
		names = append(names, filepath.ToSlash(name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		text, err := os.ReadFile(name)
		return err != nil || !utf8.Valid(text) || strings.ContainsRune(string(text), 0)
	})
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}
