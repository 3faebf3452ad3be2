// Users: tokens of an issuer that the account trusts, through the SDK.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { AuthressClient, TokenVerifier, UnauthorizedError } from '@authress/sdk';
import { generateKeyPair, UnsecuredJWT } from 'jose';

import { allowIssuers, audience, startIssuer } from '../issuer.mjs';
import { requests } from '../methods.mjs';
import { give, may, newRole, refused, startServer } from '../server.mjs';

let server, admin, issuer;

before(async () => {
  [server, issuer] = await Promise.all([startServer(...allowIssuers), startIssuer('EdDSA', 'RS256', 'ES256')]);
  admin = server.client();
  await admin.accounts.linkIdentity({ issuer: issuer.url, preferredAudience: audience });
  await newRole(admin, 'ro_read', 'read');
});
after(async () => {
  await server?.stop();
  await issuer?.close();
});

/** user is an SDK client with a token of that user. */
const user = async (sub, changes) => server.as(await issuer.token(sub, changes));

const readStatement = (...uris) => ({ roles: ['ro_read'], resources: uris.map(resourceUri => ({ resourceUri })) });

test('a user asks about itself, and about nobody else', async () => {
  const ana = await user('ana');
  await assert.rejects(ana.userPermissions.authorizeUser(null, 'documents/1', 'read'), error => error instanceof UnauthorizedError && error.userId === 'ana');
  const record = await give(admin, 'ana', 'ro_read', 'documents/1');
  await give(admin, 'ben', 'ro_read', 'documents/1');

  for (const id of [null, 'ana']) { // without an id the SDK takes the token's subject
    assert.equal(await may(ana, id, 'read', 'documents/1'), true);
    assert.equal(await may(ana, id, 'write', 'documents/1'), false);
    assert.deepEqual((await ana.userPermissions.getUserPermissionsForResource(id, 'documents/1')).data.permissions, [{ action: 'read', allow: true, grant: false, delegate: false }]);
    assert.deepEqual((await ana.userPermissions.getUserRolesForResource(id, 'documents/1')).data.roles, [{ roleId: 'ro_read' }]);
    assert.deepEqual((await ana.userPermissions.getUserResources(id, 'documents/*', 20, null, 'read')).data.resources, [{ resourceUri: 'documents/1' }]);
  }
  for (const id of ['ben', 'nobody', 'ANA']) {
    await refused(ana.userPermissions.authorizeUser(id, 'documents/1', 'read'), 403, 'Forbidden');
    await refused(ana.userPermissions.getUserPermissionsForResource(id, 'documents/1'), 403, 'Forbidden');
    await refused(ana.userPermissions.getUserRolesForResource(id, 'documents/1'), 403, 'Forbidden');
    await refused(ana.userPermissions.getUserResources(id, 'documents/*', 20, null, 'read'), 403, 'Forbidden');
  }

  await admin.accessRecords.deleteRecord(record.recordId);
  assert.equal(await may(ana, null, 'read', 'documents/1'), false, 'what was taken is gone at the next check');
});

test('a user administers nothing', async () => {
  const token = await issuer.token('una');
  const stranger = server.as(token);
  for (const [what, call] of Object.entries({
    'reads a role': sdk => sdk.roles.getRole('ro_read'),
    'makes a role': sdk => sdk.roles.createRole({ roleId: 'ro_mine', name: 'x', permissions: [] }),
    'lists records': sdk => sdk.accessRecords.getRecords(),
    'gives itself a role': sdk => sdk.accessRecords.createRecord({ name: 'x', users: [{ userId: 'una' }], statements: [readStatement('a')] }),
    'invites itself': sdk => sdk.invites.createInvite({ statements: [readStatement('a')] }),
    'makes a client': sdk => sdk.serviceClients.createClient({ name: 'x' }),
    'lists clients': sdk => sdk.serviceClients.getClients(),
    'makes a tenant': sdk => sdk.tenants.createTenant({ tenantId: 'x' }),
    'trusts an issuer': sdk => sdk.accounts.linkIdentity({ issuer: issuer.url, userIdExpression: '{sub}' }),
    'lists issuers': sdk => sdk.accounts.getAccountIdentities(),
    'lists settings': sdk => sdk.resources.getResources(),
    'sets something': sdk => sdk.resources.updateResourcePermissions('a', { permissions: [{ action: 'PUBLIC', allow: true }] }),
    'lists users of a resource': sdk => sdk.resources.getResourceUsers('a'),
    'reads another user': sdk => sdk.users.getUser('ana'),
  })) {
    const error = await call(stranger).then(() => null, e => e);
    assert.ok([403, 404].includes(error?.status), `${what}: ${JSON.stringify(error)}; want 403 or 404`);
  }
  // It is somebody in its account nevertheless.
  assert.equal((await stranger.accounts.getAccounts()).data.accounts[0].accountId, server.accountId);
});

