// The judge itself: what it must find, and what it must let pass.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Contract } from '../contract.mjs';

const contract = new Contract();

const permission = {
  object: 'permission', id: 'perm_1', slug: 'a', name: 'n', description: null, system: false, resource_type_slug: 'organization',
  created_at: '2026-01-15T12:00:00.000Z', updated_at: '2026-01-15T12:00:00.000Z',
};
const list = { object: 'list', data: [permission], list_metadata: { before: null, after: null } };

test('every schema of the contract can be used', () => {
  for (const name of contract.operations()) {
    const [method, path] = name.split(' ');
    const route = contract.find(method, path.replace(/\{[^}]*\}/g, 'x%2Fy'));
    assert.equal(route?.name, name);
    contract.requestProblems(route, new URLSearchParams('limit=5'), {});
    for (const status of [...contract.statuses(name, true), ...contract.statuses(name, false)]) {
      contract.responseProblems(route, status, 'application/json', {});
    }
  }
});

test('what an answer may be', () => {
  const answer = (method, path, status, body, wrong = false, type = 'application/json; charset=utf-8') =>
    contract.responseProblems(contract.find(method, path), status, type, body, wrong);
  for (const [what, problems, want] of [
    ['as it is', answer('GET', '/authorization/permissions/a', 200, permission), 0],
    ['in a list', answer('GET', '/authorization/permissions', 200, list), 0],
    ['a member too many', answer('GET', '/authorization/permissions/a', 200, { ...permission, extra: 1 }), 1],
    ['a member too many, in a list', answer('GET', '/authorization/permissions', 200, { ...list, data: [{ ...permission, extra: 1 }] }), 1],
    ['a member too few', answer('GET', '/authorization/permissions/a', 200, { ...permission, name: undefined }), 1],
    ['another type', answer('GET', '/authorization/permissions/a', 200, { ...permission, system: 'no' }), 1],
    ['no time', answer('GET', '/authorization/permissions/a', 200, { ...permission, created_at: 'now' }), 1],
    ['another success', answer('GET', '/authorization/permissions/a', 201, permission), 1],
    ['no JSON by its type', answer('GET', '/authorization/permissions/a', 200, permission, false, 'text/html'), 1],
    ['a body where there is none', answer('DELETE', '/authorization/permissions/a', 204, {}), 1],
    ['none where there is one', answer('GET', '/authorization/permissions/a', 200, undefined), 1],
    ['a refusal', answer('GET', '/authorization/permissions/a', 404, { message: 'm', code: 'entity_not_found' }), 0],
    ['a refusal that all operations have', answer('GET', '/authorization/permissions', 401, { message: 'm', code: 'unauthorized' }), 0],
    ['one without a code', answer('GET', '/authorization/permissions/a', 404, { message: 'm' }), 1],
    ['one for OAuth', answer('GET', '/authorization/permissions/a', 404, { message: 'm', code: 'c', error: 'e' }), 1],
    ['another reason', answer('POST', '/authorization/permissions', 409, { message: 'm', code: 'conflict' }), 1],
    ['one that is not listed', answer('GET', '/authorization/permissions/a', 422, { message: 'm', code: 'invalid_request_parameters' }), 1],
    ['the same of a request that is wrong', answer('GET', '/authorization/permissions/a', 422, { message: 'm', code: 'invalid_request_parameters' }, true), 0],
    ['a failure of the server', answer('GET', '/authorization/permissions/a', 500, { message: 'm', code: 'server_error' }, true), 1],
  ]) {
    assert.equal(problems.length, want, `${what}: ${problems}`);
  }
});

test('what a request may be', () => {
  const request = (method, path, query, body) => contract.requestProblems(contract.find(method, path), new URLSearchParams(query), body);
  for (const [what, problems, want] of [
    ['as it is', request('POST', '/authorization/permissions', '', { slug: 'a', name: 'n' }), 0],
    ['a name too long', request('POST', '/authorization/permissions', '', { slug: 'a', name: 'n'.repeat(49) }), 1],
    ['no name', request('POST', '/authorization/permissions', '', { slug: 'a' }), 1],
    ['no body', request('POST', '/authorization/permissions', '', undefined), 1],
    ['a page', request('GET', '/authorization/permissions', 'limit=100&order=normal', undefined), 0],
    ['no page', request('GET', '/authorization/permissions', 'limit=101&order=up&size=1', undefined), 3],
    ['a list in one', request('GET', '/user_management/organization_memberships', 'statuses=active,inactive', undefined), 0],
    ['a list of two', request('GET', '/user_management/organization_memberships', 'statuses=active&statuses=inactive', undefined), 0],
    ['no such value', request('GET', '/user_management/organization_memberships', 'statuses=asleep', undefined), 1],
  ]) {
    assert.equal(problems.length, want, `${what}: ${problems}`);
  }
});
