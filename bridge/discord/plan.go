package discord

// A Plan is what a guild must have for the desk. Everything is known by its
// name; what is there already is kept and used, with the rights it has.
type Plan struct {
	Category string // holds the channels and forums; "" for none
	Forums   []ForumPlan
	Channels []ChannelPlan
	Roles    []RolePlan
}

// A ForumPlan is a forum with its tags, at most 20.
type ForumPlan struct {
	Name, Topic string
	Tags        []string
	Moderated   bool     // only those who manage threads (the bot) set the tags
	VisibleTo   []string // names of roles of the plan; none: everybody in the server
	// Optional: an inspection finds it, if it is there, and finds nothing wrong with it.
	Optional bool
}

// A ChannelPlan is a text channel.
type ChannelPlan struct {
	Name, Topic string
	VisibleTo   []string // as of a ForumPlan
	Optional    bool     // as of a ForumPlan
}

// A RolePlan is a role; a mentionable one can be called by anybody.
type RolePlan struct {
	Name        string
	Mentionable bool
}

// StandardPlan is the desk's own layout. Each of teams is a developer team: a
// tag of the report forum. At most 12 fit beside the states of a report.
func StandardPlan(teams []string) Plan {
	reports := ReportTags()
	tags := append(append([]string{}, teams[:min(len(teams), mostForumTags-len(reports))]...), reports...)
	return Plan{
		Category: "Halo",
		Forums: []ForumPlan{
			{Name: "halo-desk", Topic: "Satu post untuk tiap tiket. Yang ditulis agen tiket di sini terkirim kepada klien; baris yang diawali // tetap di dalam.",
				Tags: []string{"new", "assigned", "waiting", "developer", "resolved", "closed"}, Moderated: true},
			{Name: "inquiry-reports", Topic: "Satu post untuk tiap laporan kepada tim developer.", Tags: tags, Moderated: true},
			{Name: "follow-up", Topic: "Satu post untuk tiap pelanggan yang perlu dihubungi. Setelah klien menulis, yang ditulis sales di sini terkirim kepadanya; baris yang diawali // tetap di dalam.",
				Tags: FollowUpTags(), Moderated: true},
		},
		Channels: []ChannelPlan{
			{Name: "halo-intake", Topic: "Siapa yang menunggu, dan siapa yang belum dapat dilayani."},
			{Name: "halo-ops", Topic: "Keadaan desk itu sendiri."},
			{Name: "halo-qa", Topic: "Salinan jawaban survei, untuk statistik."},
			{Name: "audit", Topic: "Contoh jawaban untuk divalidasi."},
		},
	}
}

const mostForumTags = 20

// ReportTags are the tags of the report forum beside the teams': the states, and what is
// with another party than developers.
func ReportTags() []string {
	return []string{"open", "taken", "needs data", "adjusted", "no change", "closed", "forwarded"}
}

// FollowUpTags are the tags of the forum of follow-ups: the states, and what the post is.
func FollowUpTags() []string {
	return []string{"open", "queued", "sent", "answered", "done", "skipped", "re-order", "reminder", "new customer", "list"}
}

// A Layout holds the ids of a guild's channels and roles by name.
type Layout struct {
	Channels map[string]string
	Roles    map[string]string
}
