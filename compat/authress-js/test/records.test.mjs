// Access records through the SDK.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { give, may, newClient, newRole, refused, startServer } from '../server.mjs';

let server, admin;

before(async () => {
  server = await startServer();
  admin = server.client();
  await newRole(admin, 'ro_test', 'test');
});
after(() => server?.stop());

const record = (recordId, userId = 'u1', resourceUri = 'documents/1') => ({
  recordId, name: 'R', users: [{ userId }], statements: [{ roles: ['ro_test'], resources: [{ resourceUri }] }],
});

const isTime = text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);

test('create and read a record', async () => {
  const body = {
    recordId: 'rec:a|b~c',
    name: 'Everything',
    description: 'a record with every field',
    admins: [{ userId: 'boss' }],
    statements: [
      { roles: ['ro_test', 'ro_another'], resources: [{ resourceUri: '/z/1' }, { resourceUri: 'a/*' }, { resourceUri: 'm/' }], users: [{ userId: 'zoe' }, { userId: 'al' }] },
      { roles: ['ro_test'], resources: [{ resourceUri: '*' }], groups: [{ groupId: 'grp_1' }] },
    ],
    tags: { Environment: 'production' },
  };
  const created = await admin.accessRecords.createRecord(body);
  assert.equal(created.status, 201);
  const { data } = created;
  assert.equal(data.recordId, body.recordId);
  assert.equal(data.name, body.name);
  assert.equal(data.description, body.description);
  assert.equal(data.status, 'ACTIVE');
  assert.equal(data.account.accountId, server.accountId);
  assert.ok(isTime(data.lastUpdated), `lastUpdated ${data.lastUpdated}`);
  assert.equal(created.headers['last-modified'], data.lastUpdated);
  assert.ok(data.capacity > 0 && data.capacity < 1, `capacity ${data.capacity}`);
  assert.equal(decodeURIComponent(data.links.self.href), `${server.url}/v1/records/rec:a|b~c`);
  assert.deepEqual(data.admins, body.admins);
  assert.deepEqual(data.tags, body.tags);
  // Order and exact text come back: Terraform compares them.
  assert.deepEqual(data.statements.map(s => s.roles), body.statements.map(s => s.roles));
  assert.deepEqual(data.statements.map(s => s.resources), body.statements.map(s => s.resources));
  assert.deepEqual(data.statements[0].users, body.statements[0].users);
  assert.deepEqual(data.statements[1].groups, body.statements[1].groups);

  const got = await admin.accessRecords.getRecord(body.recordId);
  assert.equal(got.status, 200);
  assert.deepEqual(got.data, data);
  assert.equal(got.headers['last-modified'], data.lastUpdated);
});

test('a record without an id gets one, and its creator for admin', async () => {
  const { clientId, sdk } = await newClient(server);
  await give(admin, clientId, 'Authress:Owner', 'own');
  const { data } = await sdk.accessRecords.createRecord(record(undefined, 'u1', 'own/1'));
  assert.match(data.recordId, /^rec_/);
  assert.deepEqual(data.admins, [{ userId: clientId }]);

  const { data: none } = await sdk.accessRecords.createRecord({ ...record(undefined, 'u1', 'own/1'), admins: [] });
  assert.deepEqual(none.admins ?? [], [], 'admins that were given as none');
});

test('an id that is taken is a conflict', async () => {
  await admin.accessRecords.createRecord(record('rec_taken'));
  await refused(admin.accessRecords.createRecord(record('rec_taken', 'u2')), 409, 'AccessRecordAlreadyExists');
  assert.deepEqual((await admin.accessRecords.getRecord('rec_taken')).data.users, [{ userId: 'u1' }]);
});

test('the whole answer of a read can be sent back', async () => {
  await admin.accessRecords.createRecord(record('rec_back'));
  const { data } = await admin.accessRecords.getRecord('rec_back');
  data.users.push({ userId: 'u9' });
  const updated = await admin.accessRecords.updateRecord('rec_back', data);
  assert.equal(updated.status, 202);
  assert.ok(!updated.data, `body of an update: ${JSON.stringify(updated.data)}; want none`);

  const got = await admin.accessRecords.getRecord('rec_back');
  assert.deepEqual(got.data.users, [{ userId: 'u1' }, { userId: 'u9' }]);
  assert.ok(got.data.lastUpdated > data.lastUpdated, `lastUpdated ${got.data.lastUpdated} after ${data.lastUpdated}`);
  assert.equal(updated.headers['last-modified'], got.data.lastUpdated);
  assert.equal(await may(admin, 'u9', 'test', 'documents/1'), true);
});

