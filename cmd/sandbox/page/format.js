// WhatsApp's and Discord's formatting as page nodes. Nothing is ever parsed as
// HTML; only http and https addresses become links.

import { h } from './dom.js';

// Bounds that keep hostile texts cheap: how deep marks nest, and how far apart
// the two of a pair may stand.
const deepest = 6;
const longest = 4096;
const address = /https?:\/\/[^\s<>]*[^\s<>.,:;"'!?)\]]/y;
const wordChar = /[\p{L}\p{N}_]/u;

function at(pattern, text, i) {
  pattern.lastIndex = i;
  return pattern.exec(text);
}

function link(href, label) {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, label);
}

// inline walks a line with rules (text, i) => {end, node} | null.
function inline(text, rules, depth = 0) {
  const out = [];
  let plain = '';
  for (let i = 0; i < text.length;) {
    let hit = null;
    if (depth < deepest) {
      for (const rule of rules) if ((hit = rule(text, i, depth))) break;
    }
    if (!hit) { plain += text[i++]; continue; }
    if (plain) out.push(plain);
    plain = '';
    out.push(hit.node);
    i = hit.end;
  }
  if (plain) out.push(plain);
  return out;
}

// pair makes a rule for text between two equal marks. tight marks stand at the
// edges of words and enclose no line break.
function pair(mark, name, rules, { tight = false, outer = false, className = '' } = {}) {
  return (text, i, depth) => {
    if (!text.startsWith(mark, i)) return null;
    const start = i + mark.length;
    if (start >= text.length || (tight && /\s/.test(text[start]))) return null;
    if (outer && i > 0 && wordChar.test(text[i - 1])) return null;
    const last = Math.min(text.length - mark.length, start + longest);
    for (let end = start + 1; end <= last; end++) {
      if (tight && text[end] === '\n') return null;
      if (text[end - 1] === '\\' || !text.startsWith(mark, end)) continue;
      if (tight && /\s/.test(text[end - 1])) continue;
      const after = text[end + mark.length] ?? '';
      if (outer && wordChar.test(after)) continue;
      if (mark.length === 1 && (after === mark || text[end - 1] === mark)) { if (after === mark) end++; continue; }
      const node = h(name, className ? { class: className } : {}, inline(text.slice(start, end), rules(), depth + 1));
      if (className === 'spoiler') spoiler(node);
      return { end: end + mark.length, node };
    }
    return null;
  };
}

function spoiler(node) {
  node.tabIndex = 0;
  node.setAttribute('role', 'button');
  const open = () => node.classList.add('open');
  node.addEventListener('click', open);
  node.addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === ' ') open(); });
}

function bareAddress(text, i) {
  if (text[i] !== 'h') return null;
  const found = at(address, text, i);
  return found && { end: i + found[0].length, node: link(found[0], found[0]) };
}

