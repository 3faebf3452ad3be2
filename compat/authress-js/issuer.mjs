// An OpenID Connect issuer: who signs the tokens of an application's users.

import { createServer } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const audience = 'https://app.example';

/** Start the server with these, and it fetches keys from issuers on this host. */
export const allowIssuers = ['--outbound-allow', '127.0.0.1/32'];

/** startIssuer resolves to an issuer that publishes one key for each algorithm. */
export async function startIssuer(...algorithms) {
  const pairs = Object.fromEntries(await Promise.all(
    (algorithms.length ? algorithms : ['EdDSA']).map(async alg => [alg, await generateKeyPair(alg)])));
  const keys = await Promise.all(Object.entries(pairs).map(async ([alg, pair]) =>
    ({ ...await exportJWK(pair.publicKey), kid: `${alg}-1`, alg, use: 'sig' })));

  const asked = []; // the paths that were fetched
  const http = createServer((request, response) => {
    asked.push(request.url);
    const body = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/keys': { keys },
    }[request.url];
    response.writeHead(body ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(body ?? {}));
  });
  await new Promise(resolve => { http.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${http.address().port}`;

  return {
    url,
    asked,

    /** token signs one for that user, but for what is changed. */
    async token(sub, { alg = Object.keys(pairs)[0], key = pairs[alg].privateKey, header, ...claims } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = { iss: url, sub, aud: audience, iat: now, exp: now + 3600, ...claims };
      return new SignJWT(payload).setProtectedHeader({ alg, kid: `${alg}-1`, typ: 'JWT', ...header }).sign(key);
    },

    /** close ends the issuer: its keys cannot be fetched any more. */
    async close() {
      http.closeAllConnections();
      await new Promise(resolve => { http.close(resolve); });
    },
  };
}
