// The page's own texts, in Indonesian and English. What people write is never
// translated.

const texts = {
  id: {
    skip: 'Langsung ke Discord', clock: 'Jam desk', links: 'Sambungan', faults: 'Gangguan',
    outage: 'Mati total', lostAcks: 'Konfirmasi hilang 30%', slow: 'Lambat 0,8 dtk', dropSocket: 'Putuskan sekali', unlink: 'Cabut tautan', unlinkDone: 'Ponsel desk mencabut tautan. Tautkan lagi dengan /desk pair sebagai andi.', scan: 'Pindai dengan ponsel desk', refuseNext: 'Ditolak (400) sekali',
    refuse_nextDone: 'Pesan berikutnya dari desk akan ditolak WhatsApp.', drop_socketDone: 'Sambungan WhatsApp diputus sekali.',
    lostAnswers: 'Jawaban hilang 30%', serverErrors: 'Galat server 30%', rateLimited: 'Dibatasi (429)',
    storeDown: 'Tidak terjangkau', faultsClear: 'Pulihkan semua', phones: 'Ponsel klien', discord: 'Server Discord',
    channels: 'Kanal', back: 'Kembali ke daftar kanal', messages: 'Percakapan', newest: 'Pesan baru ↓',
    commands: 'Perintah', more: 'Lainnya', as: 'Menulis sebagai', send: 'Kirim', views: 'Tampilan', whose: 'Ponsel milik', addPhone: 'Tambah ponsel',
    minutes: '+{n} mnt', hour: '+1 jam', morning: '→ 08.00', morningLong: 'Maju ke pukul 08.00 berikutnya', workday: '→ hari kerja', workdayLong: 'Majukan ke pukul 09.00 hari kerja berikutnya', month: '→ tgl 1', monthLong: 'Majukan ke hari kerja pertama bulan berikutnya, pukul 09.30', forward: 'Majukan jam desk {n}',
    up: 'tersambung', down: 'terputus', incidents: '⚠ Gangguan: {n}', online: 'online', offline: 'menunggu jaringan', typing: 'sedang mengetik…',
    writePhone: 'Ketik pesan', writeChannel: 'Pesan ke {name}', today: 'Hari ini', yesterday: 'Kemarin',
    edited: 'diedit', deleted: 'Pesan ini dihapus', youDeleted: 'Anda menghapus pesan ini', replyTo: 'Membalas {name}', editing: 'Mengubah pesan',
    you: 'Anda', reply: 'Balas', edit: 'Ubah', remove: 'Hapus', react: 'Reaksi', cancel: 'Batal', close: 'Tutup', save: 'Simpan',
    name: 'Nama', number: 'Nomor WhatsApp', newPhone: 'Ponsel baru', sent: 'terkirim', delivered: 'sampai', read: 'dibaca',
    emptyPhone: 'Tulis pesan pertama ke {name}.', emptyRoom: 'Belum ada pesan.', emptyForum: 'Belum ada post. Kirim pesan dari salah satu ponsel.',
    pickRoom: 'Pilih kanal atau post.', pickPost: 'Pilih post untuk menulis', mayNot: 'Discord tidak mengizinkan {name} melakukan itu di {room}.', closedRoom: 'Post ini terkunci', onlyYou: 'Hanya Anda yang dapat melihat ini', gone: 'pesan asli sudah tidak ada',
    unreadable: 'Menunggu pesan ini…', placeholder: '[{kind}]', posts: '{n} pesan', archived: 'Arsip', forumAbout: 'Satu post per tiket',
    fromPhone: '{name}: {text}', optionMissing: 'Isi {name}', reconnect: 'Halaman terputus dari sandbox, mencoba lagi…',
    problem: 'Terjadi galat: {text}', moving: 'Memajukan jam…', unread: 'belum dibaca', submit: 'Kirim', reacted: 'oleh {names}',
    attach: 'Lampirkan', uploading: 'Mengunggah', uploadLost: 'Unggahan terputus', tooLarge: '{name} terlalu besar: {size}, paling banyak {most}', download: 'Unduh', cannotShow: 'tidak dapat dibuka ({why})', play: 'Putar', pause: 'Jeda',
    pickPhoto: 'Foto & video', pickFile: 'Dokumen', pickFiles: 'Berkas', place: 'Tempat', latitude: 'Lintang', longitude: 'Bujur', question: 'Pertanyaan', options: 'Pilihan, satu per baris',
    pollOne: 'Pilih satu', pollMany: 'Boleh memilih beberapa', forwarded: 'Diteruskan', forwardedOften: 'Sering diteruskan', viewOnce: 'Sekali lihat', typists: '{name} sedang mengetik…', recording: 'sedang merekam suara…',
    kind_image: 'Foto', kind_video: 'Video', kind_gif: 'GIF', kind_voice: 'Pesan suara', kind_audio: 'Audio', kind_document: 'Dokumen', kind_sticker: 'Stiker', kind_location: 'Lokasi',
    disappearing: 'Pesan sementara', lasting: 'Pesan baru hilang setelah', off: 'Mati', fades: 'hilang setelah {span}', days: '{n} hari', hours: '{n} jam', seconds: '{n} detik', words: 'Isi pesan', ringing: 'Menelepon {name}…',
    kind_live_location: 'Lokasi terkini', kind_contact: 'Kontak', kind_contacts: 'Kontak', kind_poll: 'Polling', kind_album: 'Album', kind_call: 'Panggilan',
  },
  en: {
    skip: 'Skip to Discord', clock: 'Desk clock', links: 'Links', faults: 'Faults',
    outage: 'Outage', lostAcks: 'Lost acks 30%', slow: 'Slow 0.8 s', dropSocket: 'Drop once', unlink: 'Unlink', unlinkDone: 'The phone of the desk removed it. Link it again with /desk pair as andi.', scan: 'Scan with the phone of the desk', refuseNext: 'Refused (400) once',
    refuse_nextDone: 'WhatsApp will refuse the next message of the desk.', drop_socketDone: 'The WhatsApp connection was dropped once.',
    lostAnswers: 'Lost answers 30%', serverErrors: 'Server errors 30%', rateLimited: 'Rate limited (429)',
    storeDown: 'Unreachable', faultsClear: 'Clear all', phones: 'Client phones', discord: 'Discord server',
    channels: 'Channels', back: 'Back to channels', messages: 'Conversation', newest: 'New messages ↓',
    commands: 'Commands', more: 'More', as: 'Writing as', send: 'Send', views: 'Views', whose: 'Phone of', addPhone: 'Add a phone',
    minutes: '+{n} min', hour: '+1 h', morning: '→ 08:00', morningLong: 'Advance to the next 08:00', workday: '→ day', workdayLong: 'Advance to 09:00 of the next working day', month: '→ 1st', monthLong: 'Advance to the first working day of the next month, 09:30', forward: 'Advance the desk clock by {n}',
    up: 'connected', down: 'disconnected', incidents: '⚠ Incidents: {n}', online: 'online', offline: 'waiting for network', typing: 'typing…',
    writePhone: 'Type a message', writeChannel: 'Message {name}', today: 'Today', yesterday: 'Yesterday',
    edited: 'edited', deleted: 'This message was deleted', youDeleted: 'You deleted this message', replyTo: 'Replying to {name}', editing: 'Editing message',
    you: 'You', reply: 'Reply', edit: 'Edit', remove: 'Delete', react: 'React', cancel: 'Cancel', close: 'Close', save: 'Save',
    name: 'Name', number: 'WhatsApp number', newPhone: 'New phone', sent: 'sent', delivered: 'delivered', read: 'read',
    emptyPhone: 'Write the first message to {name}.', emptyRoom: 'No messages yet.', emptyForum: 'No posts yet. Send a message from one of the phones.',
    pickRoom: 'Choose a channel or post.', pickPost: 'Choose a post to write in', mayNot: 'Discord does not let {name} do that in {room}.', closedRoom: 'This post is locked', onlyYou: 'Only you can see this', gone: 'original message is gone',
    unreadable: 'Waiting for this message…', placeholder: '[{kind}]', posts: '{n} messages', archived: 'Archive', forumAbout: 'One post per ticket',
    fromPhone: '{name}: {text}', optionMissing: 'Fill in {name}', reconnect: 'Lost the sandbox, trying again…',
    problem: 'Error: {text}', moving: 'Advancing the clock…', unread: 'unread', submit: 'Submit', reacted: 'by {names}',
    attach: 'Attach', uploading: 'Uploading', uploadLost: 'The upload was cut off', tooLarge: '{name} is too large: {size}, at most {most}', download: 'Download', cannotShow: 'cannot be opened ({why})', play: 'Play', pause: 'Pause',
    pickPhoto: 'Photos & videos', pickFile: 'Document', pickFiles: 'Files', place: 'Place', latitude: 'Latitude', longitude: 'Longitude', question: 'Question', options: 'Options, one a line',
    pollOne: 'Choose one', pollMany: 'Several may be chosen', forwarded: 'Forwarded', forwardedOften: 'Forwarded many times', viewOnce: 'View once', typists: '{name} is typing…', recording: 'recording audio…',
    kind_image: 'Photo', kind_video: 'Video', kind_gif: 'GIF', kind_voice: 'Voice message', kind_audio: 'Audio', kind_document: 'Document', kind_sticker: 'Sticker', kind_location: 'Location',
    disappearing: 'Disappearing messages', lasting: 'New messages disappear after', off: 'Off', fades: 'disappears after {span}', days: '{n} d', hours: '{n} h', seconds: '{n} s', words: 'Message', ringing: 'Calling {name}…',
    kind_live_location: 'Live location', kind_contact: 'Contact', kind_contacts: 'Contacts', kind_poll: 'Poll', kind_album: 'Album', kind_call: 'Call',
  },
};

