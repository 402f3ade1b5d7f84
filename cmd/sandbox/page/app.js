// The sandbox page: two phones and a Discord server, kept live by server-sent
// events. The page holds no truth of its own; it shows what the sandbox says.

import { get, post } from './api.js';
import { announce, calm, h, toast } from './dom.js';
import { createDiscord } from './discord.js';
import { createPhone } from './phone.js';
import { clockOf, dayKey, setZone, t, translate, language } from './words.js';

document.documentElement.lang = language;
translate(document);

let state = null;
let offset = 0; // desk time minus this machine's, in milliseconds

const now = () => new Date(Date.now() + offset);
const clock = () => clockOf(now(), new Date(state.clock.start));
const desk = () => ({
  customers: state.customers, business: state.desk.business, now, online: state.links.whatsapp,
  channels: state.channels, staff: state.staff, roles: state.roles, commands: state.commands, guild: state.desk.guild, bot: state.desk.bot, limits: state.limits,
});
const byId = (id) => document.getElementById(id);

const phones = [createPhone(0, desk, refreshTabs), createPhone(1, desk, refreshTabs)];
byId('phones').append(...phones.map((one) => one.root));
const discord = createDiscord(desk);

// The top bar.

setInterval(() => {
  if (!state) return;
  byId('now').textContent = clock();
  discord.tick();
}, 250);

for (const button of document.querySelectorAll('[data-advance]')) {
  const step = button.dataset.advance;
  button.textContent = step === '1h' ? t('hour') : t('minutes', { n: parseInt(step, 10) });
  button.setAttribute('aria-label', t('forward', { n: button.textContent.slice(1) }));
  button.addEventListener('click', () => move({ advance: step }));
}
for (const [name, next] of Object.entries({ morning: nextMorning, workday: nextWorkday, month: nextMonth })) {
  const button = document.querySelector(`[data-${name}]`);
  button.textContent = t(name);
  button.title = t(name + 'Long');
  button.setAttribute('aria-label', t(name + 'Long'));
  button.addEventListener('click', () => move({ to: next().toISOString() }));
}

// at is a time of a day where the desk is; the day as in 2026-11-23.
function at(day, time) {
  const here = state.clock.now.slice(19).replace(/^\.\d+/, '') || 'Z';
  return new Date(`${day}T${time}:00${here}`);
}

// later is a day, so many days after another one.
function later(day, days) {
  return new Date(Date.parse(day + 'T00:00:00Z') + days * 86400e3).toISOString().slice(0, 10);
}

// nextMorning is the next 08:00 where the desk is.
function nextMorning() {
  const today = dayKey(now());
  return at(today, '08:00') > now() ? at(today, '08:00') : at(later(today, 1), '08:00');
}

// nextWorkday is 09:00 of the next day that is no Sunday: whatever is due in a morning has
// happened by then.
function nextWorkday() {
  let day = later(dayKey(now()), 1);
  if (new Date(day + 'T00:00:00Z').getUTCDay() === 0) day = later(day, 1);
  return at(day, '09:00');
}

// nextMonth is 09:30 of the first day of the next month that is no Sunday: the month's
// lists are made.
function nextMonth() {
  const today = dayKey(now());
  let day = later(today.slice(0, 8) + '01', 32).slice(0, 8) + '01';
  if (new Date(day + 'T00:00:00Z').getUTCDay() === 0) day = later(day, 1);
  return at(day, '09:30');
}

async function move(body) {
  const bar = document.querySelector('.clock');
  bar.classList.add('moving');
  bar.setAttribute('aria-busy', 'true');
  announce(t('moving'));
  try {
    const answer = await post('clock', body);
    setClock(answer.now);
    announce(clock());
  } catch (problem) {
    toast(problem.message, 'bad');
  } finally {
    bar.classList.remove('moving');
    bar.removeAttribute('aria-busy');
  }
}

function setClock(text) { offset = Date.parse(text) - Date.now(); }

const faults = byId('faults');

function faultBody(part) {
  const body = {};
  for (const box of part.querySelectorAll('input')) if (box.checked) body[box.dataset.field] = box.dataset.value ? Number(box.dataset.value) : true;
  return { [part.dataset.part]: body };
}

const setFaults = (body) => post('faults', body).catch((problem) => { toast(problem.message, 'bad'); showFaults(); });

faults.addEventListener('change', (event) => setFaults(faultBody(event.target.closest('fieldset'))));
faults.addEventListener('click', (event) => {
  const once = event.target.closest('[data-once]');
  if (!once) return;
  const part = once.closest('fieldset');
  const body = faultBody(part);
  body[part.dataset.part][once.dataset.once] = once.dataset.value ? Number(once.dataset.value) : true;
  post('faults', body).then(() => toast(t(once.dataset.once + 'Done')), (problem) => toast(problem.message, 'bad'));
});
byId('faults-clear').addEventListener('click', () => setFaults({ whatsapp: {}, discord: {}, store: {} }));
faults.addEventListener('submit', (event) => event.preventDefault());

function showFaults() {
  let count = 0;
  for (const part of faults.querySelectorAll('fieldset')) {
    const set = state.faults[part.dataset.part] ?? {};
    for (const box of part.querySelectorAll('input')) {
      box.checked = Boolean(set[box.dataset.field]);
      if (box.checked) count++;
    }
  }
  const badge = byId('faults-count');
  badge.textContent = String(count);
  badge.hidden = count === 0;
}

