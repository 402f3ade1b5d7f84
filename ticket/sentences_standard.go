package ticket

// Keys of the standard sentences.
const (
	AutoText           = "auto_text"         // the greeting every new ticket owes its client
	SayOutOfHours      = "out_of_hours"      // beside it while the desk is closed
	SayOutage          = "outage"            // behind it while something is down
	SayNotRegistered   = "not_registered"    // to whom the desk does not serve
	SayGreeting        = "greeting"          // an agent accepted
	SayReceived        = "received"          // behind it
	SayNewAgent        = "new_agent"         // another agent goes on
	SayChecking        = "checking"          // it is being looked into
	SayWillUpdate      = "will_update"       // behind that, and behind the requests
	SayRequestData     = "request_data"      // what is missing
	SayRequestAccess   = "request_access"    // a code is needed
	SayAccessAgain     = "access_again"      // the code that came can no longer be read
	SayAdjusted        = "adjusted"          // a developer's change passed
	SayReopened        = "reopened"          // the work is taken up again
	SayClosingEasy     = "closing_easy"      // closes an easy ticket, and any after a yes
	SayClosingConfirm  = "closing_confirm"   // asks whether it is as it should be
	SayConfirmQuestion = "confirm_question"  // the poll to it
	SayConfirmYes      = "confirm_yes"       // its options
	SayConfirmNo       = "confirm_no"        //
	SayRating          = "rating"            // asks for stars
	SayRatingAgain     = "rating_again"      // the answer was none of 1 to 5
	SayRatingComment   = "rating_comment"    // asks for a comment
	SayRatingThanks    = "rating_thanks"     // ends it
	SayOptOutHint      = "opt_out_hint"      // the end of what the desk sends first: how to have no more of it
	SayOptOut          = "opt_out"           // no proactive messages any more
	SayOptIn           = "opt_in"            // again
	SayCall            = "call"              // to somebody who called
	SayWarrantyRefused = "warranty_refused"  // with the reason
	SayWarrantyTaken   = "warranty_accepted" // the claim is on its way

	SayFollowUpReminder   = "followup_reminder"    // suggested to sales: it is time to order again
	SayFollowUpOffer      = "followup_offer"       // suggested to sales: a special offer
	SayFollowUpNewProduct = "followup_new_product" // suggested to sales: something new
	SayReorderReminder    = "reorder_reminder"     // sent by itself to who agreed to it
)

// followUpNames are what a text for sales may name: whom it is for, his company, who writes
// it, and what was ordered last.
var followUpNames = []string{"contact", "company", "sales", "product"}

