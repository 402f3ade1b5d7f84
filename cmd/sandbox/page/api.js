// Calls to the control API of this sandbox.

import { calm } from './dom.js';

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const response = await fetch('/sandbox/' + path, options);
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw Object.assign(new Error(answer?.error ?? response.status + ' ' + response.statusText), { status: response.status });
  // Typing and reading go on by themselves: they say nothing about what failed.
  if (method === 'POST' && !path.endsWith('/presence')) calm();
  return answer;
}

export const get = (path) => call('GET', path);
export const post = (path, body) => call('POST', path, body);

// latest wraps a load so that calls during one lead to exactly one more.
export function latest(load) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) { again = true; return; }
    running = true;
    try {
      do { again = false; await load(); } while (again);
    } finally { running = false; }
  };
}
