// What all cases share: one server, the proxy in front of it, the SDK as its
// user has it, and helpers that make things to ask about.

import assert from 'node:assert/strict';
import { test as nodeTest } from 'node:test';

import * as workos from '@workos-inc/node';

import { startServer } from '../process/process.mjs';
import { startProxy } from './proxy.mjs';
import { Watch } from './watch.mjs';

/** w is filled by start, before any case runs. */
export const w = {};

export const watch = new Watch();

export async function start() {
  // Webhooks are received on this machine, which the server must be allowed to reach.
  w.server = await startServer('--outbound-allow', '127.0.0.1');
  w.proxy = await startProxy(w.server);
  w.sdk = watch.client(client(w.server.apiKey));
  for (const [slug, parent] of [['workspace', 'organization'], ['project', 'workspace'], ['document', 'project']]) {
    await native('POST', '/api/v1/resource-types', { slug, name: slug, description: '', parents: [parent] });
  }
  w.limitedKey = await limitedKey();
  w.limited = client(w.limitedKey);
}

export async function stop() {
  await w.proxy?.stop();
  await w.server?.stop();
}

/** client is an SDK client with that key, through the proxy. */
export function client(key, options = {}) {
  return new workos.WorkOS(key, { apiHostname: '127.0.0.1', port: w.proxy.port, https: false, maxRetries: 0, ...options });
}

/** test is a case: it fails too if the contract finds anything wrong with what was sent or answered in it. */
export function test(name, run) {
  nodeTest(name, async t => {
    w.proxy.problems(); // of a case that failed
    let failure;
    try {
      await run(t);
    } catch (error) {
      failure = error;
    }
    const problems = w.proxy.problems();
    if (problems.length > 0) {
      failure = new Error(`not as the contract has it:\n${problems.join('\n')}${failure ? `\nbesides: ${failure.stack}` : ''}`);
    }
    if (failure) {
      throw failure;
    }
  });
}

