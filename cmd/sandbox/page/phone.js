// A phone: its owner, the chat with the desk, writing, replying, editing.

import { get, post, latest } from './api.js';
import { contact, file, kindName, link, place, poll } from './content.js';
import { ask, askPoll } from './dialog.js';
import { announce, growing, h, icon, menu, paint, pickReaction, pinned, roving, sync, toast, tools } from './dom.js';
import { preview, whatsapp } from './format.js';
import { createTray } from './tray.js';
import { dayKey, dayOf, fullOf, t, timeOf, translate } from './words.js';

// rewritable are the kinds whose words can be changed.
const rewritable = new Set(['text', 'image', 'video', 'gif', 'document']);
// bundled are the kinds of file that several of make an album.
const bundled = /^(image\/(jpeg|png|webp|gif)|video\/)/;

// spans are how long the app lets messages last, in seconds.
const spans = [0, 86400, 7 * 86400, 90 * 86400];
const spanOf = (seconds) => (seconds >= 86400 ? t('days', { n: Math.round(seconds / 86400) }) : seconds >= 3600 ? t('hours', { n: Math.round(seconds / 3600) }) : t('seconds', { n: seconds }));

// pretty spells a number for people: +62 812-3456-7001.
export function pretty(phone) {
  const found = /^(62)(\d{3})(\d{4})(\d+)$/.exec(phone);
  return found ? `+${found[1]} ${found[2]}-${found[3]}-${found[4]}` : '+' + phone;
}