test('read-only and unknown fields are ignored, null stands for none', async () => {
  const { data } = await admin.accessRecords.createRecord({
    ...record('rec_ro'), description: null, groups: null, tags: null, status: 'DELETED', capacity: 0.9, account: { accountId: 'another' },
    lastUpdated: '0001-01-01T00:00:00Z', links: null, somethingNew: { a: 1 },
  });
  assert.equal(data.status, 'ACTIVE');
  assert.equal(data.account.accountId, server.accountId);
  assert.notEqual(data.lastUpdated, '0001-01-01T00:00:00Z');
  assert.ok(data.capacity < 0.1);
});

test('an update with the time that was read passes, with an older one it does not', async () => {
  const { data: first } = await admin.accessRecords.createRecord(record('rec_time'));
  const next = name => ({ ...record('rec_time'), name });

  const fresh = await admin.accessRecords.updateRecord('rec_time', next('second'), first.lastUpdated);
  assert.equal(fresh.status, 202);
  const second = (await admin.accessRecords.getRecord('rec_time')).data;
  assert.equal(second.name, 'second');

  const stale = await refused(admin.accessRecords.updateRecord('rec_time', next('third'), first.lastUpdated), 412);
  assert.equal(stale.headers['last-modified'], second.lastUpdated);
  assert.equal((await admin.accessRecords.getRecord('rec_time')).data.name, 'second');

  // The SDK also takes a Date; the header of a read can be sent as it is.
  assert.equal((await admin.accessRecords.updateRecord('rec_time', next('third'), new Date(second.lastUpdated))).status, 202);
  const { headers } = await admin.accessRecords.getRecord('rec_time');
  assert.equal((await admin.accessRecords.updateRecord('rec_time', next('fourth'), headers['last-modified'])).status, 202);
  // Seconds, as Go sends them: compared at the precision received.
  const fourth = (await admin.accessRecords.getRecord('rec_time')).data;
  assert.equal((await admin.accessRecords.updateRecord('rec_time', next('fifth'), fourth.lastUpdated.replace(/\.\d+Z/, 'Z'))).status, 202);
  await refused(admin.accessRecords.updateRecord('rec_time', next('sixth'), '2001-01-01T00:00:00Z'), 412);
  // Without a time the last write wins.
  assert.equal((await admin.accessRecords.updateRecord('rec_time', next('seventh'))).status, 202);
  await refused(admin.accessRecords.updateRecord('rec_time', next('eighth'), 'yesterday'), 400);
});

test('a deleted record stays readable, grants nothing, and can be revived', async () => {
  await admin.accessRecords.createRecord(record('rec_revive', 'ren', 'lives/1'));
  assert.equal(await may(admin, 'ren', 'test', 'lives/1'), true);

  await admin.accessRecords.deleteRecord('rec_revive');
  const { status, data } = await admin.accessRecords.getRecord('rec_revive');
  assert.equal(status, 200);
  assert.equal(data.status, 'DELETED');
  assert.deepEqual(data.users, [{ userId: 'ren' }]);
  assert.equal(await may(admin, 'ren', 'test', 'lives/1'), false);

  await refused(admin.accessRecords.deleteRecord('rec_revive'), 404);
  await refused(admin.accessRecords.updateRecord('rec_revive', record('rec_revive')), 404);
  assert.equal(await may(admin, 'ren', 'test', 'lives/1'), false);

  const again = await admin.accessRecords.createRecord(record('rec_revive', 'ren', 'lives/2'));
  assert.equal(again.status, 201);
  assert.equal(again.data.status, 'ACTIVE');
  assert.ok(again.data.lastUpdated > data.lastUpdated);
  assert.equal(await may(admin, 'ren', 'test', 'lives/1'), false, 'the old content stays gone');
  assert.equal(await may(admin, 'ren', 'test', 'lives/2'), true);
});

test('of many creates of one id at once, one succeeds', async () => {
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) =>
    admin.accessRecords.createRecord(record('rec_race', `racer${i}`, 'race')).then(r => r.status, e => e.status)));
  assert.deepEqual(outcomes.sort(), [201, ...Array(19).fill(409)]);
  const { data } = await admin.accessRecords.getRecord('rec_race');
  const winners = [];
  for (let i = 0; i < 20; i++) {
    if (await may(admin, `racer${i}`, 'test', 'race')) {
      winners.push({ userId: `racer${i}` });
    }
  }
  assert.deepEqual(winners, data.users, 'who may is who is shown');
});

