// Service clients and their access keys through the SDK.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';

import { may, newClient, refused, startServer } from '../server.mjs';

let server, admin;

before(async () => {
  server = await startServer();
  admin = server.client();
});
after(() => server?.stop());

test('create, read, update and delete a client', async () => {
  const created = await admin.serviceClients.createClient({
    name: 'worker', options: { grantUserPermissionsAccess: true, grantTokenGeneration: false }, tags: { team: 'a' },
    clientId: 'ignored', createdTime: '0001-01-01T00:00:00Z', verificationKeys: null,
  });
  assert.equal(created.status, 201);
  const { data } = created;
  assert.match(data.clientId, /^sc_/);
  assert.match(data.createdTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Math.abs(Date.now() - Date.parse(data.createdTime)) < 60_000, `createdTime ${data.createdTime} is now`);
  assert.equal(data.name, 'worker');
  assert.equal(data.options.grantUserPermissionsAccess, true);
  assert.deepEqual(data.tags, { team: 'a' });

  const got = await admin.serviceClients.getClient(data.clientId);
  assert.equal(got.status, 200);
  assert.deepEqual(got.data, data);

  const updated = await admin.serviceClients.updateClient(data.clientId, { ...got.data, name: 'renamed', options: { grantUserPermissionsAccess: false } });
  assert.equal(updated.status, 200);
  assert.equal(updated.data.name, 'renamed');
  assert.equal(updated.data.clientId, data.clientId);
  assert.equal(updated.data.createdTime, data.createdTime);
  assert.equal(!!updated.data.options?.grantUserPermissionsAccess, false);

  const { data: list } = await admin.serviceClients.getClients();
  assert.ok(list.clients.some(c => c.clientId === data.clientId), 'the client is in the list');
  assert.ok(list.links.self.href.startsWith(`${server.url}/v1/clients`));

  assert.equal((await admin.serviceClients.deleteClient(data.clientId)).status, 204);
  await refused(admin.serviceClients.getClient(data.clientId), 404, 'NotFound');
  await refused(admin.serviceClients.updateClient(data.clientId, { name: 'x' }), 404, 'NotFound');
  await refused(admin.serviceClients.deleteClient(data.clientId), 404, 'NotFound');
  await refused(admin.serviceClients.requestAccessKey(data.clientId), 404, 'NotFound');
});

test('a key proves its client until it is deleted', async () => {
  const { data: client } = await admin.serviceClients.createClient({ name: 'keyed' });
  const { status, data: key } = await admin.serviceClients.requestAccessKey(client.clientId);
  assert.equal(status, 201);
  const parts = key.accessKey.split('.');
  assert.equal(parts.length, 4);
  assert.deepEqual(parts.slice(0, 3), [client.clientId, key.keyId, server.accountId]);
  assert.match(key.generationDate, /^\d{4}-\d\d-\d\dT/);

  const { data: seen } = await admin.serviceClients.getClient(client.clientId);
  assert.deepEqual(seen.verificationKeys.map(k => k.keyId), [key.keyId]);
  assert.ok(seen.verificationKeys[0].publicKey, 'the public half is shown');
  assert.ok(!JSON.stringify(seen).includes(parts[3]), 'the private half is shown once, never again');
  assert.ok(!JSON.stringify((await admin.serviceClients.getClients()).data).includes(parts[3]));

  const sdk = server.client(key.accessKey);
  assert.equal(await may(sdk, null, 'x', 'y'), false, 'the key is accepted, the check denied');
  assert.equal((await admin.serviceClients.deleteAccessKey(client.clientId, key.keyId)).status, 204);
  await refused(sdk.userPermissions.authorizeUser(null, 'y', 'x'), 401);
  await refused(admin.serviceClients.deleteAccessKey(client.clientId, key.keyId), 404);
  assert.deepEqual((await admin.serviceClients.getClient(client.clientId)).data.verificationKeys ?? [], []);
});

