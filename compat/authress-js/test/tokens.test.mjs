// Who is calling: access keys as tokens and as they are, and verifyToken.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { setDefaultResultOrder } from 'node:dns';
import { after, before, test } from 'node:test';

import { AuthressClient, ServiceClientTokenProvider, TokenVerifier } from '@authress/sdk';
import { SignJWT, UnsecuredJWT } from 'jose';

import { may, newClient, refused, startServer } from '../server.mjs';

setDefaultResultOrder('ipv4first'); // the server listens on 127.0.0.1, which "localhost" must mean

let server, admin, client;

before(async () => {
  server = await startServer();
  admin = server.client();
  client = await newClient(server);
});
after(() => server?.stop());

/** token signs a token as the SDK does, but for what is changed. */
async function token({ header, claims, accessKey = client.accessKey, key } = {}) {
  const [clientId, keyId, accountId, secret] = accessKey.split('.');
  const now = Math.round(Date.now() / 1000);
  const payload = {
    aud: `${accountId}.accounts.authress.io`, iss: `${server.url}/v1/clients/${clientId}`,
    sub: clientId, client_id: clientId, iat: now, exp: now + 86400, scope: 'openid', ...claims,
  };
  for (const [name, value] of Object.entries(payload)) {
    if (value === undefined) {
      delete payload[name];
    }
  }
  const privateKey = key ?? createPrivateKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'pkcs8' });
  return new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'at+jwt', ...header }).sign(privateKey);
}

/** ask checks the client's own permission with that bearer token and returns the status. */
async function ask(bearer) {
  const response = await fetch(`${server.url}/v1/users/${client.clientId}/resources/r/permissions/p`, {
    headers: bearer === undefined ? {} : { Authorization: bearer },
  });
  const body = await response.text();
  if (response.status >= 400) {
    const error = JSON.parse(body);
    assert.ok(error.title && error.errorCode && error.errorId, `body of a ${response.status}: ${body}`);
  }
  return response.status;
}

const denied = 404; // the caller is known, and the answer is no

test('the SDK turns a key into tokens, and takes a function or a provider', async () => {
  const provider = new ServiceClientTokenProvider(client.accessKey, server.url);
  for (const source of [client.accessKey, provider, () => provider.getToken(), () => client.accessKey]) {
    assert.equal(await may(new AuthressClient({ authressApiUrl: server.url }, source), client.clientId, 'p', 'r'), false);
  }
});

test('a raw access key is accepted as a bearer token, and never logged', async () => {
  const sdk = new AuthressClient({ authressApiUrl: server.url }, () => '');
  sdk.setToken(client.accessKey);
  assert.equal(await may(sdk, client.clientId, 'p', 'r'), false);
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer:']) {
    assert.equal(await ask(`${scheme} ${client.accessKey}`), denied, scheme);
  }
  await fetch(`${server.url}/v1/nowhere/${client.accessKey}`, { headers: { Authorization: `Bearer ${client.accessKey}` } });
  const secret = client.accessKey.split('.')[3];
  assert.ok(!server.log().includes(secret), 'the private key is in the log');
  assert.ok(!server.log().includes(encodeURIComponent(secret)), 'the private key is in the log');
});

test('tokens as the other SDKs make them are accepted', async () => {
  const accept = async (what, changes) => assert.equal(await ask(`Bearer ${await token(changes)}`), denied, what);
  await accept('JavaScript');
  await accept('Python', { header: { typ: 'JWT' }, claims: { scope: undefined, scopes: 'openId' } });
  await accept('C#', { claims: { scope: undefined, scopes: 'openid', nbf: Math.round(Date.now() / 1000) - 600 } });
  await accept('an older typ', { header: { typ: 'oauth-authz-req+jwt' } });
  await accept('no scope', { claims: { scope: undefined } });
  await accept('the issuer without a custom domain', { claims: { iss: `https://${server.accountId}.api.authress.io/v1/clients/${client.clientId}` } });
  await accept('a clock that is 30 s fast', { claims: { iat: Math.round(Date.now() / 1000) + 30 } });
});