export const language = (navigator.language || 'id').toLowerCase().startsWith('en') ? 'en' : 'id';
const locale = language === 'en' ? 'en-GB' : 'id-ID';

// t is the text for key with {names} filled in.
export function t(key, values = {}) {
  const text = texts[language][key] ?? texts.id[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

// translate fills the static texts of a part of the page.
export function translate(root) {
  for (const node of root.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll('[data-label]')) {
    node.setAttribute('aria-label', t(node.dataset.label));
    if (node.tagName === 'BUTTON') node.title = t(node.dataset.label);
  }
}

let zone = 'Asia/Jakarta';
let formats = {};

// setZone decides in which zone times are shown.
export function setZone(name) {
  zone = name || zone;
  const make = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  formats = {
    date: make({ dateStyle: 'short' }),
    time: make({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    clock: make({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    year: make({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    day: make({ weekday: 'long', day: 'numeric', month: 'long' }),
    key: new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }),
    full: make({ dateStyle: 'medium', timeStyle: 'short' }),
  };
}
setZone(zone);

export const timeOf = (date) => formats.time.format(date);
export const fullOf = (date) => formats.full.format(date);
// spelled is a moment as Discord shows it: R is how far it is from now, t the time of
// day, f both.
export function spelled(date, style, now) {
  if (style === 't') return timeOf(date);
  if (style === 'd') return formats.date.format(date);
  if (style !== 'R') return fullOf(date);
  const seconds = Math.round((date - now) / 1000);
  const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60]].find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return relative.format(Math.round(seconds / size), unit);
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

export const dayKey = (date) => formats.key.format(date);

// clockOf spells a moment, with the year unless it is that of start.
export function clockOf(date, start) {
  const sameYear = dayKey(date).slice(0, -6) === dayKey(start).slice(0, -6);
  return (sameYear ? formats.clock : formats.year).format(date);
}

// dayOf names a day as seen from now: today, yesterday, or its date.
export function dayOf(date, now) {
  const key = dayKey(date);
  if (key === dayKey(now)) return t('today');
  if (key === dayKey(new Date(now.getTime() - 86400e3))) return t('yesterday');
  return formats.day.format(date);
}