function code(text, i) {
  if (text[i] !== '`') return null;
  const found = at(/(`+)([^`](?:[^`]|`(?!\1))*?)\1(?!`)/y, text, i);
  return found && { end: i + found[0].length, node: h('code', {}, found[2]) };
}

// lines groups lines into quotes, lists and paragraphs.
function lines(text, piece, extra = []) {
  const out = [];
  let group = null;
  const into = (name, className, item) => {
    if (!group || group.kind !== name + className) {
      group = { kind: name + className, node: h(name, className ? { class: className } : {}) };
      out.push(group.node);
    }
    if (group.node.childNodes.length && name !== 'ul' && name !== 'ol') group.node.append('\n');
    group.node.append(...item);
  };
  next: for (const line of text.split('\n')) {
    for (const [pattern, className] of extra) {
      const found = pattern.exec(line);
      if (found) { group = null; into('div', className, piece(found[1])); group = null; continue next; }
    }
    let found;
    if ((found = /^> ?(.*)$/.exec(line))) into('blockquote', '', piece(found[1]));
    else if ((found = /^ {0,3}[-*•] (.+)$/.exec(line))) into('ul', '', [h('li', {}, piece(found[1]))]);
    else if ((found = /^ {0,3}(\d{1,6})\. (.+)$/.exec(line))) into('ol', '', [h('li', { value: found[1] }, piece(found[2]))]);
    else into('div', 'para', piece(line));
  }
  return out;
}

// blocks takes ```blocks``` out first; the rest goes through render.
function blocks(text, render) {
  const out = [];
  let from = 0;
  for (const found of text.matchAll(/```(?:[a-z0-9+-]{1,16}\n)?\n?([\s\S]+?)```/g)) {
    if (found.index > from) out.push(...render(text.slice(from, found.index).replace(/\n$/, '')));
    out.push(h('pre', {}, found[1].replace(/\n$/, '')));
    from = found.index + found[0].length;
  }
  if (from < text.length) out.push(...render(text.slice(from).replace(/^\n/, from ? '' : '$&')));
  return out;
}

const whatsappRules = [
  code, bareAddress,
  pair('*', 'strong', () => whatsappRules, { tight: true, outer: true }),
  pair('_', 'em', () => whatsappRules, { tight: true, outer: true }),
  pair('~', 's', () => whatsappRules, { tight: true, outer: true }),
];

// whatsapp renders a message as a phone shows it.
export function whatsapp(text) {
  return blocks(text, (part) => lines(part, (line) => inline(line, whatsappRules)));
}

function discordRules(names) {
  const escape = (text, i) => {
    if (text[i] !== '\\' || i + 1 >= text.length || /[\w\s]/.test(text[i + 1])) return null;
    return { end: i + 2, node: document.createTextNode(text[i + 1]) };
  };
  const named = (text, i) => {
    if (text[i] !== '[') return null;
    const found = at(/\[([^[\]\n]{1,300})\]\((https?:\/\/[^\s()<>]{1,800})\)/y, text, i);
    return found && { end: i + found[0].length, node: link(found[2], found[1]) };
  };
  const angled = (text, i) => {
    if (text[i] !== '<') return null;
    let found;
    const hit = (node) => ({ end: i + found[0].length, node });
    if ((found = at(/<(https?:\/\/[^\s<>]{1,800})>/y, text, i))) return hit(link(found[1], found[1]));
    if ((found = at(/<@!?(\d{1,20})>/y, text, i))) return hit(mention('@' + (names.user(found[1]) ?? '?')));
    if ((found = at(/<@&(\d{1,20})>/y, text, i))) return hit(mention('@' + (names.role(found[1]) ?? '?')));
    if ((found = at(/<#(\d{1,20})>/y, text, i))) return hit(h('a', { class: 'mention', href: 'https://discord.com/channels/0/' + found[1] }, '#' + (names.channel(found[1]) ?? '?')));
    if ((found = at(/<a?:(\w{1,40}):\d{1,20}>/y, text, i))) return hit(h('span', { class: 'custom' }, ':' + found[1] + ':'));
    if ((found = at(/<t:(-?\d{1,12})(?::([tTdDfFR]))?>/y, text, i))) return hit(h('time', { title: names.time(Number(found[1]), 'f'), dataset: found[2] === 'R' ? { since: found[1] } : {} }, names.time(Number(found[1]), found[2] ?? 'f')));
    return null;
  };
  const everyone = (text, i) => {
    const found = text[i] === '@' && at(/@(everyone|here)\b/y, text, i);
    return found ? { end: i + found[0].length, node: mention(found[0]) } : null;
  };
  const rules = [
    escape, code, named, angled, bareAddress, everyone,
    pair('**', 'strong', () => rules), pair('__', 'u', () => rules), pair('~~', 's', () => rules),
    pair('||', 'span', () => rules, { className: 'spoiler' }),
    pair('*', 'em', () => rules, { tight: true }), pair('_', 'em', () => rules, { outer: true }),
  ];
  return rules;
}

const mention = (text) => h('span', { class: 'mention' }, text);

const headings = [[/^# (.+)$/, 'head h1'], [/^## (.+)$/, 'head h2'], [/^### (.+)$/, 'head h3'], [/^-# (.+)$/, 'small']];

// discord renders a message as members see it. names answers user, role and
// channel ids with names, and time with a text.
export function discord(text, names) {
  const rules = discordRules(names);
  return blocks(text, (part) => lines(part, (line) => inline(line, rules), headings));
}

// preview is a text on one line without its marks.
export function preview(text) {
  return text.replace(/```|[*_~`|\\]/g, '').replace(/\s+/g, ' ').trim().slice(0, 140);
}
