// Calls to the control API of this sandbox.

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const response = await fetch('/sandbox/' + path, options);
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error ?? response.status + ' ' + response.statusText);
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
