// Every operation of the contract, refused for one reason at a time.

import assert from 'node:assert/strict';

import { outOfScope } from '../coverage.mjs';
import { newSamples, path } from '../samples.mjs';
import { raw, test, w } from '../world.mjs';

let samples;

/** each runs ask for every operation in scope, and reports all that fail. */
async function each(ask) {
  samples ??= await newSamples();
  const failures = [];
  for (const name of w.proxy.contract.operations().filter(name => !outOfScope.includes(name))) {
    assert.ok(samples[name], `samples has nothing for ${name}`);
    try {
      await ask(name, samples[name]);
    } catch (error) {
      failures.push(`${name}: ${error.message.split('\n').slice(0, 6).join(' ')}`);
    }
  }
  assert.deepEqual(failures, []);
}

const send = (name, { params, query, body }, key, changed = {}) => raw(name.split(' ')[0], path(name, changed.params ?? params, query), Object.hasOwn(changed, 'body') ? changed.body : body, key);

test('every operation demands a credential', () => each(async (name, sample) => {
  for (const key of ['', 'sk_wrong', `${w.server.apiKey}x`]) {
    const { status, body } = await send(name, sample, key);
    assert.deepEqual([status, body.code], [401, 'unauthorized'], `key ${JSON.stringify(key.slice(0, 8))}`);
  }
}));

test('every operation demands a right', () => each(async (name, sample) => {
  const { status, body } = await send(name, sample, w.limitedKey);
  assert.ok([403, 404].includes(status), `answered ${status} ${JSON.stringify(body)}`);
}));

test('nothing is found under an id that nothing has', () => each(async (name, sample) => {
  for (let i = 0; i < (sample.params ?? []).length; i++) {
    const params = sample.params.with(i, /^[a-z_]+_[0-9A-Z]{26}$/.test(sample.params[i])
      ? sample.params[i].replace(/.{26}$/, '01ARZ3NDEKTSV4RRFFQ69G5FAV') : `${sample.params[i]}-nowhere`);
    if (/audit_logs\/actions/.test(name) && name.startsWith('POST')) {
      continue; // an action is made with its first schema
    }
    const { status, body } = await send(name, sample, undefined, { params });
    assert.deepEqual([status, body?.code], [404, 'entity_not_found'], params[i]);
  }
}));

test('a body that is no JSON is refused', () => each(async (name, sample) => {
  if (sample.body && Object.keys(sample.body).length > 0) {
    for (const body of ['{', '[]', '"x"', '{"a":1}{"b":2}']) {
      const { status } = await send(name, sample, undefined, { body });
      assert.ok([400, 422].includes(status), `${body} = ${status}`);
    }
  }
}));

test('a member of another type is refused', () => each(async (name, sample) => {
  for (const member of Object.keys(sample.body ?? {})) {
    const { status } = await send(name, sample, undefined, { body: { ...sample.body, [member]: 17.5 } });
    assert.ok([400, 422].includes(status), `${member} = ${status}`);
  }
}));

test('a member that has to be there is missed', () => each(async (name, sample) => {
  for (const member of Object.keys(sample.body ?? {})) {
    const { [member]: _, ...body } = sample.body;
    const at = path(name, sample.params, sample.query).split('?');
    if (w.proxy.contract.requestProblems(w.proxy.contract.find(name.split(' ')[0], at[0]), new URLSearchParams(at[1]), body).length > 0) {
      const { status } = await send(name, sample, undefined, { body });
      assert.equal(status, 422, `without ${member}`);
    }
  }
}));

test('a page is of 1 to 100 items in an order that there is', () => each(async (name, sample) => {
  const [method, at] = name.split(' ');
  if (method === 'GET' && w.proxy.contract.pages(name)) {
    for (const wrong of [{ limit: 0 }, { limit: 101 }, { limit: 'x' }, { order: 'up' }]) {
      const { status } = await raw('GET', path(name, sample.params, { ...sample.query, ...wrong }));
      assert.equal(status, 422, `${at} ${JSON.stringify(wrong)}`);
    }
  }
}));

test('what is refused changed nothing: all of it can still be done', async () => {
  await each(async (name, sample) => {
    if (name.startsWith('GET')) {
      const { status } = await send(name, sample);
      assert.equal(status, 200);
    }
  });
});

test('what no dialect has is 404 in JSON', async () => {
  for (const [method, at] of [
    ['GET', '/connections'], ['GET', '/directories'], ['GET', '/feature-flags'], ['POST', '/user_management/authenticate'], ['GET', '/sso/authorize'],
    ['GET', '/authorization/nothing'], ['GET', '/fga/v1/check'], ['POST', '/portal/generate_link'], ['GET', '/vault/v1/kv'],
  ]) {
    const { status, body } = await raw(method, at, method === 'POST' ? {} : undefined);
    assert.deepEqual([status, body.code], [404, 'not_found'], at);
  }
});
