// Building and updating the page. Content only ever becomes text nodes.

// h makes an element: h('p', {class: 'x', onclick: f}, 'text', node, null).
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'class') node.className = value;
    else if (key === 'dataset') Object.assign(node.dataset, value);
    else if (key === 'value') node.value = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const svg = 'http://www.w3.org/2000/svg';

// icon is one of icons.svg.
export function icon(name, label) {
  const node = document.createElementNS(svg, 'svg');
  node.setAttribute('class', 'i i-' + name);
  if (label) {
    node.setAttribute('role', 'img');
    node.setAttribute('aria-label', label);
  } else {
    node.setAttribute('aria-hidden', 'true');
  }
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', 'icons.svg#' + name);
  node.append(use);
  return node;
}

// avatar is a round with initials in a colour that belongs to the name.
export function avatar(name, extra = '') {
  const node = h('span', { class: 'avatar ' + extra, 'aria-hidden': 'true' });
  paint(node, name);
  return node;
}

export function paint(node, name) {
  const words = name.trim().split(/\s+/);
  node.textContent = (words[0]?.[0] ?? '?') + (words.length > 1 ? words.at(-1)[0] : '');
  node.style.setProperty('--hue', String(hue(name)));
}

export function hue(name) {
  let sum = 7;
  for (const c of name.toLowerCase()) sum = (sum * 31 + c.codePointAt(0)) % 3600;
  return (sum * 47) % 360;
}

// sync makes the children of list match items without touching those that did
// not change. Items are {key, seal, build}: equal seals mean equal looks.
export function sync(list, items) {
  const before = new Map();
  for (const node of list.children) before.set(node.dataset.key, node);
  const focused = document.activeElement?.closest?.('[data-key]');
  let at = list.firstElementChild;
  for (const { key, seal, build } of items) {
    let node = before.get(key);
    before.delete(key);
    if (!node || node.seal !== seal) {
      const fresh = build();
      fresh.dataset.key = key;
      fresh.seal = seal;
      if (node) {
        if (node === at) at = node.nextElementSibling;
        const hadFocus = node === focused;
        fresh.tabIndex = node.tabIndex;
        node.remove();
        list.insertBefore(fresh, at);
        if (hadFocus) fresh.focus({ preventScroll: true });
      } else {
        if (list.seen) fresh.classList.add('arrives');
        list.insertBefore(fresh, at);
      }
      continue;
    }
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
  for (const node of before.values()) node.remove();
  list.seen = true;
}

// pinned keeps a scrolling box at its bottom while it is there, and offers the
// button when something new is below. Call the result around every change.
export function pinned(box, button) {
  const atBottom = () => box.scrollHeight - box.scrollTop - box.clientHeight < 48;
  const down = () => { box.scrollTop = box.scrollHeight; button.hidden = true; };
  let stuck = true;
  let last = 0;
  // Only going up leaves the bottom: what has grown meanwhile does not.
  box.addEventListener('scroll', () => {
    stuck = atBottom() || (stuck && box.scrollTop >= last);
    last = box.scrollTop;
    if (stuck) button.hidden = true;
  }, { passive: true });
  button.addEventListener('click', down);
  const keep = new ResizeObserver(() => { if (stuck) down(); });
  for (const one of [box, ...box.children]) keep.observe(one); // pictures grow when they have come
  return (change, { grew = false, jump = false } = {}) => {
    const follow = stuck || jump;
    change();
    if (follow) { stuck = true; down(); } else if (grew) button.hidden = false;
  };
}

// roving lets arrow keys move between the entries of a list of messages. Tab
// reaches the newest, or the one that was gone to last, and what can be used in it;
// what is in the others stays out of its way.
export function roving(list) {
  const entries = () => [...list.querySelectorAll(':scope > [data-message]')];
  const usable = 'a[href], button, select, video';
  const reach = (node, on) => {
    node.tabIndex = on ? 0 : -1;
    for (const one of node.querySelectorAll(usable)) one.tabIndex = on ? 0 : -1;
  };
  const mark = () => {
    const all = entries();
    const here = document.activeElement?.closest?.('[data-message]');
    const current = all.includes(here) ? here : all.at(-1);
    for (const node of all) reach(node, node === current);
  };
  list.addEventListener('focusin', mark);
  list.addEventListener('keydown', (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1, Home: -1e9, End: 1e9 }[event.key];
    const here = event.target.closest?.('[data-message]');
    if (!step || !here || event.target.matches('select, input, video')) return;
    const all = entries();
    const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(here) + step))];
    event.preventDefault();
    next.focus();
  });
  return mark;
}

