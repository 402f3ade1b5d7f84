// A phone: its owner, the chat with the desk, writing, replying, editing.

import { get, post, latest } from './api.js';
import { announce, growing, h, icon, paint, pickReaction, pinned, roving, sync, toast, tools } from './dom.js';
import { preview, whatsapp } from './format.js';
import { dayKey, dayOf, fullOf, t, timeOf, translate } from './words.js';

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
    for (const one of news) if (!one.from_me) announce(t('fromPhone', { name: desk().business, text: preview(one.text ?? '') }));
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
      const seal = JSON.stringify([message, starts, quoted && [quoted.text, quoted.deleted]]);
      out.push({ key: message.id, seal, build: () => bubble(message, starts, quoted) });
      before = message;
    }
    if (!out.length && owner()) {
      out.push({ key: 'empty', seal: desk().business, build: () => h('li', { class: 'nothing' }, t('emptyPhone', { name: desk().business })) });
    }
    return out;
  }

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
      'aria-label': nameOf(message) + ', ' + timeOf(date) + ': ' + preview(message.deleted ? t('deleted') : message.text ?? message.kind),
      onkeydown: (event) => shortcut(event, message),
    }, body, message.deleted || message.kind === 'unreadable' ? null : actions(message));
  }

  function content(message) {
    if (message.deleted) return h('div', { class: 'text faded' }, t(message.from_me ? 'youDeleted' : 'deleted'));
    if (message.kind === 'unreadable') return h('div', { class: 'text faded' }, t('unreadable'));
    const parts = [];
    if (message.kind !== 'text') parts.push(h('div', { class: 'file' }, icon('file'), message.file?.name ?? t('placeholder', { kind: message.kind })));
    if (message.text) parts.push(h('div', { class: 'text' }, whatsapp(message.text)));
    return parts;
  }

  function quote(message, quoted) {
    if (!message.reply_to || message.deleted) return null;
    return h('button', { type: 'button', class: 'quote' + (quoted?.from_me ? ' own' : ''), tabindex: -1, onclick: () => jump(message.reply_to) },
      h('b', {}, quoted ? nameOf(quoted) : ''), h('span', {}, quoted && !quoted.deleted ? preview(quoted.text ?? '') : t('gone')));
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
      if (message.kind === 'text') list.push(['edit', t('edit'), () => attach('edit', message)]);
      list.push(['delete', t('remove'), () => act({ delete: message.id })]);
    }
    return tools(list);
  }

  function shortcut(event, message) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || message.deleted) return;
    const key = event.key.toLowerCase();
    if (key === 'r') attach('reply', message);
    else if (key === 'e' && message.from_me && message.kind === 'text') attach('edit', message);
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
      h('div', {}, h('b', {}, kind === 'edit' ? t('editing') : t('replyTo', { name: nameOf(message) })), h('span', {}, preview(message.text ?? ''))),
      h('button', { type: 'button', title: t('cancel'), 'aria-label': t('cancel'), onclick: detach }, icon('close')));
    about.hidden = false;
    if (kind === 'edit') { area.value = message.text; fit(); }
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
    if (!text.trim() || !phone) return;
    const body = { text };
    if (context?.kind === 'reply') body.reply_to = context.message.id;
    if (context?.kind === 'edit') body.edit = context.message.id;
    context = null;
    about.hidden = true;
    area.value = '';
    fit();
    typingUntil = 0;
    const target = path();
    sending = sending.then(() => post(target, body)).catch((problem) => {
      toast(problem.message, 'bad');
      if (!area.value) { area.value = text; fit(); }
    });
  }

  area.addEventListener('input', () => {
    if (Date.now() < typingUntil || !area.value) return;
    typingUntil = Date.now() + 4000;
    post('customers/' + phone + '/presence', { typing: true }).catch(() => {});
  });
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && context) detach();
    if (event.key === 'ArrowUp' && !area.value) {
      const last = messages.findLast((one) => one.from_me && one.kind === 'text' && !one.deleted);
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
    state.textContent = me?.typing === 'composing' ? t('typing') : t(desk().online ? 'online' : 'offline');
    state.classList.toggle('typing', me?.typing === 'composing');
    area.placeholder = t('writePhone');
    area.setAttribute('aria-label', t('writePhone') + (me ? ' · ' + me.name : ''));
    root.setAttribute('aria-label', me ? t('whose') + ' ' + me.name : t('phones'));
    area.disabled = !me;
  }

  return {
    root, choose, refresh, load, see,
    addButton: find('.add'),
    get phone() { return phone; },
    get name() { return owner()?.name ?? ''; },
    focus: () => area.focus(),
  };
}
