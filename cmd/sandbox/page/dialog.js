// Small forms in the middle of the page.

import { h, toast } from './dom.js';
import { t } from './words.js';

// ask shows a form: fields are {name, label, ...attributes}, rows for several lines,
// options [[value, label], ...] for a choice, type 'checkbox' for yes or no, offer a
// function that answers options for what is typed. done is
// called with what was filled in; the form stays open when it fails.
export function ask(title, fields, done, doing = t('send')) {
  const dialog = document.getElementById('dialog');
  const body = h('form', { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, title),
    fields.map(({ label, rows, options, offer, ...rest }) => {
      const box = rows ? h('textarea', { rows, ...rest }) : options ? choice(options, rest) : h('input', { autocomplete: 'off', ...rest });
      if (offer) return h('label', { class: 'field' }, h('span', {}, label), box, offered(box, offer));
      return h('label', { class: rest.type === 'checkbox' ? 'field tick' : 'field' }, h('span', {}, label), box);
    }),
    h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => dialog.close() }, t('cancel')), h('button', { type: 'submit', class: 'primary' }, doing)));
  body.addEventListener('submit', async (event) => {
    event.preventDefault();
    const values = {};
    for (const one of body.elements) if (one.name) values[one.name] = one.type === 'checkbox' ? one.checked : one.value.trim();
    try {
      await done(values);
      if (body.isConnected) dialog.close(); // it may have led to another form
    } catch (problem) { toast(problem.message, 'bad'); }
  });
  dialog.replaceChildren(body);
  dialog.showModal();
}

// offered is the list below a field of what may be meant: the last thing typed decides.
function offered(box, offer) {
  const list = h('datalist', { id: 'offer-' + box.name });
  box.setAttribute('list', list.id);
  const look = async () => {
    const typed = box.value;
    const found = await offer(typed);
    if (box.value === typed) list.replaceChildren(...found.map(([value, label]) => h('option', { value, label })));
  };
  let pause;
  box.addEventListener('input', () => { clearTimeout(pause); pause = setTimeout(look, 150); });
  box.addEventListener('focus', () => { if (!list.children.length) look(); });
  return list;
}

function choice(options, { value, ...rest }) {
  const box = h('select', rest, options.map(([one, label]) => h('option', { value: one }, label)));
  box.value = value;
  if (!box.value) box.selectedIndex = 0;
  return box;
}

// askPoll asks for a question and its options.
export const askPoll = (done) => ask(t('kind_poll'), [
  { name: 'question', label: t('question'), required: true, maxlength: 300 },
  { name: 'options', label: t('options'), rows: 4, required: true },
  { name: 'many', label: t('pollMany'), type: 'checkbox' },
], ({ question, options, many }) => done({ question, many, options: options.split('\n').map((one) => one.trim()).filter(Boolean) }));