test('what the token says of its user is kept', async () => {
  const cem = await user('cem', { name: 'Cem', email: 'cem@app.example', picture: 'https://app.example/cem.png' });
  assert.equal(await may(cem, null, 'read', 'documents/1'), false);
  const want = { userId: 'cem', name: 'Cem', email: 'cem@app.example', picture: 'https://app.example/cem.png', linkedIdentities: [] };
  assert.deepEqual((await cem.users.getUser('cem')).data, want);
  assert.deepEqual((await admin.users.getUser('cem')).data, want);
});

test('each algorithm, each form of token', async () => {
  for (const alg of ['EdDSA', 'RS256', 'ES256']) {
    assert.equal(await may(await user('dora', { alg }), 'dora', 'read', 'documents/1'), false, alg);
  }
  const accept = async (what, changes) => assert.equal(await may(await user('dora', changes), 'dora', 'read', 'documents/1'), false, what);
  await accept('an access token', { header: { typ: 'at+jwt' } });
  await accept('no typ', { header: { typ: undefined } });
  await accept('several audiences', { aud: ['https://other.example', audience] });
  const odd = 'auth0|a b+c@x.io/7';
  assert.equal(await may(await user(odd), null, 'read', 'documents/1'), false, odd);
});

test('tokens that do not hold are refused, and no denial', async () => {
  const now = Math.floor(Date.now() / 1000);
  const refuse = async (what, token) => {
    const error = await refused(server.as(await token).userPermissions.authorizeUser('eve', 'documents/1', 'read'), 401, 'Unauthorized')
      .catch(e => { throw new Error(`${what}: ${e.message}`); });
    assert.ok(!(error instanceof UnauthorizedError), what);
  };
  const eve = changes => issuer.token('eve', changes);
  await refuse('another audience', eve({ aud: 'https://other.example' }));
  await refuse('no audience', eve({ aud: undefined }));
  await refuse('another issuer', eve({ iss: 'https://evil.example' }));
  await refuse('the issuer with a slash', eve({ iss: `${issuer.url}/` }));
  await refuse('no issuer', eve({ iss: undefined }));
  await refuse('over', eve({ iat: now - 7200, exp: now - 3600 }));
  await refuse('without an end', eve({ exp: undefined }));
  await refuse('not yet', eve({ nbf: now + 3600 }));
  await refuse('made tomorrow', eve({ iat: now + 86400, exp: now + 90000 }));
  await refuse('an unknown key id', eve({ header: { kid: 'nothing' } }));
  await refuse('the key id of another algorithm', eve({ alg: 'ES256', header: { kid: 'EdDSA-1' } }));
  await refuse('another key', eve({ key: (await generateKeyPair('EdDSA')).privateKey }));
  await refuse('another type', eve({ header: { typ: 'logout+jwt' } }));
  await refuse('no subject', issuer.token(undefined));
  await refuse('a service client', issuer.token(server.accessKey.split('.')[0]));
  await refuse('unsigned', new UnsecuredJWT({ iss: issuer.url, sub: 'eve', aud: audience, exp: now + 600 }).encode());
  const [header, , signature] = (await eve()).split('.');
  const other = Buffer.from(JSON.stringify({ iss: issuer.url, sub: 'ana', aud: audience, exp: now + 600 })).toString('base64url');
  await refuse('changed', `${header}.${other}.${signature}`);
  assert.equal(await may(await user('eve'), null, 'read', 'documents/1'), false, 'and the good one is still good');

  // The SDK verifies no token of another issuer than its server.
  await assert.rejects(TokenVerifier(server.url, await eve()), { code: 'TokenVerificationError' });
});

