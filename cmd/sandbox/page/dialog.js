// Small forms in the middle of the page.

import { h, toast } from './dom.js';
import { t } from './words.js';

// ask shows a form: fields are {name, label, ...attributes}, rows for several lines,
// options [[value, label], ...] for a choice, type 'checkbox' for yes or no. done is
// called with what was filled in; the form stays open when it fails.
export function ask(title, fields, done, doing = t('send')) {
  const dialog = document.getElementById('dialog');
  const body = h('form', { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, title),
    fields.map(({ label, rows, options, ...rest }) => {
      const box = rows ? h('textarea', { rows, ...rest }) : options ? choice(options, rest) : h('input', { autocomplete: 'off', ...rest });
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