function showLinks() {
  for (const name of ['whatsapp', 'discord']) {
    const node = byId('link-' + name);
    const up = state.links[name];
    node.classList.toggle('up', up);
    node.setAttribute('aria-label', node.textContent + ': ' + t(up ? 'up' : 'down'));
    const { state: how, reason } = state.health[name];
    node.title = up ? t('up') : [t('down'), how, reason].filter(Boolean).join(' · ');
  }
  const open = state.health.incidents;
  const node = byId('incidents');
  node.hidden = !open.length;
  node.textContent = t('incidents', { n: open.length });
  node.title = open.map((one) => one.kind).join(', ');
}

// New phones.

for (const phone of phones) {
  phone.addButton.addEventListener('click', () => {
    const dialog = byId('dialog');
    const body = h('form', { method: 'dialog' },
      h('h2', { id: 'dialog-title' }, t('newPhone')),
      h('label', { class: 'field' }, h('span', {}, t('name')), h('input', { name: 'name', required: true, maxlength: 60, autocomplete: 'off' })),
      h('label', { class: 'field' }, h('span', {}, t('number')), h('input', { name: 'phone', required: true, inputmode: 'tel', pattern: '\\+?[0-9 \\-]{8,20}', placeholder: '+62 812-3456-7003', autocomplete: 'off' })),
      h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => dialog.close() }, t('cancel')), h('button', { type: 'submit', class: 'primary' }, t('save'))));
    body.addEventListener('submit', async (event) => {
      event.preventDefault();
      try {
        const made = await post('customers', { phone: body.elements.phone.value.replace(/\D/g, ''), name: body.elements.name.value.trim() });
        await reload();
        dialog.close();
        phone.choose(made.phone);
        phone.focus();
      } catch (problem) { toast(problem.message, 'bad'); }
    });
    dialog.replaceChildren(body);
    dialog.showModal();
  });
}

// Tabs of a narrow page.

const tabs = [...document.querySelectorAll('.tabs button')];
for (const tab of tabs) tab.addEventListener('click', () => showTab(tab.dataset.tab));

function showTab(name) {
  document.body.dataset.tab = name;
  for (const tab of tabs) {
    if (tab.dataset.tab === name) {
      tab.setAttribute('aria-current', 'page');
      tab.classList.remove('news');
    } else tab.removeAttribute('aria-current');
  }
  for (const phone of phones) phone.see();
  window.dispatchEvent(new Event('resize'));
}

// news puts a dot on a tab that is not open.
function news(name) {
  const tab = tabs.find((one) => one.dataset.tab === name);
  if (document.body.dataset.tab !== name) tab.classList.add('news');
}

function refreshTabs() {
  for (const [i, phone] of phones.entries()) tabs[i].textContent = phone.name.split(' ')[0] || t('phones');
}

// Keeping up.

function take(fresh) {
  state = fresh;
  setZone(state.desk.zone);
  setClock(state.clock.now);
  showLinks();
  showFaults();
  for (const [i, phone] of phones.entries()) {
    if (!phone.phone && state.customers[i]) phone.choose(state.customers[i].phone);
    phone.refresh();
  }
  refreshTabs();
  discord.refresh();
}

let heard = 0; // counts what events told of the state

// reload never puts an older answer over what an event told meanwhile.
async function reload() {
  const before = heard;
  const fresh = await get('state');
  if (heard === before) take(fresh);
  else await reload();
}

async function reloadAll() {
  await reload();
  await Promise.all([...phones.map((one) => one.load()), discord.load()]);
}

function listen() {
  const events = new EventSource('/sandbox/events');
  let lost = false;
  events.addEventListener('open', () => {
    document.body.classList.remove('lost');
    lost = false;
    calm();
    reloadAll().catch((problem) => toast(t('problem', { text: problem.message }), 'bad'));
  });
  events.addEventListener('error', () => {
    if (!lost) toast(t('reconnect'), 'bad');
    lost = true;
    document.body.classList.add('lost');
  });
  events.addEventListener('state', (event) => {
    heard++;
    const { channels } = state;
    take({ channels, ...JSON.parse(event.data) });
  });
  events.addEventListener('channels', (event) => {
    heard++;
    state.channels = JSON.parse(event.data);
    discord.refresh();
  });
  events.addEventListener('phone', (event) => {
    const { phone } = JSON.parse(event.data);
    for (const [i, one] of phones.entries()) {
      if (one.phone !== phone) continue;
      one.load().catch(() => {});
      news('phone-' + i);
    }
  });
  events.addEventListener('typing', (event) => discord.typing(JSON.parse(event.data).channel));
  events.addEventListener('channel', (event) => {
    const { channel, news: isNew } = JSON.parse(event.data);
    discord.changed(channel, isNew)?.catch(() => {});
    if (isNew && discord.sees(channel)) news('discord');
  });
}

document.addEventListener('keydown', (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || !['1', '2', '3'].includes(event.key)) return;
  event.preventDefault();
  showTab(tabs[Number(event.key) - 1].dataset.tab);
  [...phones, discord][Number(event.key) - 1].focus();
});

showTab('phone-0');
reload().then(() => { listen(); document.body.classList.add('ready'); }).catch((problem) => toast(t('problem', { text: problem.message }), 'bad'));
