// Files on their way: chosen, dropped or pasted ones above the line of text, and
// how far those that were sent have come.

import { upload } from './api.js';
import { h, icon, toast } from './dom.js';
import { plain, sizeOf } from './content.js';
import { t } from './words.js';

// createTray runs the files of a form. drop is where files may be let fall, allowed
// says whether any are taken, most how many bytes one may have.
export function createTray({ form, drop, allowed, most }) {
  const input = form.querySelector('.picker');
  const box = form.querySelector('.tray');
  const chosen = h('div', { class: 'chips' });
  const moving = h('div', { class: 'chips' });
  const area = form.querySelector('textarea');
  let picked = []; // {file, mode}
  let mode = ''; // of what is chosen next
  box.append(moving, chosen);

  function draw() {
    chosen.replaceChildren(...picked.map((one) => h('span', { class: 'chip' }, icon('file'),
      h('b', {}, plain(one.file.name)), h('small', {}, sizeOf(one.file.size)),
      h('button', { type: 'button', 'aria-label': t('cancel') + ' ' + plain(one.file.name), title: t('cancel'), onclick: () => { picked = picked.filter((other) => other !== one); draw(); area.focus(); } }, icon('close')))));
    box.hidden = !picked.length && !moving.children.length;
  }

  function add(files, as = '') {
    if (!allowed()) return;
    for (const file of files) {
      if (file.size <= most()) picked.push({ file, mode: as });
      else toast(t('tooLarge', { name: plain(file.name), size: sizeOf(file.size), most: sizeOf(most()) }), 'bad');
    }
    draw();
    area.focus();
  }

  // pick asks for files; accept says which kinds to offer.
  function pick(as, accept, many = true) {
    mode = as;
    input.accept = accept;
    input.multiple = many;
    input.click();
  }

  input.addEventListener('change', () => {
    add(input.files, mode);
    mode = '';
    input.value = '';
  });
  area.addEventListener('paste', (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  drop.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    drop.classList.add('dropping');
  });
  for (const name of ['dragleave', 'drop']) drop.addEventListener(name, () => drop.classList.remove('dropping'));
  drop.addEventListener('drop', (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });

  return {
    add, pick,
    get full() { return picked.length > 0; },
    // take empties the tray: [{file, mode}].
    take() {
      const all = picked;
      picked = [];
      draw();
      return all;
    },
    give(all) { picked = [...all, ...picked]; draw(); },
    // send uploads files with fields and shows how far it is. What fails rejects.
    async send(path, fields, files) {
      const bar = h('progress', { max: 1, value: 0, 'aria-label': t('uploading') });
      const work = upload(path, fields, files, (part) => { bar.value = part; });
      const row = h('span', { class: 'chip going' }, icon('file'), h('b', {}, files.map((one) => plain(one.name)).join(', ')), bar,
        h('button', { type: 'button', 'aria-label': t('cancel'), title: t('cancel'), onclick: work.abort }, icon('close')));
      moving.append(row);
      draw();
      try {
        return await work.done;
      } finally {
        row.remove();
        draw();
      }
    },
  };
}
