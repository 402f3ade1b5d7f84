package ticket

// Sentences are the standard texts a client reads, by key. They are plain text
// with {{variables}}; the desk's texts.yaml replaces them one by one.
type Sentences map[string]string

// Keys of the sentences in use.
const (
	AutoText = "auto_text"
)

// Defaults are the sentences of a desk that has configured none.
func Defaults() Sentences {
	return Sentences{
		AutoText: "Selamat datang di HaloERZAP. Mohon menginformasikan secara detail pertanyaan atau kendala Anda. " +
			"Sertakan video/foto full halaman ERZAP terkait pertanyaan atau kendala yang dialami. " +
			"Customer Service yang bertugas akan segera merespons pertanyaan atau kendala Anda. Terima kasih.",
	}
}