test('a user claims a resource, and owns it', async () => {
  const claim = resourceId => ({ collectionResource: 'boards', resourceId });
  const [fay, gil] = [await user('fay'), await user('gil')];
  await refused(fay.accessRecords.createClaim(claim('1')), 403, 'Forbidden');
  await admin.resources.updateResourcePermissions('boards', { permissions: [{ action: 'CLAIM', allow: true }] });

  assert.equal((await fay.accessRecords.createClaim(claim('1'))).status, 201);
  assert.equal((await fay.accessRecords.createClaim(claim('1'))).status, 201, 'a repetition is no conflict');
  await refused(gil.accessRecords.createClaim(claim('1')), 409, 'AlreadyClaimed');
  assert.equal(await may(fay, null, 'anything', 'boards/1/notes/2'), true);
  assert.equal(await may(gil, null, 'anything', 'boards/1/notes/2'), false);
  assert.equal(await may(fay, null, 'anything', 'boards/2'), false);
  assert.deepEqual((await fay.userPermissions.getUserResources(null, 'boards/*', 20, null, 'read')).data.resources, [{ resourceUri: 'boards/1' }]);

  // An owner sees and edits its record, and shares what it owns.
  const { data } = await fay.accessRecords.getRecords();
  assert.equal(data.records.length, 1);
  assert.deepEqual(data.records[0].users, [{ userId: 'fay' }]);
  assert.deepEqual(data.records[0].admins, [{ userId: 'fay' }]);
  await fay.accessRecords.createRecord({ name: 'shared', users: [{ userId: 'gil' }], statements: [readStatement('boards/1')] });
  assert.equal(await may(gil, null, 'read', 'boards/1'), true);
  assert.deepEqual((await fay.resources.getResourceUsers('boards/1')).data.users, [
    { userId: 'fay', roles: [{ roleId: 'Authress:Owner' }] },
    { userId: 'gil', roles: [{ roleId: 'ro_read' }] },
  ]);
  await refused(fay.accessRecords.createRecord({ name: 'too much', users: [{ userId: 'gil' }], statements: [readStatement('boards')] }), 403, 'Forbidden');
  await refused(gil.accessRecords.createRecord({ name: 'too much', users: [{ userId: 'gil' }], statements: [readStatement('boards/1')] }), 403, 'Forbidden');
});

test('of many users who claim one resource at once, one gets it', async () => {
  await admin.resources.updateResourcePermissions('seats', { permissions: [{ action: 'CLAIM', allow: true }] });
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => user(`claimer${i}`)));
  const outcomes = await Promise.all(all.map(sdk => sdk.accessRecords.createClaim({ collectionResource: 'seats', resourceId: '1' }).then(r => r.status, e => e.status)));
  assert.deepEqual([...outcomes].sort(), [201, ...Array(19).fill(409)]);
  const winner = all[outcomes.indexOf(201)];
  assert.equal(await may(winner, null, 'sit', 'seats/1'), true);
  assert.equal((await admin.resources.getResourceUsers('seats/1')).data.users.length, 1);
});