test('tokens that do not hold are refused', async () => {
  const other = await newClient(server);
  const now = Math.round(Date.now() / 1000);
  const refuse = async (what, changes) => assert.equal(await ask(`Bearer ${await token(changes)}`), 401, what);

  await refuse('expired', { claims: { iat: now - 7200, exp: now - 3600 } });
  await refuse('no expiry', { claims: { exp: undefined } });
  await refuse('made in the future', { claims: { iat: now + 7200, exp: now + 9000 } });
  await refuse('not valid yet', { claims: { nbf: now + 7200 } });
  await refuse('for another account', { claims: { aud: 'acc_other.accounts.authress.io' } });
  await refuse('for nobody', { claims: { aud: undefined } });
  await refuse('the subject of another client', { claims: { sub: other.clientId } });
  await refuse('another client entirely', { claims: { sub: other.clientId, client_id: other.clientId, iss: `${server.url}/v1/clients/${other.clientId}` } });
  await refuse('a user for subject', { claims: { sub: 'ana' } });
  await refuse('no subject', { claims: { sub: undefined } });
  await refuse('the issuer of another client', { claims: { iss: `${server.url}/v1/clients/${other.clientId}` } });
  await refuse('no issuer', { claims: { iss: undefined } });
  await refuse('the key id of another client', { header: { kid: other.keyId } });
  await refuse('an unknown key id', { header: { kid: 'nothing' } });
  await refuse('no key id', { header: { kid: undefined } });
  await refuse('another key', { key: generateKeyPairSync('ed25519').privateKey });
  await refuse('RSA', { header: { alg: 'RS256' }, key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey });

  // "none", and an HMAC with the public key for secret: the classic forgeries.
  const claims = { aud: `${server.accountId}.accounts.authress.io`, iss: `${server.url}/v1/clients/${client.clientId}`, sub: client.clientId, exp: now + 3600, iat: now };
  assert.equal(await ask(`Bearer ${new UnsecuredJWT(claims).encode()}`), 401, 'alg none');
  const { data } = await admin.serviceClients.getClient(client.clientId);
  for (const secret of [Buffer.from(data.verificationKeys[0].publicKey), Buffer.from(data.verificationKeys[0].publicKey, 'base64')]) {
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: client.keyId }).sign(secret);
    assert.equal(await ask(`Bearer ${forged}`), 401, 'HS256 with the public key');
  }

  const good = await token();
  const [h, p, s] = good.split('.');
  const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(p, 'base64url')), sub: other.clientId })).toString('base64url');
  assert.equal(await ask(`Bearer ${h}.${changed}.${s}`), 401, 'changed claims');
  assert.equal(await ask(`Bearer ${h}.${p}.`), 401, 'no signature');
  assert.equal(await ask(`Bearer ${h}.${p}`), 401, 'two parts');
  assert.equal(await ask(`Bearer ${good}`), denied, 'and the good one is still good');
});

test('access keys that do not hold are refused', async () => {
  const [clientId, keyId, accountId] = client.accessKey.split('.');
  const secret = client.accessKey.slice(`${clientId}.${keyId}.${accountId}.`.length);
  const other = await newClient(server);
  const foreign = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  for (const [what, key] of Object.entries({
    'another private key': `${clientId}.${keyId}.${accountId}.${foreign}`,
    'another account': `${clientId}.${keyId}.acc_other.${secret}`,
    'another client': `${other.clientId}.${keyId}.${accountId}.${secret}`,
    'another key id': `${clientId}.${other.keyId}.${accountId}.${secret}`,
    'no private key': `${clientId}.${keyId}.${accountId}.`,
    'a cut private key': `${clientId}.${keyId}.${accountId}.${secret.slice(0, -8)}`,
    'the public key': `${clientId}.${keyId}.${accountId}.${(await admin.serviceClients.getClient(clientId)).data.verificationKeys[0].publicKey}`,
    'nothing': '',
    'a word': 'secret',
  })) {
    assert.equal(await ask(`Bearer ${key}`), 401, what);
  }
  assert.equal(await ask(undefined), 401, 'no Authorization header');
  assert.equal(await ask('Basic dTpw'), 401, 'another scheme');
  assert.equal(await ask('Bearer'), 401, 'no token');
});

