// The example in examples/workos-sdk, as a reader of it would run it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startServer } from '../../process/process.mjs';

const example = fileURLToPath(new URL('../../../examples/workos-sdk/index.mjs', import.meta.url));

const output = `Start afresh
  -> nothing of an earlier run is left
Say what there is: workspaces in organizations, projects in workspaces
  -> organization > workspace > project
Define permissions, and roles that have them
  -> workspace-admin: project:edit, project:view; project-viewer: project:view
Make an organization, and Ana a member of it
  -> Ana is member of Acme
Register a workspace with two projects
  -> design > website, app
May Ana edit the website?
  -> no
Make her a viewer of the website
  -> project-viewer on website
May she view it?
  -> yes
May she edit it?
  -> no
Which projects of the workspace may she view?
  -> website
Make her admin of the workspace
  -> workspace-admin on design
May she edit the website now?
  -> yes
Which projects of the workspace may she view?
  -> website, app
What may she do with the website?
  -> project:edit, project:view
Who may edit the website, by whatever way?
  -> Ana
`;

let server;

before(async () => { server = await startServer(); });
after(() => server?.stop());

function run(env) {
  return new Promise(resolve => {
    const { REEVE_URL, REEVE_API_KEY, REEVE_BOOTSTRAP, ...rest } = process.env;
    execFile(process.execPath, [example], { env: { ...rest, ...env } }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });
}

test('the example builds a tree, gives roles, checks and lists; and again', async () => {
  for (const credentials of [{ REEVE_API_KEY: server.apiKey }, { REEVE_BOOTSTRAP: join(server.data, 'bootstrap.json') }]) {
    assert.deepEqual(await run({ REEVE_URL: server.url, ...credentials }), { code: 0, stdout: output, stderr: '' });
  }
});

test('the example says what is wrong', async () => {
  const nowhere = await run({ REEVE_URL: 'http://127.0.0.1:1', REEVE_API_KEY: server.apiKey });
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /nothing answers at http:\/\/127\.0\.0\.1:1/);

  const keyless = await run({ REEVE_URL: server.url, REEVE_BOOTSTRAP: join(server.data, 'missing.json') });
  assert.equal(keyless.code, 1);
  assert.match(keyless.stderr, /No API key/);
});
