package bridge_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// Every reason that the bridge or a network can give has its Indonesian.
func TestReasonsAreTranslated(t *testing.T) {
	found := 0
	for _, folder := range []string{".", "whatsapp", "discord"} {
		src := readSource(t, folder)
		for at, reason := range src.reasons() {
			if found++; reason == "" {
				t.Errorf("%s: cannot tell how the reason begins", at)
				continue
			}
			if said := bridge.Why(ledger.Status{Reason: reason}); said == bridge.ToDiscord(reason) {
				t.Errorf("%s: %q is not in reasons.go", at, reason)
			}
		}
	}
	if found < 75 {
		t.Errorf("%d reasons were found: the search misses some", found)
	}
}

// Codes and names that follow a clause are kept, a cause in English is not.
func TestReasonsKeepWhatIsNamed(t *testing.T) {
	for reason, want := range map[string]string{
		"WhatsApp refused to change the message (error 405)": "WhatsApp menolak mengubah pesan ini (kode 405)",
		"the bot lacks a permission there: Add Reactions":    "bot tidak punya izin Add Reactions",
		"the letter cannot be read: unexpected end of JSON":  "isi pesan ini rusak; lihat log",
		"something new @everyone":                            "something new @\u200beveryone",
	} {
		if said := bridge.Why(ledger.Status{Reason: reason}); said != want {
			t.Errorf("%q is said as %q, want %q", reason, said, want)
		}
	}
}

// A source is the Go files of one folder, without tests.
type source struct {
	files  *token.FileSet
	decls  []ast.Decl
	values map[string]ast.Expr
}

func readSource(t *testing.T, folder string) source {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	s := source{files: token.NewFileSet(), values: map[string]ast.Expr{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(s.files, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.decls = append(s.decls, f.Decls...)
	}
	for _, d := range s.decls {
		if g, ok := d.(*ast.GenDecl); ok && (g.Tok == token.CONST || g.Tok == token.VAR) {
			for _, spec := range g.Specs {
				for i, name := range spec.(*ast.ValueSpec).Names {
					if values := spec.(*ast.ValueSpec).Values; i < len(values) {
						s.values[name.Name] = values[i]
					}
				}
			}
		}
	}
	return s
}

// makers are the functions that make a SendError of a reason, their first argument.
var makers = map[string]bool{"refused": true, "blocked": true, "unfit": true}

// reasons are how the reasons of SendErrors begin, by where they stand.
func (s source) reasons() map[string]string {
	all := map[string]string{}
	note := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.SelectorExpr: // passed on, and noted where it was made
			if e.Sel.Name == "Reason" || e.Sel.Name == "why" {
				return
			}
		case *ast.IndexExpr: // one of a table
			if table, ok := s.values[name(e.X)].(*ast.CompositeLit); ok {
				for _, entry := range table.Elts {
					value := entry.(*ast.KeyValueExpr).Value
					all[s.files.Position(value.Pos()).String()] = s.begins(value)
				}
				return
			}
		}
		all[s.files.Position(e.Pos()).String()] = s.begins(e)
	}
	for _, d := range s.decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || makers[f.Name.Name] {
			continue
		}
		errors := map[string]bool{} // variables that hold one
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				for _, name := range n.Names {
					errors[name.Name] = errors[name.Name] || isSendError(n.Type)
				}
			case *ast.CompositeLit:
				for _, e := range n.Elts {
					kv, ok := e.(*ast.KeyValueExpr)
					if ok && (isSendError(n.Type) && name(kv.Key) == "Reason" || name(n.Type) == "fileError" && name(kv.Key) == "why") {
						note(kv.Value)
					}
				}
			case *ast.CallExpr:
				if makers[name(n.Fun)] {
					note(n.Args[0])
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if len(n.Lhs) != len(n.Rhs) {
						break
					}
					if made, ok := n.Rhs[i].(*ast.UnaryExpr); ok {
						if lit, ok := made.X.(*ast.CompositeLit); ok && isSendError(lit.Type) {
							errors[name(left)] = true
						}
					}
					if sel, ok := left.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reason" && errors[name(sel.X)] {
						note(n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	return all
}

func isSendError(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StarExpr:
		return isSendError(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name == "SendError"
	}
	return e != nil && name(e) == "SendError"
}

func name(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// begins is how a string begins, "" if that does not stand in the source.
func (s source) begins(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		text, _, _ = strings.Cut(text, "%")
		return text
	case *ast.BinaryExpr:
		return s.begins(e.X)
	case *ast.CallExpr: // fmt.Sprintf
		return s.begins(e.Args[0])
	case *ast.Ident:
		if value, ok := s.values[e.Name]; ok {
			return s.begins(value)
		}
	}
	return ""
}
