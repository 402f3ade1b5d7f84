// What messages carry beside words: files, places, cards, polls, previews.
// Everything in them was written by strangers: it becomes text, or an address of
// this sandbox.

import { avatar, h, icon } from './dom.js';
import { t } from './words.js';

// plain is a name without characters that hide or turn what follows.
export const plain = (name) => (name ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd').slice(0, 200);

// sizeOf spells a number of bytes.
export function sizeOf(bytes) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at++) bytes /= 1000;
  return (at && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)) + ' ' + units[at];
}

const lengthOf = (seconds) => Math.floor(seconds / 60) + ':' + String(Math.floor(seconds % 60)).padStart(2, '0');

// kindName is what a message without words is called.
export const kindName = (kind) => t('kind_' + kind) === 'kind_' + kind ? t('placeholder', { kind }) : t('kind_' + kind);

// file shows {kind, src, name, size, mime, seconds, width, height, waveform,
// animated, problem}: as what it is if a browser can, else as a card to download.
export function file(one) {
  if (one.problem) return card(one, t('cannotShow', { why: one.problem }));
  const fallback = (node) => { node.addEventListener('error', () => shell.replaceWith(card(one))); return node; };
  let shell;
  switch (one.kind) {
    case 'image': case 'sticker': {
      const size = one.width && one.height ? { width: one.width, height: one.height } : {};
      const alt = plain(one.alt || one.name || kindName(one.kind));
      shell = h('a', { class: one.kind === 'sticker' ? 'sticker' : 'shot', href: one.src, target: '_blank', rel: 'noopener' },
        fallback(h('img', { src: one.src, alt, ...size, loading: 'lazy' })));
      return shell;
    }
    case 'video': case 'gif':
      shell = h('div', { class: 'film' }, fallback(h('video', { src: one.src, controls: true, preload: 'metadata', loop: one.kind === 'gif', 'aria-label': kindName(one.kind) })));
      return shell;
    case 'voice': case 'audio':
      shell = player(one, () => shell.replaceWith(card(one)));
      return shell;
  }
  return card(one);
}

// card offers a file to keep.
function card(one, note = '') {
  const about = [sizeOf(one.size ?? 0), note].filter(Boolean).join(' · ');
  const body = [h('span', { class: 'leaf', 'aria-hidden': 'true' }, icon('file'), h('i', {}, (/\.(\w{1,4})$/.exec(one.name ?? '')?.[1] ?? '').toLowerCase())),
    h('span', { class: 'filed' }, h('b', { title: plain(one.name) }, plain(one.name) || kindName(one.kind)), h('small', {}, about))];
  if (one.problem) return h('div', { class: 'file' }, body);
  return h('a', { class: 'file', href: one.src, download: plain(one.name) || true }, body, icon('download', t('download')));
}

const bars = 32;

// player plays a recording, with a picture of its loudness.
function player(one, broken) {
  const audio = h('audio', { src: one.src, preload: 'metadata', onerror: broken });
  const heights = loudness(one.waveform);
  const columns = heights.map((high) => { const bar = h('i'); bar.style.setProperty('--high', high + '%'); return bar; });
  const time = h('span', { class: 'long' }, lengthOf(one.seconds ?? 0));
  const button = h('button', { type: 'button', class: 'play', 'aria-label': t('play'), onclick: () => (audio.paused ? audio.play().catch(broken) : audio.pause()) }, icon('play'));
  const whole = () => (Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : one.seconds || 1);
  const draw = () => {
    const done = audio.currentTime / whole();
    for (const [i, bar] of columns.entries()) bar.classList.toggle('done', i / bars < done);
    time.textContent = lengthOf(audio.currentTime > 0 ? audio.currentTime : one.seconds || whole());
  };
  const wave = h('span', { class: 'wave', 'aria-hidden': 'true', onclick: (event) => {
    audio.currentTime = whole() * event.offsetX / wave.offsetWidth;
    draw();
  } }, columns);
  const look = () => {
    button.replaceChildren(icon(audio.paused ? 'play' : 'pause'));
    button.setAttribute('aria-label', t(audio.paused ? 'play' : 'pause'));
  };
  for (const name of ['play', 'pause']) audio.addEventListener(name, look);
  audio.addEventListener('ended', () => { audio.currentTime = 0; draw(); });
  for (const name of ['timeupdate', 'loadedmetadata']) audio.addEventListener(name, draw);
  return h('div', { class: 'sound ' + one.kind }, button, wave, time, h('span', { class: 'which', 'aria-hidden': 'true' }, icon(one.kind === 'voice' ? 'mic' : 'note')), audio);
}

// loudness is bars heights in percent, from base64 of bytes of 0 to 100.
function loudness(waveform) {
  let bytes = '';
  try { bytes = atob(waveform ?? ''); } catch { /* no picture then */ }
  return Array.from({ length: bars }, (_, i) => {
    if (!bytes) return 30 + (i * 7 % 5) * 6;
    return Math.max(12, Math.min(100, bytes.charCodeAt(Math.floor(i * bytes.length / bars))));
  });
}

// place is a point on the map, with an address to look it up.
export function place({ latitude, longitude, name, address }, live) {
  const at = latitude.toFixed(5) + ', ' + longitude.toFixed(5);
  return h('a', { class: 'place', href: 'https://www.google.com/maps?q=' + latitude + ',' + longitude, target: '_blank', rel: 'noopener noreferrer' },
    h('span', { class: 'map', 'aria-hidden': 'true' }, icon('pin')),
    h('span', { class: 'where' }, h('b', {}, plain(name) || t(live ? 'kind_live_location' : 'kind_location')), address ? h('span', {}, plain(address)) : null, h('small', {}, at)));
}

// contact is a card of an address book.
export function contact({ name, phone }) {
  return h('div', { class: 'contact' }, avatar(plain(name) || '?'), h('span', { class: 'filed' }, h('b', {}, plain(name)), h('small', {}, plain(phone))));
}

// poll shows a question, its options and who took them: {question, options, votes}.
// take is called with the options that are mine after a click; without it nothing
// can be chosen.
export function poll({ question, options, most = 0, many, votes = {} }, take) {
  const mine = new Set(votes.me ?? []);
  const count = (option) => Object.values(votes).filter((taken) => taken?.includes(option)).length;
  const single = many === undefined ? most === 1 : !many;
  const choose = (option) => {
    const next = new Set(single ? [] : mine);
    if (mine.has(option)) next.delete(option); else next.add(option);
    take(options.filter((one) => next.has(one)));
  };
  return h('div', { class: 'poll' }, h('b', { class: 'question' }, plain(question)), h('small', {}, t(single ? 'pollOne' : 'pollMany')),
    options.map((option) => {
      const n = count(option);
      const line = h('button', { type: 'button', class: 'option' + (mine.has(option) ? ' mine' : ''), disabled: !take, 'aria-pressed': String(mine.has(option)), onclick: () => choose(option) },
        h('i', { class: 'mark', 'aria-hidden': 'true' }), h('span', {}, plain(option)), h('b', {}, n ? String(n) : ''));
      line.style.setProperty('--part', n ? '100%' : '0%');
      return line;
    }));
}

// link is the preview of an address in a text.
export function link({ url, title, description }) {
  const body = [h('b', {}, plain(title)), description ? h('span', {}, plain(description)) : null];
  if (!/^https?:\/\//i.test(url ?? '')) return h('div', { class: 'linked' }, body);
  return h('a', { class: 'linked', href: url, target: '_blank', rel: 'noopener noreferrer' }, body);
}
