package ticket

// Keys of the sentences of a survey. The questions are [SaySurvey] and their keys.
const (
	SaySurveyIntro   = "survey_intro"   // invites; the first question follows it
	SaySurveyAgain   = "survey_again"   // an answer that is no number of the question
	SaySurveyLater   = "survey_later"   // the client has no time now
	SaySurveyResume  = "survey_resume"  // before the open question, when a ticket came in between
	SaySurveyThanks  = "survey_thanks"  // after the last answer
	SaySurveyStopped = "survey_stopped" // the client does not want to go on
)

// SaySurvey is the key of the sentence that asks a question, by the question's own key.
func SaySurvey(question string) string { return "survey_" + question }

// surveySentences are what a client reads of a survey.
func surveySentences() []Sentence {
	return []Sentence{
		{Key: SaySurveyIntro, Placeholders: []string{"orders"},
			Text:    "Halo kak, terima kasih sudah mempercayakan pesanan {{orders}} kepada ERZAP. Supaya kami bisa terus memperbaiki diri, boleh kami minta pendapat kakak lewat 6 pertanyaan singkat? Kakak bisa menjawabnya kapan saja. Balas BERHENTI bila tidak ingin menerima pesan seperti ini.",
			English: "Hello, thank you for your order {{orders}} with ERZAP. To keep improving, may we ask for your opinion in 6 short questions? You can answer at any time. Reply STOP if you do not want messages like this."},
		{Key: SaySurvey("performance"),
			Text:    "(1 dari 6) Bagaimana kinerja produk kami selama kakak gunakan? Balas dengan angka 1 sampai 5 (1 = sangat kurang, 5 = sangat baik).",
			English: "(1 of 6) How does our product perform in use? Reply with a number from 1 to 5 (1 = very poor, 5 = very good)."},
		{Key: SaySurvey("quality"),
			Text:    "(2 dari 6) Bagaimana kualitas produk yang kakak terima? (1-5)",
			English: "(2 of 6) How is the quality of the product you received? (1-5)"},
		{Key: SaySurvey("conformity"),
			Text:    "(3 dari 6) Seberapa sesuai produknya dengan yang kakak pesan? (1-5)",
			English: "(3 of 6) How well does the product match what you ordered? (1-5)"},
		{Key: SaySurvey("service"),
			Text:    "(4 dari 6) Bagaimana pelayanan tim kami kepada kakak? (1-5)",
			English: "(4 of 6) How was the service of our team? (1-5)"},
		{Key: SaySurvey("promotion"),
			Text:    "(5 dari 6) Dari 0 sampai 10, seberapa mungkin kakak merekomendasikan kami kepada rekan kakak? (0 = tidak mungkin, 10 = pasti)",
			English: "(5 of 6) From 0 to 10, how likely are you to recommend us to others? (0 = not at all, 10 = certainly)"},
		{Key: SaySurvey("comment"),
			Text:    "(6 dari 6) Terakhir kak, ada komentar atau saran untuk kami? Balas \"tidak ada\" bila tidak ada.",
			English: "(6 of 6) Finally, do you have any comments or suggestions? Reply \"none\" if you have none."},
		{Key: SaySurveyAgain, Placeholders: []string{"least", "most"}, Needs: []string{"least", "most"},
			Text:    "Mohon maaf kak, jawabannya belum dapat kami catat. Mohon dibantu balas dengan angka {{least}} sampai {{most}} ya kak.",
			English: "Sorry, we could not take down your answer. Please reply with a number from {{least}} to {{most}}."},
		{Key: SaySurveyLater,
			Text:    "Baik kak, tidak apa-apa. Bila sudah ada waktu, cukup balas pertanyaan terakhir kami ya kak. Terima kasih.",
			English: "No problem. Whenever you have time, just reply to our last question. Thank you."},
		{Key: SaySurveyResume,
			Text:    "Terima kasih sudah meluangkan waktu kak. Bila berkenan, kita lanjutkan survei yang tadi ya kak.",
			English: "Thank you for your time. If you like, let us continue with our short survey."},
		{Key: SaySurveyThanks,
			Text:    "Terima kasih banyak kak, semua jawaban sudah kami catat dan menjadi masukan yang berharga bagi kami.",
			English: "Thank you very much. We have taken down all your answers; they are valuable to us."},
		{Key: SaySurveyStopped,
			Text:    "Baik kak, surveinya kami akhiri di sini. Terima kasih atas waktunya.",
			English: "We will end the survey here. Thank you for your time."},
	}
}