// Standard returns every sentence with its defaults. request_data, request_access,
// access_again and checking are followed by will_update when they are sent.
func Standard() []Sentence {
	return append([]Sentence{
		{Key: AutoText,
			Text:    "Selamat datang di HaloERZAP. Mohon menginformasikan secara detail pertanyaan atau kendala Anda. Sertakan video/foto full halaman ERZAP terkait pertanyaan atau kendala yang dialami. Customer Service yang bertugas akan segera merespons pertanyaan atau kendala Anda. Terima kasih.",
			English: "Welcome to HaloERZAP. Please describe your question or problem in detail. Include a video or photo of the full ERZAP page it is about. The Customer Service agent on duty will respond to you shortly. Thank you."},
		{Key: SayOutOfHours, Placeholders: []string{"opening"},
			Text:    "Saat ini di luar jam operasional kami. Laporan kakak akan kami respons mulai {{opening}}.",
			English: "We are outside our working hours at the moment. We will respond to your report from {{opening}}."},
		{Key: SayOutage, Placeholders: []string{"notice"}, Needs: []string{"notice"},
			Text:    "Informasi untuk kakak: {{notice}}",
			English: "Please note: {{notice}}"},
		{Key: SayNotRegistered,
			Text:    "Mohon maaf kak, nomor ini belum terdaftar di HaloERZAP. Silakan hubungi Sales ERZAP.",
			English: "We are sorry, this number is not registered with HaloERZAP yet. Please contact ERZAP Sales."},
		{Key: SayGreeting, Placeholders: []string{"agent"},
			Text:    "Halo kak, terima kasih sudah menghubungi HaloERZAP. Saya {{agent}} yang akan bantu kakak hari ini.",
			English: "Hello, thank you for contacting HaloERZAP. I am {{agent}} and I will help you today."},
		{Key: SayReceived,
			Text:    "Laporan kakak telah kami terima dan akan segera kami tindak lanjuti.",
			English: "We have received your report and will follow it up shortly."},
		{Key: SayNewAgent, Placeholders: []string{"agent"},
			Text:    "Halo kak, saya {{agent}} yang akan melanjutkan bantuan untuk kakak.",
			English: "Hello, I am {{agent}} and I will continue helping you."},
		{Key: SayChecking,
			Text:    "Baik kak, mohon ditunggu ya kak. Saat ini kami sedang melakukan pengecekan lebih lanjut terkait laporan kakak.",
			English: "Please wait a moment. We are looking further into your report."},
		{Key: SayWillUpdate,
			Text:    "Kami akan segera menginfokan kakak kembali setelah ada update terbaru.",
			English: "We will let you know as soon as there is an update."},
		{Key: SayRequestData, Placeholders: []string{"data"}, Needs: []string{"data"},
			Text:    "Mohon maaf kak, terkait laporannya, kami perlu data yang lebih detail. Bisa dibantu untuk kirimkan data berikut ya kak:\n{{data}}\nTerima kasih kak.",
			English: "We are sorry, we need more detail about your report. Could you please send us the following:\n{{data}}\nThank you."},
		{Key: SayRequestAccess,
			Text:    "Mohon maaf kak, terkait laporannya, kami perlu akses ke sistem. Bisa dibantu untuk kirimkan kode OTP-nya. Terima kasih kak.",
			English: "We are sorry, we need access to the system for your report. Could you please send us the OTP code? Thank you."},
		{Key: SayAccessAgain,
			Text:    "Mohon maaf kak, kode yang tadi sudah tidak bisa kami gunakan. Bisa dibantu untuk kirimkan kode OTP yang baru ya kak. Terima kasih kak.",
			English: "We are sorry, we can no longer use the code you sent. Could you please send us a new OTP code? Thank you."},
		{Key: SayAdjusted,
			Text:    "Terima kasih telah menunggu kak. Laporan kakak sudah kami sesuaikan dan bisa kakak cek atau coba kembali.",
			English: "Thank you for waiting. We have made the adjustment you reported; please check or try again."},
		{Key: SayReopened,
			Text:    "Baik kak, laporan kakak kami buka kembali dan akan segera kami tindak lanjuti.",
			English: "We have opened your report again and will follow it up shortly."},
		{Key: SayClosingEasy,
			Text:    "Saya izin untuk menutup laporan ini ya kak. Jika masih ada yang ingin ditanyakan, silakan hubungi kami kembali. Terima kasih.",
			English: "I will close this report now. If there is anything else you would like to ask, please contact us again. Thank you."},
		{Key: SayClosingConfirm,
			Text:    "Kami mohon maaf atas ketidaknyamanannya dan terima kasih sudah menunggu. Laporan kakak sudah kami selesaikan dan saat ini bisa dicoba kembali, mohon dibantu konfirmasi jika sudah sesuai ya kak. Terima kasih.",
			English: "We are sorry for the inconvenience, and thank you for waiting. We have resolved your report and you can try again now; please confirm that everything is as it should be. Thank you."},
		{Key: SayConfirmQuestion,
			Text:    "Apakah laporan kakak sudah sesuai?",
			English: "Is everything as it should be now?"},
		{Key: SayConfirmYes, Text: "Sudah sesuai", English: "Yes, it works"},
		{Key: SayConfirmNo, Text: "Belum sesuai", English: "No, not yet"},
		{Key: SayRating,
			Text:    "Seberapa puas Anda dengan layanan kami? (1-5 bintang)",
			English: "How satisfied are you with our service? (1-5 stars)"},
		{Key: SayRatingAgain,
			Text:    "Terima kasih kak. Mohon dibantu balas dengan angka 1 sampai 5 ya kak (5 = sangat puas).",
			English: "Thank you. Please reply with a number from 1 to 5 (5 = very satisfied)."},
		{Key: SayRatingComment,
			Text:    "Terima kasih kak. Ada komentar atau saran untuk kami?",
			English: "Thank you. Do you have any comments or suggestions for us?"},
		{Key: SayRatingThanks,
			Text:    "Terima kasih atas penilaian dan masukannya kak. Ini sangat berarti bagi kami.",
			English: "Thank you for your rating and feedback. It means a lot to us."},
		{Key: SayOptOutHint,
			Text:    "Balas BERHENTI bila tidak ingin menerima info seperti ini.",
			English: "Reply STOP if you do not want messages like this."},
		{Key: SayOptOut,
			Text:    "Baik kak, kami tidak akan mengirim info dan penawaran lagi. Kakak tetap bisa menghubungi kami kapan saja.",
			English: "We will not send you any more information and offers. You can still contact us at any time."},
		{Key: SayOptIn,
			Text:    "Baik kak, kakak akan kembali menerima info dan penawaran dari kami. Balas BERHENTI kapan saja jika ingin berhenti.",
			English: "You will receive information and offers from us again. Reply STOP at any time to stop them."},
		{Key: SayCall,
			Text:    "Mohon maaf kak, kami belum bisa menerima panggilan di nomor ini. Mohon tuliskan kendalanya di sini ya kak.",
			English: "We are sorry, we cannot take calls on this number. Please write to us here about your problem."},
		{Key: SayWarrantyRefused, Placeholders: []string{"reason"}, Needs: []string{"reason"},
			Text:    "Mohon maaf kak, klaim garansinya belum dapat kami proses karena {{reason}}.",
			English: "We are sorry, we cannot process your warranty claim because {{reason}}."},
		{Key: SayWarrantyTaken, Placeholders: []string{"product"},
			Text:    "Baik kak, klaim garansi untuk {{product}} sudah kami terima dan sedang kami proses. Kami akan menginfokan kakak perkembangannya.",
			English: "We have accepted your warranty claim for {{product}} and are processing it. We will keep you informed."},
		{Key: SayFollowUpReminder, Placeholders: followUpNames,
			Text:    "Halo {{contact}}, saya {{sales}} dari ERZAP. Semoga usaha {{company}} lancar selalu. Sekadar mengingatkan, mungkin sudah waktunya memesan kembali {{product}}. Bila berkenan, balas pesan ini dan saya bantu siapkan. Terima kasih.",
			English: "Hello {{contact}}, this is {{sales}} of ERZAP. We hope all is well at {{company}}. It may be time to order {{product}} again. Just reply to this message and I will prepare it for you. Thank you."},
		{Key: SayFollowUpOffer, Placeholders: followUpNames,
			Text:    "Halo {{contact}}, saya {{sales}} dari ERZAP. Saat ini ada penawaran khusus untuk {{company}}, juga untuk {{product}}. Boleh saya kirimkan detailnya? Cukup balas pesan ini. Terima kasih.",
			English: "Hello {{contact}}, this is {{sales}} of ERZAP. There is a special offer for {{company}}, also on {{product}}. May I send you the details? Just reply to this message. Thank you."},
		{Key: SayFollowUpNewProduct, Placeholders: followUpNames,
			Text:    "Halo {{contact}}, saya {{sales}} dari ERZAP. Selain {{product}}, kini ada produk baru yang mungkin cocok untuk {{company}}. Boleh saya ceritakan singkat? Cukup balas pesan ini. Terima kasih.",
			English: "Hello {{contact}}, this is {{sales}} of ERZAP. Beside {{product}} we now have a new product that may suit {{company}}. May I tell you about it briefly? Just reply to this message. Thank you."},
		{Key: SayReorderReminder, Placeholders: followUpNames,
			Text:    "Halo {{contact}}, ini pengingat dari ERZAP: berdasarkan kebiasaan pemesanan {{company}}, sekarang waktunya memesan kembali {{product}}. Balas pesan ini bila ingin dibantu {{sales}}. Terima kasih.",
			English: "Hello {{contact}}, a reminder from ERZAP: going by when {{company}} usually orders, it is time to order {{product}} again. Reply to this message if you would like {{sales}} to help. Thank you."},
	}, surveySentences()...)
}
