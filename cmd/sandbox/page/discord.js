// The Discord server: its channels and posts at the side, one of them open.

import { get, latest } from './api.js';
import { announce, h, icon, pinned, roving, sync, toast } from './dom.js';
import { preview } from './format.js';
import { createComposer } from './composer.js';
import { createMessages } from './message.js';
import { fullOf, t } from './words.js';

const text = 0, category = 4, thread = 11, forum = 15;
const epoch = 1420070400000n;

// made is when something with this id was made.
const made = (id) => new Date(Number((BigInt(id) >> 22n) + epoch));

// createDiscord runs the Discord part of the page. desk answers {channels,
// staff, roles, commands, guild, bot, now}.
export function createDiscord(desk) {
  const root = document.getElementById('discord');
  const find = (id) => document.getElementById(id);
  const side = find('channels');
  const list = find('room-messages');
  const posts = find('room-posts');
  const pin = pinned(find('room-scroll'), find('room-newest'));
  const rove = roving(list);

  let room = '';
  let loadedFor = '';
  let messages = [];
  const dismissed = new Set(); // ids of answers only this person saw
  const unread = new Set();

  // channels are those that the chosen person sees on Discord.
  const channels = () => desk().channels.filter((one) => one.visible_to.includes(composer.person()?.name));
  const channel = (id) => channels().find((one) => one.id === id);
  const composer = createComposer({ desk, room: () => channel(room), messages: () => messages, whisper, sent: () => load(), chosen });
  const drawn = createMessages({ desk, composer, room: () => room, find: (id) => messages.find((one) => one.id === id), dismiss });

  const load = latest(async () => {
    const wanted = room;
    if (!wanted || channel(wanted)?.type === forum) return;
    const me = composer.person()?.name;
    const fresh = await get('discord/channels/' + wanted + '/messages' + (me ? '?as=' + encodeURIComponent(me) : ''));
    if (wanted === room && me === composer.person()?.name) show(fresh.filter((one) => !dismissed.has(one.id)));
  });

  let wanted = ''; // a message to be shown once it is there

  function show(fresh) {
    const first = loadedFor !== room;
    const known = new Set(messages.map((one) => one.id));
    const news = first ? [] : fresh.filter((one) => !known.has(one.id));
    if (first) list.seen = false;
    if (first || news.some((one) => one.author.id === desk().bot.id)) find('room-typing').hidden = true;
    loadedFor = room;
    messages = fresh;
    const mine = news.some((one) => one.ephemeral || one.author.id === composer.person()?.id);
    draw({ grew: news.length > 0, jump: first || mine });
    if (wanted && fresh.some((one) => one.id === wanted)) {
      drawn.jump(wanted);
      wanted = '';
    }
    for (const one of news) announce(t('fromPhone', { name: one.author.name, text: preview(one.content || one.embeds?.[0]?.title || '') }));
  }

  function draw(how = {}) {
    pin(() => { sync(list, drawn.entries(messages)); rove(); }, how);
  }

  // whisper shows what only the chosen person sees, until it is dismissed. It may
  // change later: like every message it is read anew then.
  async function whisper(where, message) {
    if (where !== room) return;
    await load();
    if (messages.at(-1)?.id === message.id) draw({ jump: true });
  }

  function dismiss(id) {
    dismissed.add(id);
    messages = messages.filter((one) => one.id !== id);
    draw();
    composer.focus();
  }

  function drawSide() {
    const all = channels();
    const items = [];
    const top = all.filter((one) => one.type === text || one.type === forum)
      .sort((a, b) => (b.type === forum) - (a.type === forum));
    const add = (one, level) => {
      const state = [one.name, one.type, one.id === room, unread.has(one.id), one.archived, one.locked];
      items.push({ key: one.id, seal: JSON.stringify(state), build: () => entry(one, level) });
    };
    for (const one of top) {
      add(one, 0);
      const inside = all.filter((post) => post.parent === one.id && post.type === thread);
      const open = inside.filter((post) => !post.archived || post.id === room).reverse();
      for (const post of open.slice(0, 50)) add(post, 1);
    }
    sync(side, items);
  }

  function entry(one, level) {
    return h('li', { class: level ? 'post' : 'channel' }, h('button', {
      type: 'button', class: (unread.has(one.id) ? 'unread ' : '') + (one.archived ? 'archived' : ''),
      'aria-current': one.id === room ? 'page' : null, title: one.name, onclick: () => open(one.id, true),
    }, level ? null : icon(one.type === forum ? 'forum' : 'hash'), h('span', {}, level ? titled(one.name) : one.name),
    unread.has(one.id) ? h('span', { class: 'sr' }, ' ' + t('unread')) : null, one.locked ? icon('lock') : null));
  }

  // titled puts the number of a ticket's post below the name: the name tells
  // posts apart.
  function titled(name) {
    const [number, ...rest] = name.split(' · ');
    return rest.length ? [rest.join(' · '), h('small', {}, number)] : [name];
  }

  function drawHead() {
    const one = channel(room);
    const parent = one && channel(one.parent);
    find('room-name').replaceChildren(...(one ? [one.type === thread ? '' : icon(one.type === forum ? 'forum' : 'hash'), h('span', { title: one.name }, one.name)] : [t('pickRoom')]));
    const tags = (one?.type === thread ? one.tags ?? [] : []).map((name) => tag(name));
    if (one?.archived) tags.push(tag(t('archived').toLowerCase()));
    if (one?.locked) tags.push(icon('lock', t('closedRoom')));
    find('room-about').replaceChildren(...(one?.type === thread ? ['# ' + (parent?.name ?? '') + ' ', ...tags] : [h('span', { title: one?.topic }, one?.topic || (one?.type === forum ? t('forumAbout') : ''))]));
  }

  const tag = (name) => h('span', { class: 'tag', dataset: { tag: name } }, name);

  function drawPosts() {
    const one = channel(room);
    const isForum = one?.type === forum;
    posts.hidden = !isForum;
    list.hidden = isForum || !one;
    if (!isForum) return;
    const inside = channels().filter((post) => post.parent === room && post.type === thread).reverse();
    inside.sort((a, b) => a.archived - b.archived);
    const items = inside.map((post) => ({
      key: post.id, seal: JSON.stringify([post, unread.has(post.id)]),
      build: () => h('li', { class: post.archived ? 'archived' : '' }, h('button', { type: 'button', onclick: () => open(post.id, true) },
        h('span', { class: 'title' }, unread.has(post.id) ? h('i', { class: 'dot' }) : null, h('span', {}, post.name), post.locked ? icon('lock') : null),
        h('span', { class: 'tags' }, (post.tags ?? []).map(tag), post.archived ? tag(t('archived').toLowerCase()) : null),
        h('time', {}, fullOf(made(post.id))))),
    }));
    if (!items.length) items.push({ key: 'empty', seal: '', build: () => h('li', { class: 'nothing' }, t('emptyForum')) });
    sync(posts, items);
  }

  // open shows a channel or post; with go, a narrow page moves there too.
  function open(id, go = false) {
    if (!channel(id)) return;
    if (room !== id) {
      leave();
      room = id;
    }
    unread.delete(id);
    root.classList.toggle('inside', go || root.classList.contains('inside'));
    refresh();
    load().catch((problem) => toast(problem.message, 'bad'));
    if (go) (channel(id).type === forum ? posts.querySelector('button') : document.getElementById('discord-text'))?.focus();
  }

  // A way to a message in Discord stays on this page.
  list.addEventListener('click', (event) => {
    const found = /^https:\/\/discord\.com\/channels\/\d+\/(\d+)(?:\/(\d+))?$/.exec(event.target.closest('a')?.href ?? '');
    if (!found) return;
    event.preventDefault();
    const [, where, message] = found;
    if (!channel(where)) {
      composer.complain({ status: 403 }, where);
      return;
    }
    wanted = message ?? '';
    open(where, true);
  });

  function leave() {
    room = '';
    messages = [];
    loadedFor = '';
    composer.reset();
    sync(list, []);
  }

  // chosen shows Discord as somebody else sees it.
  function chosen() {
    refresh();
    load().catch((problem) => toast(problem.message, 'bad'));
  }

  let knownPosts = null;

  // refresh shows what the state says.
  function refresh() {
    composer.people();
    find('guild').textContent = desk().guild;
    const ids = new Set(desk().channels.map((one) => one.id));
    if (room && !channel(room)) leave();
    if (!room) first();
    if (knownPosts) {
      for (const one of channels()) {
        if (one.type !== thread || knownPosts.has(one.id)) continue;
        if (one.id !== room) unread.add(one.id);
        announce(t('fromPhone', { name: 'Discord', text: one.name }));
      }
    }
    knownPosts = ids;
    drawSide();
    drawHead();
    drawPosts();
    composer.refresh();
  }

  // first chooses what to show when nothing is chosen: the newest open post.
  function first() {
    const all = channels();
    const post = all.findLast((one) => one.type === thread && !one.archived);
    const start = post ?? all.find((one) => one.type === forum) ?? all.find((one) => one.type !== category);
    if (!start) return;
    room = start.id;
    load().catch((problem) => toast(problem.message, 'bad'));
  }

  find('discord-back').addEventListener('click', () => {
    root.classList.remove('inside');
    side.querySelector('[aria-current]')?.focus();
  });

  // typing shows that somebody behind the bot is writing.
  let stopped = 0;
  function typing(id) {
    const line = find('room-typing');
    clearTimeout(stopped);
    line.hidden = id !== room;
    if (line.hidden) return;
    line.textContent = t('typists', { name: desk().bot.name });
    stopped = setTimeout(() => { line.hidden = true; }, 10e3);
  }

  return {
    refresh, load, open, typing,
    // changed is told that something happened in a channel; news says that
    // it was a new message.
    changed(id, news) {
      if (id === room) return load();
      if (news && channel(id)) {
        unread.add(id);
        drawSide();
        drawPosts();
      }
    },
    sees: (id) => Boolean(channel(id)),
    tick: () => drawn.tick(list),
    get room() { return room; },
    get unread() { return unread.size; },
    focus: () => document.getElementById('discord-text').focus(),
  };
}
