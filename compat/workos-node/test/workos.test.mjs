// The official WorkOS SDK, unmodified, against a started server, all of it: the
// contract judges what every case sends and gets, and at the end there must be
// no operation that no case had success with, and no refusal that none met.
// It is one file, as the cases share a server and what they cover is added up.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { outOfScope, unreachable } from '../coverage.mjs';
import { client, start, stop, w, watch } from '../world.mjs';

before(start);
after(stop);

await import('../cases/permissions.mjs');
await import('../cases/roles.mjs');
await import('../cases/organizations.mjs');
await import('../cases/users.mjs');
await import('../cases/resources.mjs');
await import('../cases/assignments.mjs');
await import('../cases/checks.mjs');
await import('../cases/keys.mjs');
await import('../cases/events.mjs');
await import('../cases/audit-logs.mjs');
await import('../cases/exceptions.mjs');
await import('../cases/refusals.mjs');

test('every method of the SDK was called with success', () => {
  assert.deepEqual(watch.left(client(w.server.apiKey)), []);
});

test('every operation of the contract was called, with each answer that it lists', () => {
  const { contract } = w.proxy;
  const left = [];
  for (const name of contract.operations()) {
    if (outOfScope.includes(name)) {
      continue;
    }
    const seen = w.proxy.seen(name);
    console.log(`${name}  ${[...seen].sort().join(' ')}`);
    if (!contract.statuses(name, true).some(status => seen.has(status))) {
      left.push(`${name} never succeeded`);
    }
    for (const status of contract.statuses(name, false)) {
      const why = unreachable[name]?.[status];
      if (why && seen.has(status)) {
        left.push(`${name} answered ${status}, although ${why}`);
      } else if (!why && !seen.has(status)) {
        left.push(`${name} never answered ${status}`);
      }
    }
  }
  assert.deepEqual(left, []);
});