test('a deleted client is refused at its next request', async () => {
  const { clientId, sdk } = await newClient(server);
  assert.equal(await may(sdk, null, 'x', 'y'), false);
  await admin.serviceClients.deleteClient(clientId);
  await refused(sdk.userPermissions.authorizeUser(clientId, 'y', 'x'), 401);
});

test('a client has at most five keys', async () => {
  const { data: client } = await admin.serviceClients.createClient({ name: 'five' });
  const keys = [];
  for (let i = 0; i < 5; i++) {
    keys.push((await admin.serviceClients.requestAccessKey(client.clientId)).data.keyId);
  }
  assert.equal(new Set(keys).size, 5, `five key ids: ${keys}`);
  await refused(admin.serviceClients.requestAccessKey(client.clientId), 409, 'TooManyAccessKeys');
  await admin.serviceClients.deleteAccessKey(client.clientId, keys[0]);
  const { data: sixth } = await admin.serviceClients.requestAccessKey(client.clientId);
  assert.ok(!keys.includes(sixth.keyId), 'a key id is never used again');
});

test('a public key of its own proves a client, too', async () => {
  const { data: client } = await admin.serviceClients.createClient({ name: 'own key' });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

  // The SDK's method takes no body; its HTTP client is what all its methods use.
  const { status, data: key } = await admin.httpClient.post(`/v1/clients/${client.clientId}/access-keys`, { publicKey: spki });
  assert.equal(status, 201);
  assert.equal(key.accessKey, undefined, 'the server has no private half to show');
  assert.equal(key.publicKey, spki, 'the text comes back as it was given');
  assert.equal((await admin.serviceClients.getClient(client.clientId)).data.verificationKeys[0].publicKey, spki);

  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const sdk = server.client(`${client.clientId}.${key.keyId}.${server.accountId}.${pkcs8}`);
  assert.equal(await may(sdk, null, 'x', 'y'), false);

  for (const bad of ['', 'AAAA', '!!!', 'A'.repeat(300)]) {
    await refused(admin.httpClient.post(`/v1/clients/${client.clientId}/access-keys`, { publicKey: bad }), 400).catch(error => {
      if (bad !== '') { // an empty one may stand for none
        throw new Error(`publicKey ${JSON.stringify(bad)}: ${error.message}`);
      }
    });
  }
});

test('the list of clients, by pages', async () => {
  for (let i = 0; i < 22; i++) {
    await admin.serviceClients.createClient({ name: `page ${i}` });
  }
  const seen = [];
  for (let href = `${server.url}/v1/clients`; href;) {
    const { data } = await admin.httpClient.get(href);
    assert.ok(data.clients.length <= 20);
    seen.push(...data.clients.map(c => c.clientId));
    href = data.links.next?.href;
  }
  assert.equal(new Set(seen).size, seen.length, 'no client twice');
  assert.ok(seen.length >= 23, `${seen.length} clients`);
});

test('a client without rights sees and changes no client', async () => {
  const { clientId: other } = await newClient(server);
  const { sdk } = await newClient(server);
  await refused(sdk.serviceClients.createClient({ name: 'x' }), 403);
  await refused(sdk.serviceClients.updateClient(other, { name: 'x' }), 403);
  await refused(sdk.serviceClients.deleteClient(other), 403);
  await refused(sdk.serviceClients.requestAccessKey(other), 403);
});

test('what is no client is refused', async () => {
  for (const body of [
    { name: 'n'.repeat(129) },
    { name: 1 },
    { name: 'x', options: { grantUserPermissionsAccess: 'yes' } },
    { name: 'x', rateLimits: [{ duration: 'PT7M', quota: 100 }] },
    { name: 'x', rateLimits: [{ duration: 'PT5M', quota: 7 }] },
    [],
  ]) {
    await refused(admin.serviceClients.createClient(body), 400).catch(error => {
      throw new Error(`${JSON.stringify(body)}: ${error.message}`);
    });
  }
});
