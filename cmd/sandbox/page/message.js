// One message in Discord: author, text, cards, buttons, reactions.

import { post } from './api.js';
import { file, kindName, poll } from './content.js';
import { avatar, h, hue, icon, menu, pickReaction, tools } from './dom.js';
import { discord as markdown, preview } from './format.js';
import { dayKey, dayOf, fullOf, spelled, t, timeOf } from './words.js';

const row = 1, button = 2, stringSelect = 3, linkStyle = 5;
const styles = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'link' };
const together = 7 * 60e3;

// createMessages draws messages. composer knows who acts; find answers a message
// by id; dismiss takes a whispered one away.
export function createMessages({ desk, composer, room, find, dismiss }) {
  const names = {
    user: (id) => desk().staff.find((one) => one.id === id)?.display ?? (id === desk().bot.id ? desk().bot.name : undefined),
    role: (id) => desk().roles.find((one) => one.id === id)?.name,
    channel: (id) => desk().channels.find((one) => one.id === id)?.name,
    time: (seconds, style) => spelled(new Date(seconds * 1000), style, desk().now()),
  };

  // brief is a message on one line.
  const brief = (one) => preview(one.content || one.embeds?.[0]?.title || one.poll?.question || one.forwarded?.[0]?.content || '')
    || (one.attachments?.length ? (one.voice ? kindName('voice') : one.attachments[0].filename) : one.stickers?.length ? kindName('sticker') : '');

  const shown = (author) => names.user(author.id) ?? author.name;

  // entries are messages for sync, with separators between days.
  function entries(messages) {
    const out = [];
    let day = '';
    let before = null;
    for (const message of messages) {
      const date = new Date(message.at);
      if (!message.ephemeral && dayKey(date) !== day) {
        day = dayKey(date);
        before = null;
        const label = dayOf(date, desk().now());
        out.push({ key: 'day-' + day, seal: label, build: () => h('li', { class: 'day', role: 'separator' }, h('span', {}, label)) });
      }
      const joins = before && before.author.id === message.author.id && !message.reply_to && !message.ephemeral && !before.ephemeral
        && date - new Date(before.at) < together;
      const target = message.reply_to ? find(message.reply_to) : null;
      const me = composer.person();
      const seal = JSON.stringify([message, joins, target && [brief(target), target.author.id], me?.id]);
      out.push({ key: message.id, seal, build: () => draw(message, joins, target, me) });
      before = message;
    }
    if (!out.length) out.push({ key: 'empty', seal: '', build: () => h('li', { class: 'nothing' }, t('emptyRoom')) });
    return out;
  }

  function draw(message, joins, target, me) {
    const date = new Date(message.at);
    const name = shown(message.author);
    const head = joins ? h('time', { class: 'beside', datetime: message.at, title: fullOf(date) }, timeOf(date)) : h('div', { class: 'who' },
      h('b', { class: 'name' }, name), message.author.bot ? h('span', { class: 'app' }, 'APP') : null,
      h('time', { datetime: message.at, title: fullOf(date) }, timeOf(date)));
    if (!joins && !message.author.bot) head.firstChild.style.setProperty('--hue', String(hue(name)));
    return h('li', {
      class: 'message' + (joins ? ' joins' : '') + (message.ephemeral ? ' whisper' : ''), tabindex: -1, dataset: { message: message.id },
      'aria-label': name + ', ' + timeOf(date) + ': ' + brief(message),
      onkeydown: (event) => shortcut(event, message, me),
    },
    message.reply_to ? quoted(message, target) : null,
    joins ? null : face(message.author, name),
    h('div', { class: 'body' }, head,
      message.content ? h('div', { class: 'text' }, markdown(message.content, names), message.edited && !message.ephemeral ? h('span', { class: 'edited' }, ' (' + t('edited') + ')') : null) : null,
      message.thinking && !message.content ? h('div', { class: 'text faded' }, '…') : null,
      (message.embeds ?? []).map(embed),
      held(message),
      (message.forwarded ?? []).map((one) => h('div', { class: 'snapshot' }, h('div', { class: 'hint' }, icon('forwarded'), t('forwarded')),
        one.content ? h('div', { class: 'text' }, markdown(one.content, names)) : null, held(one))),
      message.poll ? poll({ question: message.poll.question, options: message.poll.answers, many: Boolean(message.poll.many) }) : null,
      message.attachments?.some((file) => file.filename === 'qr.png') ? scanned(message) : null,
      (message.components ?? []).map((part) => components(part, message)),
      reactions(message, me),
      message.ephemeral ? h('p', { class: 'only' }, t('onlyYou') + ' · ', h('button', { type: 'button', class: 'textual', onclick: () => dismiss(message.id) }, t('close'))) : null),
    message.ephemeral ? null : actions(message, me));
  }

  function face(author, name) {
    if (!author.bot) return avatar(name);
    return h('span', { class: 'avatar bot', 'aria-hidden': 'true' }, h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }));
  }

  function quoted(message, target) {
    return h('button', { type: 'button', class: 'reference', onclick: () => jump(message.reply_to) },
      target ? [h('b', {}, shown(target.author)), ' ', h('span', {}, brief(target))] : h('span', {}, t('gone')));
  }

  // jump shows a message of the open channel.
  function jump(id) {
    const node = document.querySelector(`#room-messages [data-key="${CSS.escape(id)}"]`);
    node?.scrollIntoView({ block: 'center' });
    node?.focus({ preventScroll: true });
  }

  // scanned is what only a sandbox has: the phone is not here to hold up to it.
  function scanned(message) {
    return h('div', { class: 'row' }, h('button', { type: 'button', class: 'press secondary', onclick: async (event) => {
      const control = event.currentTarget;
      control.disabled = true;
      await post('whatsapp/link', { scan: message.id }).catch((problem) => { control.disabled = false; composer.complain(problem, room()); });
    } }, h('span', {}, '📱'), t('scan')));
  }

  // held are the files and stickers of a message; pictures stand side by side.
  function held(message) {
    const all = (message.attachments ?? []).map((one) => [/^image\/(png|jpeg|gif|webp)$/.test(one.content_type), attached(one, message.voice)]);
    const pictures = all.filter(([isPicture]) => isPicture).map(([, node]) => node);
    return [pictures.length ? h('div', { class: 'shots' + (pictures.length > 1 ? ' several' : '') }, pictures) : null,
      ...all.filter(([isPicture]) => !isPicture).map(([, node]) => node),
      ...(message.stickers ?? []).map((name) => h('span', { class: 'stuck' }, icon('sticker', kindName('sticker')), name))];
  }

  function attached(one, voice) {
    const src = '/sandbox/discord/files/' + encodeURIComponent(one.id) + '/' + encodeURIComponent(one.filename);
    if (one.filename === 'qr.png') return h('img', { class: 'picture', src, alt: one.description || one.filename });
    const [, kind] = /^(image\/(?:png|jpeg|gif|webp)|audio|video)\b/.exec(one.content_type) ?? [];
    return file({
      kind: voice ? 'voice' : kind?.startsWith('image') ? 'image' : kind ?? 'document', src, name: one.filename, alt: one.description, size: one.size,
      seconds: one.seconds, waveform: voice ? scaled(one.waveform) : '', width: one.width, height: one.height,
    });
  }

  // scaled turns loudness of 0 to 255 into that of phones.
  function scaled(waveform) {
    try { return btoa([...atob(waveform ?? '')].map((one) => String.fromCharCode(Math.round(one.charCodeAt(0) / 2.55))).join('')); } catch { return ''; }
  }

  function embed(card) {
    const node = h('div', { class: 'embed' },
      card.author?.name ? h('div', { class: 'embed-author' }, card.author.name) : null,
      card.title ? h('div', { class: 'embed-title' }, markdown(card.title, names)) : null,
      card.description ? h('div', { class: 'embed-text' }, markdown(card.description, names)) : null,
      card.fields?.length ? h('dl', { class: 'fields' }, card.fields.map((field) => h('div', { class: field.inline ? 'inline' : '' },
        h('dt', {}, field.name), h('dd', {}, markdown(field.value, names))))) : null,
      card.footer?.text ? h('div', { class: 'embed-footer' }, card.footer.text) : null);
    if (card.color) node.style.setProperty('--edge', '#' + card.color.toString(16).padStart(6, '0'));
    return node;
  }

  function components(part, message) {
    if (part.type === row) return h('div', { class: 'row' }, (part.components ?? []).map((one) => components(one, message)));
    if (part.type === button) {
      const label = [part.emoji?.name ? h('span', {}, part.emoji.name) : null, part.label ?? ''];
      if (part.style === linkStyle) {
        if (!/^https?:\/\//.test(part.url ?? '')) return '';
        return h('a', { class: 'press link', href: part.url, target: '_blank', rel: 'noopener noreferrer' }, label);
      }
      return h('button', { type: 'button', class: 'press ' + (styles[part.style] ?? 'secondary'), disabled: part.disabled, onclick: (event) => press(event.currentTarget, message, part.custom_id) }, label);
    }
    if (part.type === stringSelect) {
      if (part.max_values > 1) return several(part, message);
      return h('select', { class: 'choice', disabled: part.disabled, 'aria-label': part.placeholder ?? '', onchange: (event) => press(event.currentTarget, message, part.custom_id, [event.currentTarget.value]) },
        h('option', { value: '' }, part.placeholder ?? '…'), (part.options ?? []).map((one) => h('option', { value: one.value, selected: one.default }, choice(one))));
    }
    return part.content ? h('div', { class: 'text' }, markdown(part.content, names)) : '';
  }

  // choice is an entry of a list, with what stands below it on Discord.
  const choice = (one) => [one.emoji?.name, one.label, one.description ? '· ' + one.description : ''].filter(Boolean).join(' ');

  // several is a list of which more than one may be chosen.
  function several(part, message) {
    const boxes = (part.options ?? []).map((one) => h('input', { type: 'checkbox', value: one.value, checked: one.default, disabled: part.disabled }));
    const chosen = () => boxes.filter((one) => one.checked).map((one) => one.value);
    const send = h('button', { type: 'button', class: 'press primary', disabled: part.disabled, onclick: (event) => press(event.currentTarget, message, part.custom_id, chosen()) }, t('submit'));
    const bound = () => {
      const n = chosen().length;
      for (const one of boxes) one.disabled = part.disabled || !one.checked && n >= part.max_values;
      send.disabled = part.disabled || n < (part.min_values ?? 1);
    };
    bound();
    return h('fieldset', { class: 'several', onchange: bound }, h('legend', {}, part.placeholder ?? ''),
      (part.options ?? []).map((one, i) => h('label', {}, boxes[i], h('span', {}, choice(one)))), send);
  }

  async function press(control, message, id, values) {
    control.disabled = true;
    control.classList.add('busy');
    try {
      await composer.interact({ message: message.id, custom_id: id, ...(values ? { values } : {}) });
    } finally {
      control.disabled = false;
      control.classList.remove('busy');
      if (control.matches('select')) control.value = [...control.options].find((one) => one.defaultSelected)?.value ?? '';
    }
  }

  function reactions(message, me) {
    const all = message.reactions ?? [];
    if (!all.length) return null;
    return h('div', { class: 'reactions' }, all.map((one) => {
      const users = one.users ?? [];
      const mine = users.some((user) => user.id === me?.id);
      const who = users.map(shown).join(', ');
      return h('button', {
        type: 'button', class: mine ? 'mine' : '', title: who, 'aria-pressed': String(mine), 'aria-label': one.emoji + ' ' + t('reacted', { names: who }),
        onclick: () => act(mine ? { unreact: one.emoji, to: message.id } : { react: one.emoji, to: message.id }),
      }, h('span', {}, one.emoji), ' ' + users.length);
    }));
  }

  function actions(message, me) {
    const mine = message.author.id === me?.id;
    const list = [['reply', t('reply'), () => composer.attach('reply', message)], ['react', t('react'), (control) => pickReaction(control, (emoji) => act({ react: emoji, to: message.id }))]];
    if (mine) list.push(['edit', t('edit'), () => composer.attach('edit', message)], ['delete', t('remove'), () => act({ delete: message.id })]);
    const rest = desk().commands.filter((one) => one.on_message);
    if (rest.length) list.push(['more', t('more'), (control) => menu(control, rest.map((one) => [/note/.test(one.name) ? 'edit' : 'send', one.label, () => composer.interact({ message: message.id, context: one.name }).catch(() => {})]))]);
    return tools(list);
  }

  function shortcut(event, message, me) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || message.ephemeral) return;
    const mine = message.author.id === me?.id;
    const key = event.key.toLowerCase();
    if (key === 'r') composer.attach('reply', message);
    else if (key === 'e' && mine) composer.attach('edit', message);
    else if (key === 'delete' && mine) act({ delete: message.id });
    else if (key === 'escape') composer.focus();
    else return;
    event.preventDefault();
  }

  function act(body) {
    const me = composer.person();
    return post('discord/channels/' + room() + '/messages', { as: me?.name, ...body }).catch((problem) => composer.complain(problem, room()));
  }

  // tick keeps what is told as "5 minutes ago" true.
  function tick(list) {
    for (const one of list.querySelectorAll('time[data-since]')) {
      const text = names.time(Number(one.dataset.since), 'R');
      if (one.textContent !== text) one.textContent = text;
    }
  }

  return { entries, tick, jump };
}
