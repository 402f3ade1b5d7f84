package bot

// Table is who may use what, by how an interaction names it: "/ticket close", "t:accept",
// "f:resolve".
func Table() map[string][]string {
	out := map[string][]string{}
	for name, a := range table().commands {
		out["/"+name] = a.may
	}
	for name, a := range table().buttons {
		out[name] = a.may
	}
	for name, a := range table().forms {
		out["form "+name] = a.may
	}
	return out
}

// Covered is how a shown secret is covered again.
var Covered = covered