test('of many updates of one reading at once, one succeeds', async () => {
  const { data } = await admin.accessRecords.createRecord(record('rec_lost'));
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) =>
    admin.accessRecords.updateRecord('rec_lost', { ...data, name: `writer ${i}` }, data.lastUpdated).then(r => r.status, e => e.status)));
  assert.deepEqual(outcomes.sort(), [202, ...Array(19).fill(412)]);
});

test('what does not exist is not found', async () => {
  await refused(admin.accessRecords.getRecord('rec_nothing'), 404, 'NotFound');
  await refused(admin.accessRecords.updateRecord('rec_nothing', record('rec_nothing')), 404, 'NotFound');
  await refused(admin.accessRecords.deleteRecord('rec_nothing'), 404, 'NotFound');
});

test('roles and groups of a record need not exist', async () => {
  const body = record('rec_early', 'una', 'early/1');
  body.statements[0].roles = ['ro_later'];
  body.groups = [{ groupId: 'grp_later' }];
  await admin.accessRecords.createRecord(body);
  assert.equal(await may(admin, 'una', 'later', 'early/1'), false);
  await newRole(admin, 'ro_later', 'later');
  assert.equal(await may(admin, 'una', 'later', 'early/1'), true);
});

test('a record without anybody grants nothing', async () => {
  const { data } = await admin.accessRecords.createRecord({ name: 'nobody', statements: record().statements });
  assert.equal(data.status, 'ACTIVE');
});

test('what is no record is refused', async () => {
  const statements = record().statements;
  const many = (n, make) => Array.from({ length: n }, (_, i) => make(i));
  const cases = {
    'no name': { statements },
    'a name too long': { name: 'n'.repeat(129), statements },
    'no statements': { name: 'x' },
    'empty statements': { name: 'x', statements: [] },
    'too many statements': { name: 'x', statements: many(101, () => statements[0]) },
    'no roles': { name: 'x', statements: [{ ...statements[0], roles: [] }] },
    'no resources': { name: 'x', statements: [{ ...statements[0], resources: [] }] },
    'a bad resource': { name: 'x', statements: [{ roles: ['r'], resources: [{ resourceUri: 'doc*' }] }] },
    'an empty resource': { name: 'x', statements: [{ roles: ['r'], resources: [{ resourceUri: '' }] }] },
    'a resource that is a string': { name: 'x', statements: [{ roles: ['r'], resources: ['documents/1'] }] },
    'a bad role id': { name: 'x', statements: [{ roles: ['r s'], resources: [{ resourceUri: 'a' }] }] },
    'a bad user id': { ...record(), users: [{ userId: '*' }] },
    'too many users': { ...record(), users: many(1001, i => ({ userId: `u${i}` })) },
    'users on both levels': { ...record(), statements: [{ ...statements[0], users: [{ userId: 'u2' }] }] },
    'a bad id': { ...record(), recordId: 'rec with space' },
    'an id too long': { ...record(), recordId: 'r'.repeat(101) },
    'a tag that is no text': { ...record(), tags: { a: 1 } },
    'a list': [],
    'a text': 'x',
  };
  for (const [what, body] of Object.entries(cases)) {
    await refused(admin.accessRecords.createRecord(body), 400).catch(error => {
      throw new Error(`${what}: ${error.message}`);
    });
  }
});

test('a record over 100 kB is too large', async () => {
  const statements = Array.from({ length: 100 }, (_, i) => ({
    roles: ['ro_test'], resources: Array.from({ length: 40 }, (_, j) => ({ resourceUri: `large/${i}/${j}` })),
  }));
  await refused(admin.accessRecords.createRecord({ name: 'large', users: [{ userId: 'u1' }], statements }), 413);
});

