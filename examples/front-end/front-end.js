// A front end on another origin: signs in with a token, lists the exports, starts one and follows its run.
// Serve this folder at an origin that SEGMENT_EXPORT_CORS_ORIGINS names.

const at = (id) => document.getElementById(id);
/** What was typed in: the service, the instance, and the token, which stays in memory. */
let signedIn = null;

/** An error of the API, as RFC 9457 writes it. */
class Problem extends Error {
  constructor(answer, document) {
    super(document.detail ?? `The service answered ${answer.status}.`);
    this.code = document.errorCode;
  }
}

async function call(method, path, headers = {}) {
  const { service, instance, token } = signedIn;
  const answer = await fetch(`${service}/v1/instances/${instance}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Accept-Language': navigator.language, ...headers },
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer, body);
  return body;
}

/** Every item of a list, page by page. */
async function all(path) {
  const items = [];
  for (let cursor = ''; cursor !== null; ) {
    const page = await call('GET', `${path}?limit=200${cursor && `&cursor=${cursor}`}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

/** Shows what happens to a click, and what went wrong. */
const doing = (work) => async (event) => {
  event.preventDefault();
  at('problem').textContent = '';
  try {
    await work(event);
  } catch (error) {
    at('problem').textContent = error.message;
  }
};

function showExports(exports) {
  const items = exports.map((one) => {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.textContent = `Run ${one.displayName}`;
    button.disabled = one.permissions !== 'edit' || one.state !== 'active';
    button.onclick = doing(() => start(one));
    item.append(button);
    return item;
  });
  at('exports').replaceChildren(...items);
}

/** One key for each click: repeated by the browser, it starts one run. */
async function start(one) {
  const key = { 'Idempotency-Key': crypto.randomUUID() };
  const run = await call('POST', `/exports/${one.exportId}/runs`, key);
  at('run').hidden = false;
  showRun(run);
  await follow(run.runId);
}

function showRun(run) {
  at('status').textContent = run.reason ? `${run.status}: ${run.reason.message}` : run.status;
  at('progress').value = run.progress?.fraction ?? 0;
  const counts = Object.entries(run.counts).filter(([, count]) => typeof count === 'number' && count > 0);
  const pairs = counts.flatMap(([name, count]) => {
    const [term, value] = [document.createElement('dt'), document.createElement('dd')];
    [term.textContent, value.textContent] = [name, count.toLocaleString()];
    return [term, value];
  });
  at('counts').replaceChildren(...pairs);
}

/** EventSource sends no token, so each stream needs a ticket of its own. */
async function follow(runId) {
  const ticket = await call('POST', `/runs/${runId}/event-ticket`);
  const events = new EventSource(signedIn.service + ticket.url);
  events.addEventListener('run', (event) => showRun(JSON.parse(event.data)));
  events.addEventListener('end', () => events.close());
  events.onerror = () => {
    // The browser would try the same ticket again, and a ticket works once.
    events.close();
    setTimeout(doing(() => follow(runId)), 1000, new Event('retry'));
  };
}

at('sign-in').onsubmit = doing(async () => {
  const { service, ...rest } = Object.fromEntries(new FormData(at('sign-in')));
  signedIn = { ...rest, service: service.replace(/\/+$/, '') };
  showExports(await all('/exports'));
});
