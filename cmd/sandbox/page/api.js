// Calls to the control API of this sandbox.

import { calm } from './dom.js';
import { t } from './words.js';

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
  if (method === 'POST' && !/\/(presence|typing|completions)$/.test(path)) calm();
  return answer;
}

// upload posts a form with files. progress is told the part that is on its way, 0 to
// 1; abort ends it, which is no failure.
export function upload(path, fields, files, progress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== '') form.append(name, value);
  for (const file of files) form.append('file', file, file.name);
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener('progress', (event) => { if (event.lengthComputable) progress(event.loaded / event.total); });
    request.addEventListener('abort', () => resolve(null));
    request.addEventListener('error', () => reject(new Error(t('uploadLost'))));
    request.addEventListener('load', () => {
      const answer = request.response;
      if (request.status >= 200 && request.status < 300) { calm(); resolve(answer); return; }
      reject(Object.assign(new Error(answer?.error ?? request.status + ' ' + request.statusText), { status: request.status }));
    });
    request.responseType = 'json';
    request.open('POST', '/sandbox/' + path);
    request.send(form);
  });
  return { done, abort: () => request.abort() };
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