test('a refused token is a 401 for the SDK, not a denial', async () => {
  const sdk = new AuthressClient({ authressApiUrl: server.url }, () => 'nonsense');
  await refused(sdk.userPermissions.authorizeUser('ana', 'r', 'p'), 401);
  await refused(sdk.accessRecords.getRecords(), 401);
});

test('verifyToken accepts what the SDK made', async () => {
  const jwt = await new ServiceClientTokenProvider(client.accessKey, server.url).getToken();
  const byMethod = await client.sdk.verifyToken(jwt);
  assert.equal(byMethod.sub, client.clientId);
  assert.equal(byMethod.iss, `${server.url}/v1/clients/${client.clientId}`);

  assert.equal((await client.sdk.verifyToken(client.accessKey)).sub, client.clientId, 'a raw access key');
  assert.equal((await TokenVerifier(server.url, jwt)).sub, client.clientId, 'the function, with a URL');

  // A base URL without a scheme: http for localhost.
  for (const base of [`http://localhost:${server.port}`, `localhost:${server.port}`]) {
    const local = await new ServiceClientTokenProvider(client.accessKey, base).getToken();
    assert.equal((await TokenVerifier(base, local)).sub, client.clientId, base);
    assert.equal(await may(new AuthressClient({ authressApiUrl: base }, client.accessKey), client.clientId, 'p', 'r'), false, base);
  }
});

test('verifyToken refuses what does not hold', async () => {
  const refuse = async (what, changes) => assert.rejects(async () => client.sdk.verifyToken(await token(changes)), { code: 'TokenVerificationError' }, what);
  await refuse('another key', { key: generateKeyPairSync('ed25519').privateKey });
  await refuse('expired', { claims: { exp: 1 } });
  await refuse('an unknown key id', { header: { kid: 'nothing' } });
  await refuse('another issuer', { claims: { iss: 'http://127.0.0.1:1/v1/clients/x' } });
  await assert.rejects(() => client.sdk.verifyToken('nonsense'), { code: 'TokenVerificationError' });
});

test('the public keys of a client are for everybody to read', async () => {
  const { clientId, keyId } = await newClient(server);
  const url = `${server.url}/v1/clients/${clientId}/.well-known/openid-configuration/jwks`;
  for (const [href, headers] of [
    [url, {}],
    [`${url}?kid=${keyId}`, {}],
    [`${url}?kid=${keyId}&iss=127.0.0.1:${server.port}`, {}],
    [url, { Authorization: 'Bearer nonsense' }],
  ]) {
    const response = await fetch(href, { headers });
    assert.equal(response.status, 200, href);
    assert.match(response.headers.get('content-type'), /^application\/json/);
    const { keys } = await response.json();
    assert.equal(keys.length, 1);
    const [{ x, ...rest }] = keys;
    assert.deepEqual(rest, { kty: 'OKP', crv: 'Ed25519', kid: keyId, alg: 'EdDSA', use: 'sig' });
    assert.equal(Buffer.from(x, 'base64url').length, 32);
    assert.doesNotMatch(x, /[+/=]/);
  }

  const none = await fetch(`${url}?kid=nothing`);
  assert.equal(none.status, 200);
  assert.ok(Array.isArray((await none.json()).keys));

  const discovery = await fetch(`${server.url}/v1/clients/${clientId}/.well-known/openid-configuration`);
  assert.equal(discovery.status, 200);
  const document = await discovery.json();
  assert.equal(document.issuer, `${server.url}/v1/clients/${clientId}`);
  assert.equal(document.jwks_uri, url);

  for (const path of ['/.well-known/openid-configuration/jwks', '/.well-known/openid-configuration']) {
    assert.equal((await fetch(server.url + path)).status, 200, path);
  }
});