// createPhone puts phone number index into the page. desk answers
// {customers, business, now}; changed is called with the owner's name.
export function createPhone(index, desk, changed) {
  const root = document.getElementById('phone').content.firstElementChild.cloneNode(true);
  root.id = 'phone-' + index;
  translate(root);
  const find = (selector) => root.querySelector(selector);
  const whose = find('.whose');
  const list = find('.messages');
  const area = find('textarea');
  const about = find('.about');
  const pin = pinned(find('.scroll'), find('.newest'));
  const rove = roving(list);
  const fit = growing(area, submit);
  const tray = createTray({ form: find('form'), drop: find('.screen'), allowed: () => Boolean(phone), most: () => desk().limits.phone });
  list.classList.add('chat');
  list.tabIndex = -1;

  let phone = '';
  let messages = [];
  let loadedFor = '';
  let context = null; // {kind: 'reply' | 'edit', message}
  let typingUntil = 0;

  const owner = () => desk().customers.find((one) => one.phone === phone);
  const path = () => 'customers/' + phone + '/messages';

  const load = latest(async () => {
    if (!phone) return;
    const wanted = phone;
    const fresh = await get(path());
    if (wanted === phone) show(fresh);
  });

  function show(fresh) {
    const first = loadedFor !== phone;
    const known = new Set(messages.map((one) => one.id));
    const news = first ? [] : fresh.filter((one) => !known.has(one.id));
    if (first) list.seen = false;
    messages = fresh;
    loadedFor = phone;
    pin(() => { sync(list, entries()); rove(); }, { grew: news.some((one) => !one.from_me), jump: first || news.some((one) => one.from_me) });
    for (const one of news) if (!one.from_me) announce(t('fromPhone', { name: desk().business, text: brief(one) }));
    see();
  }

  // see sends read receipts for what a person can see now.
  function see() {
    const visible = root.offsetParent !== null && document.visibilityState === 'visible';
    if (visible && messages.some((one) => !one.from_me && one.status !== 'read' && one.kind !== 'unreadable')) {
      post('customers/' + phone + '/presence', { read: true }).catch(() => {});
    }
  }

  function entries() {
    const out = [];
    let day = '';
    let before = null;
    const now = desk().now();
    for (const message of messages) {
      const date = new Date(message.time);
      if (dayKey(date) !== day) {
        day = dayKey(date);
        before = null;
        const label = dayOf(date, now);
        out.push({ key: 'day-' + day, seal: label, build: () => h('li', { class: 'day', role: 'separator' }, h('span', {}, label)) });
      }
      const starts = !before || before.from_me !== message.from_me;
      const quoted = message.reply_to ? messages.find((one) => one.id === message.reply_to) : null;
      const seal = JSON.stringify([message, starts, quoted && [quoted.text, quoted.kind, quoted.deleted]]);
      out.push({ key: message.id, seal, build: () => bubble(message, starts, quoted) });
      before = message;
    }
    if (!out.length && owner()) {
      out.push({ key: 'empty', seal: desk().business, build: () => h('li', { class: 'nothing' }, t('emptyPhone', { name: desk().business })) });
    }
    return out;
  }

  // brief is a message on one line.
  const brief = (message) => (message.deleted ? t('deleted') : preview(message.text ?? '') || kindName(message.kind));

  const nameOf = (message) => (message.from_me ? t('you') : desk().business);

  function bubble(message, starts, quoted) {
    const mine = message.from_me;
    const date = new Date(message.time);
    const reactions = Object.values(message.reactions ?? {});
    const body = h('div', { class: 'bubble' },
      quote(message, quoted),
      content(message),
      h('span', { class: 'meta', title: fullOf(date) },
        message.edited && !message.deleted ? h('span', { class: 'edited' }, t('edited') + ' ') : null,
        h('time', { datetime: message.time }, timeOf(date)),
        mine && !message.deleted ? ticks(message.status) : null),
      reactions.length ? h('span', { class: 'reacted' }, [...new Set(reactions)].join('') + (reactions.length > 1 ? ' ' + reactions.length : '')) : null);
    return h('li', {
      class: 'message ' + (mine ? 'mine' : 'theirs') + (starts ? ' starts' : '') + (reactions.length ? ' has-reaction' : ''),
      dataset: { message: message.id }, tabindex: -1,
      'aria-label': nameOf(message) + ', ' + timeOf(date) + ': ' + brief(message),
      onkeydown: (event) => shortcut(event, message),
    }, body, message.deleted || message.kind === 'unreadable' ? null : actions(message));
  }

  function content(message) {
    if (message.deleted) return h('div', { class: 'text faded' }, t(message.from_me ? 'youDeleted' : 'deleted'));
    if (message.kind === 'unreadable') return h('div', { class: 'text faded' }, t('unreadable'));
    const parts = [];
    if (message.forwarded) parts.push(h('div', { class: 'hint' }, icon('forwarded'), t(message.forwarded > 4 ? 'forwardedOften' : 'forwarded')));
    if (message.fades) parts.push(h('div', { class: 'hint' }, icon('timer'), t('fades', { span: spanOf(message.fades) })));
    if (message.view_once) parts.push(h('div', { class: 'hint' }, icon('lock'), t('viewOnce')));
    if (message.file) parts.push(file({ ...message.file, kind: message.kind, src: message.file.path }));
    if (message.location) parts.push(place(message.location, message.kind === 'live_location'));
    for (const one of message.contacts ?? []) parts.push(contact(one));
    if (message.poll) parts.push(poll(message.poll, (vote) => act({ vote, to: message.id })));
    if (message.link) parts.push(link(message.link));
    if (message.text && !message.poll) parts.push(h('div', { class: 'text' }, whatsapp(message.text)));
    if (!parts.length) parts.push(h('div', { class: 'text faded' }, kindName(message.kind)));
    return parts;
  }

  function quote(message, quoted) {
    if (!message.reply_to || message.deleted) return null;
    return h('button', { type: 'button', class: 'quote' + (quoted?.from_me ? ' own' : ''), onclick: () => jump(message.reply_to) },
      h('b', {}, quoted ? nameOf(quoted) : ''), h('span', {}, quoted && !quoted.deleted ? brief(quoted) : message.quote ? preview(message.quote) : t('gone')));
  }

  function jump(id) {
    const target = list.querySelector(`[data-key="${CSS.escape(id)}"]`);
    target?.scrollIntoView({ block: 'center' });
    target?.focus({ preventScroll: true });
  }

  function ticks(status) {
    const name = status === 'sent' ? 'sent' : 'delivered';
    const node = icon(name, t(status));
    if (status === 'read') node.classList.add('read');
    return node;
  }

  function actions(message) {
    const list = [['reply', t('reply'), () => attach('reply', message)], ['react', t('react'), (button) => react(button, message)]];
    if (message.from_me) {
      if (rewritable.has(message.kind)) list.push(['edit', t('edit'), () => attach('edit', message)]);
      list.push(['delete', t('remove'), () => act({ delete: message.id })]);
    }
    return tools(list);
  }

  function shortcut(event, message) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || message.deleted) return;
    const key = event.key.toLowerCase();
    if (key === 'r') attach('reply', message);
    else if (key === 'e' && message.from_me && rewritable.has(message.kind)) attach('edit', message);
    else if (key === 'delete' && message.from_me) act({ delete: message.id });
    else if (key === 'escape') area.focus();
    else return;
    event.preventDefault();
  }

  function react(button, message) {
    pickReaction(button, (emoji) => act({ react: message.reactions?.me === emoji ? '' : emoji, to: message.id }));
  }

  function attach(kind, message) {
    context = { kind, message };
    about.replaceChildren(
      h('div', {}, h('b', {}, kind === 'edit' ? t('editing') : t('replyTo', { name: nameOf(message) })), h('span', {}, brief(message))),
      h('button', { type: 'button', title: t('cancel'), 'aria-label': t('cancel'), onclick: detach }, icon('close')));
    about.hidden = false;
    if (kind === 'edit') { area.value = message.text ?? ''; fit(); }
    area.focus();
  }

  function detach() {
    if (context?.kind === 'edit') { area.value = ''; fit(); }
    context = null;
    about.hidden = true;
    area.focus();
  }

  async function act(body) {
    try {
      await post(path(), body);
      return true;
    } catch (problem) {
      toast(problem.message, 'bad');
      return false;
    }
  }

  // Drafts leave one after the other, in the order they were written.
  let sending = Promise.resolve();
  function submit() {
    const text = area.value;
    const edits = context?.kind === 'edit';
    if (!phone || (!text.trim() && (edits || !tray.full))) return;
    const files = edits ? [] : tray.take();
    const was = context ?? {};
    context = null;
    about.hidden = true;
    area.value = '';
    fit();
    typingUntil = 0;
    const target = path();
    sending = sending.then(() => leave(target, text, files, was)).catch((problem) => {
      toast(problem.message, 'bad');
      if (!area.value) { area.value = text; fit(); }
    });
  }

  // leave sends what was written and chosen; what fails of the files comes back.
  async function leave(target, text, files, { kind, message }) {
    if (!files.length) {
      const body = { text };
      if (kind === 'reply') body.reply_to = message.id;
      if (kind === 'edit') body.edit = message.id;
      return post(target, body);
    }
    let caption = text.trim() ? text : '';
    let reply = kind === 'reply' ? message.id : '';
    const speechless = (one) => one.mode === 'voice' || one.mode === 'sticker' || (!one.mode && one.file.type.startsWith('audio/'));
    if (caption && speechless(files[0])) {
      await post(target, { text: caption, ...(reply ? { reply_to: reply } : {}) });
      caption = reply = '';
    }
    const album = files.length > 1 && !reply && files.every((one) => !one.mode && bundled.test(one.file.type));
    for (const group of album ? [files] : files.map((one) => [one])) {
      try {
        await tray.send(target, { caption, reply_to: reply, kind: group[0].mode }, group.map((one) => one.file));
      } catch (problem) {
        tray.give(files.slice(files.indexOf(group[0])));
        throw problem;
      }
      caption = reply = '';
    }
  }

  const kinds = [
    ['photo', t('pickPhoto'), () => tray.pick('', 'image/*,video/*')],
    ['file', t('pickFile'), () => tray.pick('document', '')],
    ['mic', t('kind_voice'), () => tray.pick('voice', '.ogg,.opus,audio/ogg', false)],
    ['sticker', t('kind_sticker'), () => tray.pick('sticker', 'image/webp', false)],
    ['pin', t('kind_location'), () => ask(t('kind_location'), [
      { name: 'name', label: t('place'), value: 'Outlet Kemang', maxlength: 100 },
      { name: 'latitude', label: t('latitude'), value: '-6.2607', required: true, inputmode: 'decimal' },
      { name: 'longitude', label: t('longitude'), value: '106.8137', required: true, inputmode: 'decimal' },
    ], ({ name, latitude, longitude }) => post(path(), { location: { name, latitude: Number(latitude), longitude: Number(longitude) } }))],
    ['contact', t('kind_contact'), () => ask(t('kind_contact'), [
      { name: 'name', label: t('name'), required: true, maxlength: 100 },
      { name: 'phone', label: t('number'), required: true, inputmode: 'tel', placeholder: '+62 812-3456-7003' },
    ], (contact) => post(path(), { contact }))],
    ['poll', t('kind_poll'), () => askPoll(({ question, options, many }) => post(path(), { poll: { question, options, most: many ? 0 : 1 } }))],
    ['forwarded', t('forwarded'), () => ask(t('forwarded'), [
      { name: 'text', label: t('words'), rows: 4, required: true },
      { name: 'often', label: t('forwardedOften'), type: 'checkbox' },
    ], ({ text, often }) => post(path(), { text, forwarded: often ? 5 : 1 }))],
    ['timer', t('disappearing'), () => ask(t('disappearing'), [
      { name: 'after', label: t('lasting'), value: String(owner()?.disappearing ?? 0), options: spans.map((one) => [one, one ? spanOf(one) : t('off')]) },
    ], ({ after }) => post(path(), { disappearing: Number(after) }), t('save'))],
    ['call', t('kind_call'), () => ring().catch((problem) => toast(problem.message, 'bad'))],
  ];

  // ring calls the desk and gives up after a while, as people do.
  async function ring() {
    const target = 'customers/' + phone + '/calls';
    const call = await post(target, {});
    toast(t('ringing', { name: desk().business }));
    await new Promise((done) => { setTimeout(done, 3000); });
    await post(target, { hang_up: call.id });
  }

  find('.clip').addEventListener('click', (event) => menu(event.currentTarget, kinds));

  area.addEventListener('input', () => {
    if (Date.now() < typingUntil || !area.value) return;
    typingUntil = Date.now() + 4000;
    post('customers/' + phone + '/presence', { typing: true }).catch(() => {});
  });
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && context) detach();
    if (event.key === 'ArrowUp' && !area.value) {
      const last = messages.findLast((one) => one.from_me && rewritable.has(one.kind) && !one.deleted);
      if (last) { event.preventDefault(); attach('edit', last); }
    }
  });
  find('form').addEventListener('submit', (event) => { event.preventDefault(); submit(); area.focus(); });
  whose.addEventListener('change', () => choose(whose.value));
  document.addEventListener('visibilitychange', see);

  function choose(number) {
    if (number === phone) return;
    phone = number;
    messages = [];
    context = null;
    about.hidden = true;
    refresh();
    changed(index);
    load().catch((problem) => toast(problem.message, 'bad'));
  }

  // refresh shows what the state says about this phone.
  function refresh() {
    const { customers, business } = desk();
    sync(whose, customers.map((one) => ({
      key: one.phone, seal: one.name, build: () => h('option', { value: one.phone }, one.name + '  ·  ' + pretty(one.phone)),
    })));
    whose.value = phone;
    const me = owner();
    paint(find('.owner .avatar'), me?.name ?? '?');
    find('.of b').textContent = me?.name ?? '';
    find('.of small').textContent = me ? pretty(phone) : '';
    find('h2').textContent = business;
    const state = find('.presence');
    const doing = { composing: 'typing', recording: 'recording' }[me?.typing];
    state.textContent = t(doing ?? (desk().online ? 'online' : 'offline'));
    state.classList.toggle('typing', Boolean(doing));
    area.placeholder = t('writePhone');
    area.setAttribute('aria-label', t('writePhone') + (me ? ' · ' + me.name : ''));
    root.setAttribute('aria-label', me ? t('whose') + ' ' + me.name : t('phones'));
    area.disabled = find('.clip').disabled = !me;
  }

  return {
    root, choose, refresh, load, see,
    addButton: find('.add'),
    get phone() { return phone; },
    get name() { return owner()?.name ?? ''; },
    focus: () => area.focus(),
  };
}
