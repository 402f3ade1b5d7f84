package whatsapp

func child(string) int { return 1 }
