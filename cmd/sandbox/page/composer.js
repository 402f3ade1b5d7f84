// Writing in Discord as a member of staff: messages, slash commands, forms.

import { post } from './api.js';
import { ask as askFor, askPoll } from './dialog.js';
import { growing, h, icon, menu, paint, toast } from './dom.js';
import { preview } from './format.js';
import { createTray } from './tray.js';
import { t } from './words.js';

const forum = 15;
const commandAnswer = 2;

// createComposer runs the line at the bottom. room answers the open channel,
// whisper shows a message that only this person sees, chosen is told that
// somebody else acts now.
export function createComposer({ desk, room, messages, whisper, sent, chosen: changed }) {
  const form = document.getElementById('room-form');
  const area = document.getElementById('discord-text');
  const who = document.getElementById('as');
  const about = document.getElementById('room-context');
  const slash = document.getElementById('room-slash');
  const fit = growing(area, submit);
  const clip = form.querySelector('.clip');
  const tray = createTray({ form, drop: document.querySelector('.room'), allowed: () => !area.disabled, most: () => desk().limits.discord });
  let typingUntil = 0;
  let context = null; // {kind: 'reply' | 'edit', message}
  let picked = 0;

  const person = () => desk().staff.find((one) => one.name === who.value);

  // people fills the list of who can act.
  function people() {
    const { staff } = desk();
    const key = staff.map((one) => one.name).join();
    if (who.dataset.staff !== key) {
      const before = who.value;
      who.dataset.staff = key;
      who.replaceChildren(...staff.map((one) => h('option', { value: one.name }, one.display + '  ·  ' + one.roles.join(', '))));
      if (staff.some((one) => one.name === before)) who.value = before;
    }
  }

  function refresh() {
    people();
    const me = person();
    if (me) paint(document.getElementById('as-avatar'), me.display);
    document.getElementById('as-name').textContent = me?.display ?? '';
    const here = room();
    const closed = here?.locked ? 'closedRoom' : !here ? 'pickRoom' : here.type === forum ? 'pickPost' : '';
    area.disabled = clip.disabled = Boolean(closed);
    const name = here?.name.split(' · ').slice(1).join(' · ') || (here?.name ?? '');
    area.placeholder = closed ? t(closed) : t('writeChannel', { name });
    area.setAttribute('aria-label', t('writeChannel', { name }));
  }

  function matches() {
    if (!area.value.startsWith('/') || area.value.startsWith('//') || area.value.includes('\n') || context) return [];
    const typed = area.value.slice(1).toLowerCase();
    return desk().commands.filter((one) => !one.on_message).filter((one) => one.name.startsWith(typed) || typed.startsWith(one.name + ' ') || typed === one.name);
  }

  function drawSlash() {
    const found = matches();
    picked = Math.min(picked, Math.max(0, found.length - 1));
    slash.hidden = !found.length;
    slash.replaceChildren(...found.map((one, i) => h('li', {
      role: 'option', id: 'slash-' + i, 'aria-selected': String(i === picked), onmousedown: (event) => { event.preventDefault(); complete(one); },
    }, h('b', {}, '/' + one.name), (one.options ?? []).map((option) => h('code', {}, option.name)), h('span', {}, one.description))));
    slash.children[picked]?.scrollIntoView({ block: 'nearest' });
    if (found.length) area.setAttribute('aria-activedescendant', 'slash-' + picked);
    else area.removeAttribute('aria-activedescendant');
    return found;
  }

  function complete(command) {
    area.value = '/' + command.name + ((command.options ?? []).length ? ' ' : '');
    fit();
    drawSlash();
    area.focus();
  }

  // parse reads "/ticket close reason: a b other: c" with what is known of the
  // command; text without a name belongs to its first option.
  function parse(command, rest) {
    const known = command.options ?? [];
    const options = {};
    let name = known[0]?.name;
    for (const part of rest.trim().split(/\s+(?=[\w-]+:)/)) {
      const found = /^([\w-]+):\s*([\s\S]*)$/.exec(part);
      if (found && known.some((one) => one.name === found[1])) { name = found[1]; options[name] = found[2].trim(); } else if (part.trim() && name) options[name] = [options[name], part.trim()].filter(Boolean).join(' ');
    }
    for (const one of known) if (one.required && !options[one.name]) throw new Error(t('optionMissing', { name: one.name }));
    return options;
  }

  async function runCommand(command, typed) {
    const here = room().id;
    const rest = typed.slice(command.name.length + 1);
    if (!rest.trim() && command.options.some((one) => one.required)) {
      fillIn(command, here);
      return;
    }
    await interact({ channel: here, command: command.name, options: parse(command, rest) });
  }

  // fillIn asks for the options of a command, as Discord does while it is typed.
  function fillIn(command, here) {
    const people = desk().staff.map((one) => [one.name, one.display]);
    askFor('/' + command.name, command.options.map((one) => {
      const options = one.kind === 'user' ? people : one.choices?.map(({ value, label }) => [value, label]);
      return {
        name: one.name, label: one.description + (one.required ? ' *' : ''), required: one.required,
        ...(options ? { options: one.required ? options : [['', ''], ...options] } : one.kind === 'number' ? { type: 'number' } : {}),
        ...(one.completes ? { offer: (typed) => offer(command, one, here, typed) } : {}),
      };
    }), (values) => interact({
      channel: here, command: command.name, options: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')),
    }));
  }

  // offer asks what may be meant by what is typed so far: [[value, label], ...]. That
  // nothing comes is no failure.
  async function offer(command, option, here, typed) {
    try {
      const { choices } = await post('discord/completions', { as: who.value, channel: here, command: command.name, option: option.name, typed });
      return choices.map(({ value, label }) => [value, label]);
    } catch { return []; }
  }

  // interact does something and shows what comes back to this person alone.
  async function interact(body) {
    const where = body.channel ?? room().id;
    try {
      const answer = await post('discord/interactions', { as: who.value, ...body });
      if (answer.modal) ask(answer.modal);
      else if (answer.message?.ephemeral) await whisper(where, answer.message);
    } catch (problem) {
      complain(problem, where);
      throw problem;
    }
  }

  // complain says what went wrong; what Discord does not permit, in plain words.
  function complain(problem, where) {
    const place = desk().channels.find((one) => one.id === where)?.name ?? 'Discord';
    toast(problem.status === 403 ? t('mayNot', { name: person()?.display ?? '', room: place }) : problem.message, 'bad');
  }

  function ask(modal) {
    const dialog = document.getElementById('dialog');
    const body = h('form', { method: 'dialog' },
      h('h2', { id: 'dialog-title' }, modal.title),
      modal.fields.map((field) => h('label', { class: 'field' }, h('span', {}, field.label, field.required ? h('i', {}, ' *') : null), input(field))),
      h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => dialog.close() }, t('cancel')), h('button', { type: 'submit', class: 'primary' }, t('submit'))));
    body.addEventListener('submit', async (event) => {
      event.preventDefault();
      const fields = {};
      for (const one of body.elements) if (one.name && one.value !== '') fields[one.name] = one.value;
      // As on Discord: what comes of it shows in the channel. What did not arrive is not lost.
      dialog.close();
      await interact({ modal: modal.custom_id, fields }).catch(() => {
        if (dialog.open) return;
        dialog.replaceChildren(body);
        dialog.showModal();
      });
    });
    dialog.replaceChildren(body);
    dialog.showModal();
  }

  function input(field) {
    const common = { name: field.custom_id, required: field.required };
    if (field.options?.length) return h('select', common, h('option', { value: '' }, field.placeholder ?? ''), field.options.map((one) => h('option', { value: one.value }, one.label)));
    const props = { ...common, placeholder: field.placeholder, maxlength: field.max_length || null, minlength: field.min_length || null };
    return field.style === commandAnswer ? h('textarea', { ...props, rows: 4, value: field.value ?? '' }) : h('input', { ...props, value: field.value ?? '' });
  }

  function attach(kind, message) {
    context = { kind, message };
    about.replaceChildren(h('div', {}, h('b', {}, kind === 'edit' ? t('editing') : t('replyTo', { name: message.author.name })), ' ', h('span', {}, preview(message.content) || message.attachments?.[0]?.filename || '')),
      h('button', { type: 'button', title: t('cancel'), 'aria-label': t('cancel'), onclick: detach }, icon('close')));
    about.hidden = false;
    if (kind === 'edit') { area.value = message.content; fit(); }
    area.focus();
  }

  function detach() {
    if (context?.kind === 'edit') { area.value = ''; fit(); }
    context = null;
    about.hidden = true;
    area.focus();
  }

  let sending = Promise.resolve();
  function submit() {
    const content = area.value;
    const here = room();
    const edits = context?.kind === 'edit';
    if ((!content.trim() && (edits || !tray.full)) || !here || !who.value) return;
    const [command] = matches();
    const chosen = matches()[picked] ?? command;
    let work;
    if (tray.full && !edits) {
      const files = tray.take();
      const fields = { as: who.value, content, reply_to: context?.kind === 'reply' ? context.message.id : '' };
      work = () => leave('discord/channels/' + here.id + '/messages', fields, files).then(sent);
    } else if (chosen && content.slice(1).toLowerCase().startsWith(chosen.name)) {
      work = () => runCommand(chosen, content.slice(1));
    } else if (chosen) {
      complete(chosen);
      return;
    } else {
      const body = { as: who.value, content };
      if (context?.kind === 'reply') body.reply_to = context.message.id;
      if (context?.kind === 'edit') body.edit = context.message.id;
      work = () => post('discord/channels/' + here.id + '/messages', body).then(sent);
    }
    context = null;
    about.hidden = true;
    area.value = '';
    fit();
    drawSlash();
    typingUntil = 0;
    sending = sending.then(work).catch((problem) => {
      complain(problem, here.id);
      if (!area.value && room()?.id === here.id) { area.value = content; fit(); }
    });
  }

  // leave sends files, voice messages each for itself; what fails comes back.
  async function leave(path, fields, files) {
    const spoken = files.filter((one) => one.mode === 'voice');
    const rest = files.filter((one) => one.mode !== 'voice');
    try {
      if (rest.length) await tray.send(path, fields, rest.map((one) => one.file));
      else if (fields.content.trim()) await post(path, { as: fields.as, content: fields.content, ...(fields.reply_to ? { reply_to: fields.reply_to } : {}) });
      rest.length = 0;
      fields.content = '';
      for (; spoken.length; spoken.shift()) await tray.send(path, { as: fields.as, voice: 'true' }, [spoken[0].file]);
    } catch (problem) {
      tray.give([...rest, ...spoken]);
      throw problem;
    }
  }

  const kinds = [
    ['file', t('pickFiles'), () => tray.pick('', '')],
    ['mic', t('kind_voice'), () => tray.pick('voice', '.ogg,.opus,audio/ogg', false)],
    ['poll', t('kind_poll'), () => {
      const here = room().id;
      askPoll(({ question, options, many }) => post('discord/channels/' + here + '/messages', { as: who.value, poll: { question, answers: options, many } }).then(sent));
    }],
  ];
  clip.addEventListener('click', () => menu(clip, kinds));

  // What stays inside is not for clients, nor is that it is being written.
  area.addEventListener('input', () => {
    if (Date.now() < typingUntil || !area.value || area.value.startsWith('/') || !room()) return;
    typingUntil = Date.now() + 8000;
    post('discord/channels/' + room().id + '/typing', { as: who.value }).catch(() => {});
  });
  area.addEventListener('input', () => { picked = 0; drawSlash(); });
  area.addEventListener('keydown', (event) => {
    const found = slash.hidden ? [] : matches();
    if (found.length && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      picked = (picked + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % found.length;
      drawSlash();
      event.preventDefault();
    } else if (found.length && event.key === 'Tab' && !event.shiftKey && area.value.slice(1) !== found[picked].name) {
      complete(found[picked]);
      event.preventDefault();
    } else if (event.key === 'Escape') {
      if (!slash.hidden) slash.hidden = true;
      else if (context) detach();
    } else if (event.key === 'ArrowUp' && !area.value) {
      const last = messages().findLast((one) => one.author.id === person()?.id);
      if (last) { event.preventDefault(); attach('edit', last); }
    }
  });
  form.addEventListener('submit', (event) => { event.preventDefault(); submit(); area.focus(); });
  who.addEventListener('change', () => { changed(); area.focus(); });

  return { attach, complain, interact, people, person, refresh, focus: () => area.focus(), reset: () => { context = null; about.hidden = true; slash.hidden = true; } };
}