test('the list of records, by pages, by status, by text', async () => {
  const own = await startServer(); // its records are ours alone
  try {
    const sdk = own.client();
    const before = (await sdk.accessRecords.getRecords()).data.records.map(r => r.recordId);
    for (let i = 10; i < 35; i++) {
      await sdk.accessRecords.createRecord({ ...record(`rec_${i}`), name: i % 5 ? `record ${i}` : `Special ${i}` });
    }
    await sdk.accessRecords.deleteRecord('rec_17');

    const seen = [];
    let pages = 0;
    for (let cursor; ; pages++) {
      const { data } = await sdk.accessRecords.getRecords(10, cursor);
      assert.ok(data.records.length <= 10, `${data.records.length} records on a page of 10`);
      seen.push(...data.records);
      cursor = data.pagination?.next?.cursor;
      assert.equal(!!data.links.next, !!cursor);
      assert.ok(data.links.self.href.startsWith(`${own.url}/v1/records`));
      if (!cursor) {
        break;
      }
    }
    const want = [...before, ...Array.from({ length: 25 }, (_, i) => `rec_${i + 10}`)].sort();
    // A deleted record is in the list of all, or only in that of DELETED ones.
    const ids = seen.map(r => r.recordId).sort();
    assert.deepEqual(ids.filter(id => id !== 'rec_17'), want.filter(id => id !== 'rec_17'), 'every record once');

    const active = (await sdk.accessRecords.getRecords(20, undefined, undefined, 'ACTIVE')).data.records;
    assert.equal(active.length, 20);
    assert.ok(active.every(r => r.status === 'ACTIVE' && r.recordId !== 'rec_17'));
    const deleted = (await sdk.accessRecords.getRecords(20, undefined, undefined, 'DELETED')).data.records;
    assert.deepEqual(deleted.map(r => r.recordId), ['rec_17']);

    const filtered = (await sdk.accessRecords.getRecords(20, undefined, 'special')).data.records;
    assert.deepEqual(filtered.map(r => r.recordId).sort(), ['rec_10', 'rec_15', 'rec_20', 'rec_25', 'rec_30']);

    assert.equal((await sdk.accessRecords.getRecords(1000)).data.records.length, 20, 'a limit over the largest is the largest');
    await refused(sdk.accessRecords.getRecords(10, 'no-cursor'), 400);
    await refused(sdk.accessRecords.getRecords(10, undefined, undefined, 'SLEEPING'), 400);
  } finally {
    await own.stop();
  }
});

test('who may not give a permission cannot write it into a record', async () => {
  const { clientId, sdk } = await newClient(server);
  await refused(sdk.accessRecords.createRecord(record(undefined, clientId, 'documents/1')), 403);

  // With grant on a resource: what the role allows there, and nowhere else.
  await admin.roles.createRole({ roleId: 'ro_granter', name: 'g', permissions: [{ action: 'test', allow: false, grant: true, delegate: false }] });
  await give(admin, clientId, 'ro_granter', 'teams/1');
  const { data } = await sdk.accessRecords.createRecord(record(undefined, 'newcomer', 'teams/1/rooms/2'));
  assert.equal(await may(admin, 'newcomer', 'test', 'teams/1/rooms/2'), true);
  await refused(sdk.accessRecords.createRecord(record(undefined, 'newcomer', 'teams/2')), 403);
  const more = record(undefined, 'newcomer', 'teams/1');
  more.statements[0].roles = ['Authress:Owner'];
  await refused(sdk.accessRecords.createRecord(more), 403);
  more.statements[0].roles = ['ro_granter']; // grant itself may only be given by who may delegate
  await refused(sdk.accessRecords.createRecord(more), 403);

  // Nor can it be added to a record later, by its admin.
  await refused(sdk.accessRecords.updateRecord(data.recordId, { ...data, statements: [{ roles: ['ro_test'], resources: [{ resourceUri: 'teams' }] }] }), 403);
  assert.equal(await may(admin, 'newcomer', 'test', 'teams/2'), false);
});

test('the admin of a record may edit it, without other rights', async () => {
  const { clientId, sdk } = await newClient(server);
  await admin.accessRecords.createRecord({ ...record('rec_admin'), admins: [{ userId: clientId }] });
  await admin.accessRecords.createRecord(record('rec_other'));

  const { data } = await sdk.accessRecords.getRecord('rec_admin');
  assert.equal((await sdk.accessRecords.updateRecord('rec_admin', { ...data, name: 'renamed' })).status, 202);
  const { data: list } = await sdk.accessRecords.getRecords();
  assert.deepEqual(list.records.map(r => r.recordId), ['rec_admin'], 'a list shows what the caller may read');

  await refused(sdk.accessRecords.getRecord('rec_other'), 403);
  await refused(sdk.accessRecords.updateRecord('rec_other', record('rec_other')), 403);
  await refused(sdk.accessRecords.deleteRecord('rec_other'), 403);
  await sdk.accessRecords.deleteRecord('rec_admin');
  assert.equal((await admin.accessRecords.getRecord('rec_admin')).data.status, 'DELETED');
});
