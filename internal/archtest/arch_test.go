// Package archtest holds the laws of the project's structure as data: which
// package may import which, and who may do what only one part should. To add a
// package, add its line to the table below; a new arrow is a design decision,
// so say in the commit why it is there.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/reeve-authz/reeve/"

// arrows lists every package of this module that is more than tests, and which
// packages of this module it may import. Tests may import what they like.
//
// A package that nobody lists here is imported by tests only.
var arrows = map[string]string{
	"client":         "", // public, standard library only
	"cmd/reeve":      "client internal/server",
	"compat/process": "", // for tests; runs the binary

	"internal/access":    "",
	"internal/durable":   "", // replaces files
	"internal/audit":     "internal/access",
	"internal/decisions": "internal/access", // for tests: cases in plain text

	"internal/engine":        "internal/access internal/engine/packed",
	"internal/engine/packed": "internal/access",
	"internal/engine/naive":  "internal/access", // for tests: the engine's twin

	"internal/store":           "internal/access internal/audit",
	"internal/store/storetest": "internal/access internal/audit internal/store",
	"internal/store/sqlite":    "internal/access internal/audit internal/durable internal/store",

	"internal/feed":            "internal/access internal/audit internal/durable internal/engine internal/store",
	"internal/authn":           "internal/access internal/outbound",
	"internal/authn/authntest": "", // for tests: an issuer of users' tokens
	"internal/authz":           "internal/access internal/audit internal/authn internal/engine internal/feed internal/outbound internal/store",
	"internal/outbound":        "", // the one way out: everything that is fetched and posted
	"internal/webhook":         "internal/access",

	"internal/api":          "internal/access",
	"internal/api/authress": "internal/access internal/api internal/authz",
	"internal/api/native":   "internal/access internal/api internal/authz",
	"internal/api/workos":   "internal/access internal/api internal/authz",

	"internal/server": "internal/access internal/api internal/api/authress internal/api/native internal/api/workos internal/audit internal/authn " +
		"internal/authz internal/durable internal/engine internal/feed internal/outbound internal/store internal/store/sqlite internal/webhook",
	"internal/server/servertest": "internal/access internal/server internal/store internal/store/sqlite", // for tests: a whole server in the process

	"internal/tools/bench":          "internal/authn internal/access internal/engine internal/tools/bench/workload",
	"internal/tools/bench/workload": "",
	"internal/tools/faults":         "", // runs go test
	"internal/tools/testsum":        "",
}

// keepOut lists what packages may not import from anywhere: the nouns and the
// engine know no I/O, no clock, no context and no lock.
var keepOut = map[string]string{
	"internal/access": "context database/sql io/fs log log/slog net net/http os os/exec sync sync/atomic",
	"internal/engine": "context database/sql io/fs log log/slog net net/http os os/exec sync sync/atomic math/rand math/rand/v2",
	"internal/audit":  "database/sql net net/http os",
	"internal/feed":   "database/sql net/http",
	"internal/authz":  "database/sql net net/http os",
	"internal/authn":  "database/sql net os", // reads headers, hence net/http
	"internal/store":  "database/sql net/http os",
}

// stdOnly lists what a caller of ours imports into a program of its own: it
// brings no dependencies along.
var stdOnly = []string{"client"}

// calls lists functions and methods that only some packages may call; packages
// below those may, too. A method is known by its name and its number of
// arguments, whatever it is called on: a scan of the source, with no types. If
// it strikes at the innocent, give them another name.
var calls = []struct {
	name    string // with its dot
	args    int    // -1: any number
	allowed string
	why     string
}{
	{".Update", 3, "internal/authz internal/store internal/server/servertest", "every write passes through authz: it checks the caller and writes the audit entry"},
	{".Prune", 3, "internal/authz internal/store internal/server", "what is forgotten is decided in one place"},
}

// clocks are the functions that tell the time. In timeless packages the time
// is an argument.
var (
	timeless = []string{"internal/access", "internal/audit", "internal/engine"}
	clocks   = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Sleep", "Tick"}
)

// pkg is a package of ours, without its tests.
type pkg struct {
	dir     string // below the module's root, with slashes
	files   []*ast.File
	imports []string // import paths, sorted
}

func TestArrows(t *testing.T) {
	pkgs, _ := load(t)
	for _, p := range pkgs {
		allowed, listed := arrows[p.dir]
		if !listed {
			t.Errorf("%s is not in the table of imports: add it, and say what it may import", p.dir)
			continue
		}
		for _, path := range p.imports {
			dir, ours := strings.CutPrefix(path, module)
			if ours && !slices.Contains(strings.Fields(allowed), dir) {
				t.Errorf("%s imports %s, which the table of imports does not allow", p.dir, dir)
			}
		}
	}
	for dir := range arrows {
		if !slices.ContainsFunc(pkgs, func(p pkg) bool { return p.dir == dir }) {
			t.Errorf("%s is in the table of imports and does not exist", dir)
		}
	}
}

func TestKeepOut(t *testing.T) {
	pkgs, _ := load(t)
	for _, p := range pkgs {
		for _, path := range p.imports {
			if slices.Contains(strings.Fields(keepOut[p.dir]), path) {
				t.Errorf("%s imports %s, which it must do without", p.dir, path)
			}
			first, _, _ := strings.Cut(path, "/")
			if slices.Contains(stdOnly, p.dir) && strings.Contains(first, ".") {
				t.Errorf("%s imports %s, which is not of the standard library", p.dir, path)
			}
		}
	}
}

func TestCalls(t *testing.T) {
	pkgs, fset := load(t)
	for _, p := range pkgs {
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				for _, law := range calls {
					if "."+sel.Sel.Name != law.name || law.args >= 0 && len(call.Args) != law.args || within(p.dir, law.allowed) {
						continue
					}
					t.Errorf("%s calls %s: only %s may; %s", fset.Position(call.Pos()), law.name, law.allowed, law.why)
				}
				return true
			})
		}
	}
}

func TestClocks(t *testing.T) {
	pkgs, fset := load(t)
	for _, p := range pkgs {
		if !slices.Contains(timeless, p.dir) {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, sel.Sel.Name) {
					t.Errorf("%s: %s uses time.%s; the time is an argument there", fset.Position(sel.Pos()), p.dir, sel.Sel.Name)
				}
				return true
			})
		}
	}
}

// within reports whether dir is one of dirs or below one.
func within(dir, dirs string) bool {
	for d := range strings.FieldsSeq(dirs) {
		if dir == d || strings.HasPrefix(dir, d+"/") {
			return true
		}
	}
	return false
}

// load parses the packages of this module, tests left out. It reads the files
// itself, so that a cached result of these tests ends when a file changes.
func load(t *testing.T) ([]pkg, *token.FileSet) {
	t.Helper()
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	byDir := map[string]*pkg{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(name, rel)
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(rel))
		if byDir[dir] == nil {
			byDir[dir] = &pkg{dir: dir}
		}
		p := byDir[dir]
		p.files = append(p.files, f)
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			p.imports = append(p.imports, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pkgs := make([]pkg, 0, len(byDir))
	for _, p := range byDir {
		slices.Sort(p.imports)
		p.imports = slices.Compact(p.imports)
		pkgs = append(pkgs, *p)
	}
	slices.SortFunc(pkgs, func(a, b pkg) int { return strings.Compare(a.dir, b.dir) })
	return pkgs, fset
}

// skipDir leaves out what the go command leaves out of ./..., too.
func skipDir(name, rel string) error {
	base := filepath.Base(rel)
	if rel == "." {
		return nil
	}
	if base == "testdata" || base == "node_modules" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir // a module of its own
	}
	return nil
}