/** native calls Reeve's own API, which is no part of the contract, as its owner. */
export async function native(method, path, body, key = w.server.apiKey) {
  const response = await fetch(w.server.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path} ${JSON.stringify(body)} = ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** raw sends what no SDK would, through the proxy, and returns {status, body, headers}. body is JSON, or text as it is. */
export async function raw(method, path, body, key = w.server.apiKey, headers = {}) {
  const response = await fetch(w.proxy.url + path, {
    method,
    headers: { ...key && { authorization: `Bearer ${key}` }, 'content-type': 'application/json', ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

/** limitedKey is an API key that gives no right to anything. */
async function limitedKey() {
  const key = await native('POST', '/api/v1/api-keys', { name: 'no rights' });
  return key.value;
}

const statuses = {
  UnauthorizedException: 401, NotFoundException: 404, ConflictException: 409,
  UnprocessableEntityException: 422, RateLimitExceededException: 429,
};

/**
 * refused asserts that the SDK throws that exception, by the name of its class,
 * or "403" and the like for a GenericServerException of that status, with a
 * message and the request's id; and with that code, if one is given. It returns
 * the exception.
 */
export async function refused(call, exception, code) {
  let error;
  try {
    await call;
  } catch (e) {
    error = e;
  }
  assert.ok(error, `the call succeeded; want ${exception}`);
  const status = statuses[exception] ?? (exception === 'BadRequestException' ? 400 : Number(exception));
  const name = statuses[exception] || exception === 'BadRequestException' ? exception : 'GenericServerException';
  assert.ok(error instanceof workos[name], `want ${name}, got ${error.stack}`);
  assert.equal(error.status, status, error.stack);
  assert.notEqual(error.message, '', `${exception} has no message`);
  assert.ok(error.requestID, `${exception} has no requestID: ${error.message}`);
  if (code) {
    assert.equal(error.code, code, error.stack);
  }
  return error;
}

let made = 0;

/** unique is a name that nothing has yet. */
export const unique = prefix => `${prefix}-${++made}`;

export const newOrganization = (options = {}) => w.sdk.organizations.createOrganization({ name: unique('Organization'), ...options });

export const newUser = (options = {}) => w.sdk.userManagement.createUser({ email: `${unique('user')}@example.com`, ...options });

/** newMembership makes a user and its membership. */
export async function newMembership(organization, options = {}) {
  const user = await newUser();
  return w.sdk.userManagement.createOrganizationMembership({ organizationId: organization.id, userId: user.id, ...options });
}

export async function newPermission(prefix, resourceTypeSlug) {
  const slug = unique(prefix);
  return w.sdk.authorization.createPermission({ slug, name: slug, resourceTypeSlug });
}

/** newRole makes an environment role for resources of a type. */
export async function newRole(prefix, resourceTypeSlug, ...permissions) {
  const slug = unique(prefix);
  await w.sdk.authorization.createEnvironmentRole({ slug, name: slug, resourceTypeSlug });
  return w.sdk.authorization.setEnvironmentRolePermissions(slug, { permissions: permissions.map(p => p.slug) });
}

export function newResource(organization, resourceTypeSlug, parent) {
  const externalId = unique(resourceTypeSlug);
  return w.sdk.authorization.createResource({
    organizationId: organization.id, resourceTypeSlug, externalId, name: externalId, ...parent && { parentResourceId: parent.id },
  });
}

/** root is the organization's own resource. */
export const root = organization => w.sdk.authorization.getResourceByExternalId({
  organizationId: organization.id, resourceTypeSlug: 'organization', externalId: organization.id,
});

export const ids = list => (list.data ?? list).map(x => x.id);
export const slugs = list => (list.data ?? list).map(x => x.slug);

export const isTime = text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);

/** isID tells whether an id is a prefix and a ULID. */
export const isID = (prefix, id) => new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`).test(id);

/**
 * checkPages asserts of a list that has 3 to 100 items, whatever its page size:
 * that it is the same in every order and by every cursor, and what its metadata
 * says. list takes the SDK's pagination options.
 */
export async function checkPages(list) {
  const asc = ids(await list({ limit: 100, order: 'asc' }));
  assert.ok(asc.length >= 3 && asc.length <= 100, `the list has ${asc.length} items; want some to page through`);
  assert.equal(new Set(asc).size, asc.length, `ids twice: ${asc}`);
  const desc = asc.toReversed();
  assert.deepEqual(ids(await list({ limit: 100 })), desc, 'newest first where nothing is said');
  assert.equal((await list({})).data.length, Math.min(10, asc.length), 'ten where nothing is said');

  for (const [order, all, forth, back] of [['asc', asc, 'after', 'before'], ['desc', desc, 'after', 'before'], ['normal', desc, 'before', 'after']]) {
    const what = `order ${order}`;
    const got = [];
    let page = await list({ limit: 2, order });
    assert.equal(page.listMetadata[back], null, `${what}: the first page has nothing ${back} it`);
    for (; ;) {
      got.push(...ids(page));
      const more = got.length < all.length;
      assert.equal(page.listMetadata[forth], more ? got.at(-1) : null, `${what}: ${forth} at ${got.length} of ${all.length}`);
      if (!more) {
        break;
      }
      page = await list({ limit: 2, order, [forth]: got.at(-1) });
      assert.equal(page.listMetadata[back], page.data[0].id, `${what}: ${back} of a later page`);
    }
    assert.deepEqual(got, all, `${what}: page by page`);
    assert.deepEqual(ids(await list({ limit: 1, order, [back]: all[2] })), [all[1]], `${what}: the one just ${back}`);
    assert.deepEqual(ids(await list({ limit: 100, order, [back]: all[2] })), all.slice(0, 2), `${what}: all ${back}`);
  }
  assert.deepEqual((await (await list({ order: 'asc' })).autoPagination()).map(x => x.id), asc, 'autoPagination');
  return asc;
}