// growing fits a textarea to its text, lets Enter send, and Shift+Enter break.
export function growing(area, send) {
  const fit = () => {
    area.style.height = 'auto';
    area.style.height = Math.min(area.scrollHeight, 132) + 'px';
  };
  area.addEventListener('input', fit);
  let breaks = false;
  area.addEventListener('keydown', (event) => {
    breaks = event.shiftKey;
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    send();
  });
  // Some keyboards write the line break although the key was taken.
  area.addEventListener('beforeinput', (event) => {
    if (!breaks && /^insert(LineBreak|Paragraph)$/.test(event.inputType)) event.preventDefault();
  });
  return fit;
}

const live = document.getElementById('live');

// announce tells people who do not see the page.
export function announce(text) {
  live.append(h('p', {}, text.slice(0, 300)));
  while (live.children.length > 5) live.firstChild.remove();
}

// toast shows a short notice for a while, each once.
export function toast(text, kind = '') {
  const node = h('p', { class: 'toast ' + kind }, text);
  const all = document.getElementById('toasts');
  for (const one of [...all.children]) if (one.textContent === text) one.remove();
  all.append(node);
  setTimeout(() => node.remove(), kind === 'bad' ? 8000 : 3500);
}

// calm takes errors away: something went well since.
export function calm() {
  for (const one of document.querySelectorAll('.toast.bad')) one.remove();
}

const quick = ['👍', '❤️', '😂', '😮', '🙏', '✅'];

// pickReaction opens the picker beside a button.
export function pickReaction(button, chosen) {
  const box = document.getElementById('reactions');
  box.replaceChildren(...quick.map((emoji) => h('button', {
    type: 'button', onclick: () => { box.hidePopover(); chosen(emoji); },
  }, emoji)));
  box.showPopover();
  const place = button.getBoundingClientRect();
  box.style.left = Math.max(8, Math.min(place.left - 90, innerWidth - box.offsetWidth - 8)) + 'px';
  box.style.top = Math.max(8, place.top - box.offsetHeight - 6) + 'px';
  box.firstChild.focus();
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const all = [...box.children];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  };
}

// menu opens a list of things to do above a button: [[icon, label, action], ...].
export function menu(button, items) {
  const box = document.getElementById('menu');
  box.replaceChildren(...items.map(([name, label, act]) => h('button', {
    type: 'button', role: 'menuitem', onclick: () => { box.hidePopover(); act(); },
  }, icon(name), label)));
  box.showPopover();
  const place = button.getBoundingClientRect();
  box.style.left = Math.max(8, Math.min(place.right - box.offsetWidth, innerWidth - box.offsetWidth - 8)) + 'px';
  box.style.top = Math.max(8, place.top - box.offsetHeight - 8) + 'px';
  box.firstChild.focus();
  box.onkeydown = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    const all = [...box.children];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    event.preventDefault();
  };
}

// tools are the small buttons of a message: [[icon, label, action], ...].
export function tools(list) {
  return h('div', { class: 'tools' }, list.map(([name, label, act]) => h('button', {
    type: 'button', title: label, 'aria-label': label, onclick: (event) => act(event.currentTarget),
  }, icon(name))));
}