test('a user accepts an invite', async () => {
  const { data: invite } = await admin.invites.createInvite({ statements: [readStatement('rooms/1', 'rooms/2/desks/*')] });
  const [hugo, ida] = [await user('hugo'), await user('ida')];
  assert.equal(await may(hugo, null, 'read', 'rooms/1'), false);

  const { status, data } = await hugo.invites.respondToInvite(invite.inviteId);
  assert.equal(status, 200);
  assert.equal(data.accountId, server.accountId);
  assert.equal(await may(hugo, null, 'read', 'rooms/1'), true);
  assert.deepEqual((await hugo.userPermissions.getUserResources(null, 'rooms/*', 20, null, 'read', 'INCLUDE_NESTED')).data.resources,
    [{ resourceUri: 'rooms/1' }, { resourceUri: 'rooms/2/desks/*' }]);
  await refused(ida.invites.respondToInvite(invite.inviteId), 404, 'NotFound');
  assert.equal(await may(ida, null, 'read', 'rooms/1'), false);

  // The next invite adds to the user's record.
  const { data: second } = await admin.invites.createInvite({ statements: [readStatement('rooms/3')] });
  await hugo.invites.respondToInvite(second.inviteId);
  assert.equal(await may(hugo, null, 'read', 'rooms/1'), true);
  assert.equal(await may(hugo, null, 'read', 'rooms/3'), true);
  const { data: records } = await admin.accessRecords.getRecords(20, null, 'hugo');
  assert.deepEqual(records.records.map(r => r.recordId), ['hugo'], 'the record has the id of the user');

  // One id, many hands: it is accepted once.
  const { data: third } = await admin.invites.createInvite({ statements: [readStatement('rooms/4')] });
  const all = await Promise.all(Array.from({ length: 10 }, (_, i) => user(`guest${i}`)));
  const outcomes = await Promise.all(all.map(sdk => sdk.invites.respondToInvite(third.inviteId).then(r => r.status, e => e.status)));
  assert.deepEqual([...outcomes].sort(), [200, ...Array(9).fill(404)]);
  assert.ok(!server.log().includes(third.inviteId), 'the id of an invite is in the log');
});

test('a user lists what it has, by pages', async () => {
  const uris = Array.from({ length: 25 }, (_, i) => `things/${i + 10}`);
  await give(admin, 'jo', 'ro_read', ...uris);
  const jo = await user('jo');
  const seen = [];
  let pages = 0;
  for (let cursor; pages < 10;) {
    const { data } = await jo.userPermissions.getUserResources(null, 'things/*', 10, cursor, 'read');
    assert.equal(data.userId, 'jo');
    seen.push(...data.resources.map(r => r.resourceUri));
    pages++;
    cursor = data.pagination.next?.cursor;
    if (!cursor) {
      break;
    }
  }
  assert.equal(pages, 3);
  assert.deepEqual(seen, uris);
});

test('the expression of an issuer makes the user', async () => {
  const corp = await startIssuer();
  try {
    await admin.accounts.linkIdentity({ issuer: corp.url, userIdExpression: 'corp|{sub}' }); // for any audience
    await give(admin, 'corp|kai', 'ro_read', 'documents/7');
    await give(admin, 'kai', 'ro_read', 'documents/8');
    const kai = server.as(await corp.token('kai', { aud: 'whatever' }));
    assert.equal(await may(kai, 'corp|kai', 'read', 'documents/7'), true);
    await refused(kai.userPermissions.authorizeUser('kai', 'documents/8', 'read'), 403, 'Forbidden');
    await refused(kai.userPermissions.authorizeUser(null, 'documents/7', 'read'), 403, 'Forbidden'); // the SDK takes the subject for the user
  } finally {
    await corp.close();
  }
});

test('an issuer that does not answer is no denial', async () => {
  const gone = await startIssuer();
  await admin.accounts.linkIdentity({ issuer: gone.url });
  const token = await gone.token('lea');
  await gone.close();
  const sdk = new AuthressClient({ authressApiUrl: server.url }, () => token);
  const sent = requests(sdk);
  await refused(sdk.userPermissions.authorizeUser('lea', 'documents/1', 'read'), 503, 'ServiceUnavailable');
  assert.equal(sent.length, 5, 'the SDK asks five times');
});

test('the keys of an issuer are fetched once for many tokens', async () => {
  const many = await startIssuer();
  try {
    await admin.accounts.linkIdentity({ issuer: many.url });
    const all = await Promise.all(Array.from({ length: 20 }, async (_, i) => server.as(await many.token(`many${i}`))));
    await Promise.all(all.map((sdk, i) => may(sdk, `many${i}`, 'read', 'documents/1')));
    assert.deepEqual(many.asked, ['/.well-known/openid-configuration', '/keys']);
  } finally {
    await many.close();
  }
});

test('no user token is in the log', async () => {
  const token = await issuer.token('mia');
  await may(server.as(token), 'mia', 'read', 'documents/1');
  await refused(server.as(`${token}x`).userPermissions.authorizeUser('mia', 'documents/1', 'read'), 401);
  assert.ok(!server.log().includes(token.split('.')[2]));
});
