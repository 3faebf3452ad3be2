// The example in examples/authress-sdk, as a reader of it would run it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startServer } from '../server.mjs';

const example = fileURLToPath(new URL('../../../examples/authress-sdk/index.mjs', import.meta.url));

const output = `Start afresh
  -> nothing of an earlier run is left
May ana read documents/report-2024?
  -> no
Make the role ro_document_reader
  -> made, it allows documents:read
Give ana that role on documents/*
  -> record rec_ana_reads_documents is ACTIVE
May ana read documents/report-2024 now?
  -> yes
What may ana do with documents/report-2024?
  -> documents:read
`;

let server;

before(async () => { server = await startServer(); });
after(() => server?.stop());

function run(env) {
  return new Promise(resolve => {
    const { REEVE_URL, REEVE_ACCESS_KEY, REEVE_BOOTSTRAP, ...rest } = process.env;
    execFile(process.execPath, [example], { env: { ...rest, ...env } }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });
}

test('the example asks, is denied, gives access, is allowed; and again', async () => {
  for (const credentials of [{ REEVE_ACCESS_KEY: server.accessKey }, { REEVE_BOOTSTRAP: join(server.data, 'bootstrap.json') }]) {
    assert.deepEqual(await run({ REEVE_URL: server.url, ...credentials }), { code: 0, stdout: output, stderr: '' });
  }
});

test('the example says what is wrong', async () => {
  const nowhere = await run({ REEVE_URL: 'http://127.0.0.1:1', REEVE_ACCESS_KEY: server.accessKey });
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /nothing answers at http:\/\/127\.0\.0\.1:1/);

  const keyless = await run({ REEVE_URL: server.url, REEVE_BOOTSTRAP: join(server.data, 'missing.json') });
  assert.equal(keyless.code, 1);
  assert.match(keyless.stderr, /No access key/);
});
